# SPDX-License-Identifier: Apache-2.0
"""Trees of sysfs and procfs as kernels lay them out, for hardware that no test machine has."""

import os
from pathlib import Path

from bmnn_mark.printing.evidence.collecting import Collecting, Sources, every_collector
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, Policy, PolicyName
from tests.printing.parts import clean_snapshot, commissioned

LAN = Policy(name=PolicyName.INDEPENDENT_LAN, allowed_nets=("10.1.0.0/24",))
PARTS = ("environment", "hardware", "storage")
USB_BUS = "pci0000:00/0000:00:14.0"


class Tree:
    """A machine without any network; each method puts something into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in (
            "sys/bus/platform/devices/serial8250",
            "sys/class/tty",
            "sys/block",
            "dev",
            "proc/self",
        ):
            (root / folder).mkdir(parents=True)
        self.write("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse2\n")
        self.write("proc/sys/kernel/modules_disabled", "1\n")
        self.write("proc/self/mountinfo", "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n")
        self.usb_hub()

    def write(self, path, text=""):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return place

    def files(self, folder, **contents):
        for name, text in contents.items():
            self.write(f"{folder}/{name}", text)

    def link(self, path, target):
        """A link from ``path`` to ``target``, both below the root, relative as the kernel's are."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(self.root / target, place.parent))

    def driver(self, device, bus, name):
        if name:
            (self.root / f"sys/bus/{bus}/drivers/{name}").mkdir(parents=True, exist_ok=True)
            self.link(f"{device}/driver", f"sys/bus/{bus}/drivers/{name}")

    def pci(self, address="0000:00:1f.6", code="0x020000", identity="8086:15b8", driver=""):
        device = f"sys/devices/pci0000:00/{address}"
        vendor, product = identity.split(":")
        self.files(
            device, **{"class": f"{code}\n"}, vendor=f"0x{vendor}\n", device=f"0x{product}\n"
        )
        self.driver(device, "pci", driver)
        self.link(f"sys/bus/pci/devices/{address}", device)
        return device

    def card(self, device, name="eth0"):
        """An interface of a device, in the class that this namespace sees."""
        self.files(f"{device}/net/{name}", address="02:00:00:00:00:01\n", type="1\n")
        self.link(f"{device}/net/{name}/device", device)
        self.link(f"sys/class/net/{name}", f"{device}/net/{name}")

    def usb_hub(self, bus=1):
        device = f"sys/devices/{USB_BUS}/usb{bus}"
        self.files(
            device, idVendor="1d6b\n", idProduct="0002\n", bDeviceClass="09\n", authorized="1\n",
            authorized_default="0\n",
        )  # fmt: skip
        self.link(f"sys/bus/usb/devices/usb{bus}", device)
        self.usb_interface(device, f"{bus}-0:1.0", "09/00/00", "hub")

    def usb(self, *functions, port="1-2", identity="1234:5678", serial="S1", **attributes):
        """A device; each function as ``class/subclass/protocol`` or with a driver after a blank."""
        device = f"sys/devices/{USB_BUS}/usb1/{port}"
        vendor, product = identity.split(":")
        known = {"bDeviceClass": "00\n", "authorized": "1\n", "serial": f"{serial}\n"}
        self.files(
            device, idVendor=f"{vendor}\n", idProduct=f"{product}\n", **{**known, **attributes}
        )
        self.link(f"sys/bus/usb/devices/{port}", device)
        for number, function in enumerate(functions):
            codes, _, driver = function.partition(" ")
            self.usb_interface(device, f"{port}:1.{number}", codes, driver)
        return device

    def usb_interface(self, device, name, codes, driver=""):
        place = f"{device}/{name}"
        usb_class, subclass, protocol = codes.split("/")
        self.files(
            place, bInterfaceNumber=f"{int(name.rpartition('.')[2]):02x}\n",
            bInterfaceClass=f"{usb_class}\n", bInterfaceSubClass=f"{subclass}\n",
            bInterfaceProtocol=f"{protocol}\n",
        )  # fmt: skip
        self.driver(place, "usb", driver)
        self.link(f"sys/bus/usb/devices/{name}", place)

    def on_bus(self, bus, name, driver="", parent="platform", **attributes):
        device = f"sys/devices/{parent}/{name}"
        (self.root / device).mkdir(parents=True, exist_ok=True)
        self.files(device, **attributes)
        self.driver(device, bus, driver)
        self.link(f"sys/bus/{bus}/devices/{name}", device)
        return device

    def radio(self, group="ieee80211", name="phy0", device=f"sys/devices/{USB_BUS}"):
        place = f"{device}/{group}/{name}"
        (self.root / place).mkdir(parents=True)
        self.link(f"sys/class/{group}/{name}", place)
        return place

    def switch(self, number=0, kind="wlan", soft=0, hard=0, below="sys/devices/platform", **more):
        place = f"{below}/rfkill{number}"
        self.files(place, type=f"{kind}\n", soft=f"{soft}\n", hard=f"{hard}\n", **more)
        self.link(f"sys/class/rfkill/rfkill{number}", place)

    def in_class(self, group, name):
        (self.root / f"sys/class/{group}/{name}").mkdir(parents=True)

    def block(self, name, below, sectors=64, removable=1, number="8:16", **attributes):
        """A block device below the folder of what it hangs on."""
        place = f"{below}/block/{name}"
        self.files(place, size=f"{sectors}\n", removable=f"{removable}\n", dev=f"{number}\n")
        (self.root / place / "holders").mkdir()
        self.files(f"{below}/device", **attributes)
        self.link(f"{place}/device", f"{below}/device")
        self.link(f"sys/block/{name}", place)
        return place

    def mount(self, source, number="8:16", kind="vfat", place="/mnt"):
        with (self.root / "proc/self/mountinfo").open("a") as file:
            file.write(f"40 22 {number} / {place} rw - {kind} {source} rw\n")

    def snapshot(self):
        """A clean host's facts, but for what the collectors find in this tree."""
        chosen = {name: every_collector()[name] for name in PARTS}
        seen = Collecting(Sources(root=self.root), chosen).snapshot()
        facts = {name: getattr(seen, name) for name in PARTS}
        others = [one for one in clean_snapshot().collectors if one.name not in PARTS]
        return clean_snapshot(collectors=(*others, *seen.collectors), **facts)

    def judged(self, policy=AIR_GAPPED, **baseline):
        return judge(self.snapshot(), policy, commissioned(**baseline))


def codes(report, severity):
    return {one.code for one in report.evidence if one.severity.value == severity}


def everything(report):
    return {one.code for one in report.evidence}
