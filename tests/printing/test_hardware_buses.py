# SPDX-License-Identifier: Apache-2.0
"""Hardware on other buses, radios, ports, the kernel's reach, and what the system runs in."""

import pytest

from bmnn_mark.printing.evidence.machine import read_environment
from bmnn_mark.printing.inventory import known_devices
from bmnn_mark.printing.model import Verdict
from tests.printing.trees import LAN, USB_BUS, Tree, codes, everything


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


# Other buses and ports.

BUSES = {
    "vmbus_network": (
        {"bus": "vmbus", "name": "x", "class_id": "{f8615163-df3e-46c5-913f-f2d2f965ed0e}\n"},
        {"hw.virtio_net", "hw.hypervisor_bus", "env.virtual_machine"},
    ),
    "vmbus_other": (
        {"bus": "vmbus", "name": "x", "class_id": "{0e0b6031-5213-4934-818b-38d90ced39db}\n"},
        {"hw.hypervisor_bus", "env.virtual_machine"},
    ),
    "xen_network": (
        {"bus": "xen", "name": "vif-0"},
        {"hw.virtio_net", "hw.hypervisor_bus", "env.virtual_machine"},
    ),
    "virtio_network_elsewhere": (
        {"bus": "virtio", "name": "virtio0", "driver": "virtio_net", "device": "0x0001\n"},
        {"hw.virtio_net", "hw.nic_bound_but_no_netdev_here", "env.virtual_machine"},
    ),
    "virtio_bluetooth": (
        {"bus": "virtio", "name": "virtio0", "device": "0x0028\n"},
        {"hw.other_carrier", "env.virtual_machine"},
    ),
    "virtio_disk": (
        {"bus": "virtio", "name": "virtio0", "device": "0x0002\n"},
        {"env.virtual_machine"},
    ),
    "thunderbolt_computer": (
        {"bus": "thunderbolt", "name": "0-1", "uevent": "DEVTYPE=thunderbolt_xdomain\n"},
        {"hw.other_carrier"},
    ),
    "thunderbolt_network": (
        {
            "bus": "thunderbolt", "name": "0-1.0", "uevent": "DEVTYPE=thunderbolt_service\n",
            "key": "network\n",
        },
        {"hw.other_carrier"},
    ),
    "thunderbolt_dock": (
        {"bus": "thunderbolt", "name": "0-1", "uevent": "DEVTYPE=thunderbolt_device\n"},
        {"hw.carrier_possible"},
    ),
    "thunderbolt_itself": (
        {"bus": "thunderbolt", "name": "0-0", "uevent": "DEVTYPE=thunderbolt_device\n"},
        set(),
    ),
    "firewire_network": (
        {"bus": "firewire", "name": "fw1.0", "specifier_id": "0x00005e\n"},
        {"hw.other_carrier"},
    ),
    "firewire_peer": ({"bus": "firewire", "name": "fw1"}, {"hw.carrier_possible"}),
    "firewire_itself": ({"bus": "firewire", "name": "fw0", "is_local": "1\n"}, set()),
    "sdio_wifi": (
        {
            "bus": "sdio", "name": "mmc1:0001:1", "driver": "brcmfmac", "class": "0x07\n",
            "vendor": "0x02d0\n", "device": "0xa9a6\n",
        },
        {"hw.wifi"},
    ),
    "sdio_bluetooth": (
        {
            "bus": "sdio", "name": "mmc1:0001:2", "driver": "btsdio", "class": "0x02\n",
            "vendor": "0x02d0\n", "device": "0xa9a6\n",
        },
        {"hw.bluetooth"},
    ),
    "sdio_odd": (
        {
            "bus": "sdio", "name": "mmc1:0001:3", "driver": "x", "class": "0x00\n",
            "vendor": "0x02d0\n", "device": "0xa9a6\n",
        },
        {"hw.radio_other"},
    ),
    "sdio_without_a_driver": (
        {
            "bus": "sdio", "name": "mmc1:0001:1", "class": "0x07\n", "vendor": "0x02d0\n",
            "device": "0xa9a6\n",
        },
        {"hw.radio_without_driver"},
    ),
    "pcmcia_card": (
        {"bus": "pcmcia", "name": "0.0", "driver": "pcnet_cs", "func_id": "0x06\n"},
        {"hw.nic_bound_but_no_netdev_here"},
    ),
    "pcmcia_card_without_a_driver": (
        {"bus": "pcmcia", "name": "0.0", "func_id": "0x06\n"},
        {"hw.nic_without_driver"},
    ),
    "pcmcia_modem": ({"bus": "pcmcia", "name": "0.0", "func_id": "0x02\n"}, {"hw.modem"}),
    "pcmcia_memory": ({"bus": "pcmcia", "name": "0.0", "func_id": "0x01\n"}, set()),
    "mhi_modem": ({"bus": "mhi", "name": "mhi0_IPCR"}, {"hw.wwan"}),
    "bcma_core": (
        {"bus": "bcma", "name": "bcma0:1", "driver": "b43"},
        {"hw.nic_bound_but_no_netdev_here"},
    ),
    "bcma_bridge": ({"bus": "bcma", "name": "bcma0:0"}, set()),
}  # fmt: skip


@pytest.mark.parametrize("case", BUSES)
def test_other_buses(tree, case):
    device, expected = BUSES[case]
    tree.on_bus(**device)
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert everything(report) - {"hw.network_drivers_built_in"} == expected


def test_a_card_on_another_bus_whose_interface_is_here_is_judged_as_one(tree):
    for bus, name, more in (
        ("pcmcia", "0.0", {"func_id": "0x06\n"}),
        ("bcma", "bcma0:1", {}),
        ("sdio", "mmc1:0001:1", {"class": "0x07\n", "vendor": "0x02d0\n", "device": "0xa9a6\n"}),
    ):
        tree.card(tree.on_bus(bus, name, "driver", **more), f"eth-{bus}")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == set()


PORTS = {
    "class/infiniband/mlx5_0": ("block", "hw.other_carrier"),
    "class/fc_host/host3": ("block", "hw.other_carrier"),
    "class/iscsi_session/session1": ("block", "hw.other_carrier"),
    "class/mISDN/dev0": ("block", "hw.modem"),
    "class/wwan/wwan0": ("block", "hw.wwan"),
    "class/nfc/nfc0": ("block", "hw.nfc"),
    "class/ieee80211/phy0": ("block", "hw.wifi"),
    "class/ieee802154/phy0": ("block", "hw.radio_other"),
    "class/ipmi/ipmi0": ("warn", "hw.amt_or_bmc"),
    "class/virtio-ports/vport0p1": ("unverified", "hw.virtio_port"),
    "class/ppp/ppp": ("warn", "hw.ppp_ready"),
    "class/udc/dummy": ("warn", "hw.carrier_possible"),
    "class/ppdev/parport0": ("info", "hw.line_printer"),
    "bus/platform/devices/vhci_hcd.0": ("block", "hw.other_carrier"),
    "bus/platform/devices/usbip-vudc.0": ("block", "hw.other_carrier"),
    "class/usbmisc/cdc-wdm3": ("block", "hw.modem"),
    "class/usbmisc/lp0": ("info", "hw.line_printer"),
    "class/printer/lp0": ("info", "hw.line_printer"),
    "class/misc/vsock": ("unverified", "hw.vsock"),
    "class/misc/vmci": ("unverified", "hw.vsock"),
    "class/tty/ttyACM0": ("block", "hw.modem"),
    "class/tty/rfcomm0": ("block", "hw.bluetooth"),
    "class/tty/ttyGS0": ("warn", "hw.carrier_possible"),
    "dev/ttyACM3": ("block", "hw.modem"),
    "dev/wwan0at0": ("block", "hw.modem"),
    "dev/ppp": ("warn", "hw.ppp_ready"),
    "dev/mei0": ("warn", "hw.amt_or_bmc"),
    "dev/ipmi0": ("warn", "hw.amt_or_bmc"),
    "dev/ipmidev/0": ("warn", "hw.amt_or_bmc"),
    "dev/virtio-ports/org.qemu.guest_agent.0": ("unverified", "hw.virtio_port"),
    "dev/infiniband/uverbs0": ("block", "hw.other_carrier"),
    "dev/lp0": ("info", "hw.line_printer"),
}


@pytest.mark.parametrize("port", PORTS)
def test_other_ways_for_bytes_to_leave(tree, port):
    severity, expected = PORTS[port]
    if port.startswith(("class/", "bus/")):
        (tree.root / "sys" / port).mkdir(parents=True)
    else:
        tree.write(port)
    report = tree.judged()
    assert codes(report, severity) - {"hw.network_drivers_built_in"} == {expected}


@pytest.mark.parametrize("name", ["tty0", "console", "ttyS0x", "lpx", "ppp0", "vsock2", "null"])
def test_other_nodes_are_nothing(tree, name):
    tree.write(f"dev/{name}")
    assert everything(tree.judged()) == {"hw.network_drivers_built_in"}


def test_a_serial_line_is_one_only_with_a_chip_behind_it(tree):
    tree.write("sys/class/tty/ttyS0/type", "0\n")
    assert "hw.serial_line" not in everything(tree.judged())
    tree.write("sys/class/tty/ttyS1/type", "4\n")
    assert "hw.serial_line" in codes(tree.judged(), "info")


# Radios.


@pytest.mark.parametrize("kind", ["gps", "fm"])
def test_a_receiver_is_only_told(tree, kind):
    tree.switch(kind=kind)
    report = tree.judged()
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.radio_receiver"}


@pytest.mark.parametrize("kind", ["wlan", "bluetooth", "ultrawideband", "wimax", "wwan", "nfc"])
@pytest.mark.parametrize("soft", [0, 1])
def test_every_other_kind_refuses_however_software_blocks_it(tree, kind, soft):
    tree.switch(kind=kind, soft=soft)
    assert tree.judged().verdict is Verdict.ONLINE


def test_a_switch_speaks_for_its_own_radio_only(tree):
    tree.switch(0, hard=1, name="phy0\n", below=tree.radio(name="phy0"))
    tree.switch(1, hard=0, name="phy1\n", below=tree.radio(name="phy1"))
    tree.in_class("bluetooth", "hci0")
    found = {one.subject: one.code for one in tree.judged().evidence if one.subject}
    assert found == {
        "phy0": "hw.radio_hard_blocked", "phy1": "hw.wifi", "hci0": "hw.bluetooth",
    }  # fmt: skip


def test_a_switch_of_another_radio_s_name_helps_nobody(tree):
    tree.radio(name="phy1")
    tree.switch(hard=1, name="phy0\n")
    assert codes(tree.judged(), "block") == {"hw.wifi"}


def test_of_two_switches_of_one_radio_both_must_block(tree):
    place = tree.radio()
    tree.switch(0, hard=1, name="phy0\n", below=place)
    tree.switch(1, hard=0, name="phy0\n", below=place)
    assert codes(tree.judged(), "block") == {"hw.wifi"}


def test_a_switch_without_a_name_belongs_to_the_radio_above_it(tree):
    tree.switch(0, hard=1, below=tree.radio(name="phy0"))
    tree.radio(name="phy1")
    found = {one.subject: one.code for one in tree.judged().evidence if one.subject}
    assert found == {"phy0": "hw.radio_hard_blocked", "phy1": "hw.wifi"}


INTERFACES = {
    "wwan": ({"uevent": "INTERFACE=x\nDEVTYPE=wwan\n"}, {"hw.wwan"}),
    "bluetooth": ({"uevent": "DEVTYPE=bluetooth\n"}, {"hw.bluetooth"}),
    "wlan_without_a_class": ({"uevent": "DEVTYPE=wlan\n"}, {"hw.wifi"}),
    "wlan_of_an_old_driver": ({"uevent": "", "wireless/status": "0\n"}, {"hw.wifi"}),
    "wlan_of_a_class": ({"uevent": "DEVTYPE=wlan\n", "phy80211/name": "phy0\n"}, set()),
    "vlan": ({"uevent": "DEVTYPE=vlan\n"}, set()),
    "card": ({"uevent": "INTERFACE=x\n"}, set()),
}


@pytest.mark.parametrize("case", INTERFACES)
def test_an_interface_that_is_a_radio_s_is_one(tree, case):
    contents, expected = INTERFACES[case]
    for name, text in contents.items():
        tree.write(f"sys/devices/virtual/net/x0/{name}", text)
    tree.link("sys/class/net/x0", "sys/devices/virtual/net/x0")
    tree.write("sys/class/net/bonding_masters", "\n")
    assert codes(tree.judged(), "block") == expected


def test_bluetooth_on_the_usb_is_judged_by_its_switch(tree):
    device = tree.usb("e0/01/01 btusb")
    tree.switch(
        kind="bluetooth", hard=1, name="hci0\n",
        below=tree.radio("bluetooth", "hci0", f"{device}/1-2:1.0"),
    )  # fmt: skip
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.radio_hard_blocked"}


# The kernel's reach.


def module(tree, content=b"\x7fELF", path="kernel/drivers/net/ethernet/intel/e1000e.ko.xz"):
    tree.write("proc/sys/kernel/osrelease", "6.1.0\n")
    tree.write(
        "lib/modules/6.1.0/modules.builtin", "kernel/fs/ext4.ko\nkernel/drivers/net/mii.ko\n"
    )
    tree.write(f"lib/modules/6.1.0/{path}", content)


@pytest.mark.parametrize(
    ("switch", "content", "told"),
    [("0\n", b"\x7fELF", True), ("1\n", b"\x7fELF", False), ("0\n", b"", False)],
)
def test_a_kernel_that_can_load_network_drivers_is_told(tree, switch, content, told):
    module(tree, content)
    tree.write("proc/sys/kernel/modules_disabled", switch)
    report = tree.judged()
    assert report.verdict is Verdict.OFFLINE
    assert ("hw.kernel_can_load_drivers" in codes(report, "warn")) is told
    assert "hw.network_drivers_built_in" not in everything(report)


@pytest.mark.parametrize(
    "path", ["kernel/drivers/bluetooth/btusb.ko", "kernel/net/wireless/cfg80211.ko.zst"]
)
def test_drivers_of_radios_count_as_well(tree, path):
    module(tree, path=path)
    tree.write("proc/sys/kernel/modules_disabled", "0\n")
    assert "hw.kernel_can_load_drivers" in codes(tree.judged(), "warn")


def test_modules_of_other_things_do_not_count(tree):
    module(tree, path="kernel/drivers/gpu/drm/i915.ko")
    tree.write("proc/sys/kernel/modules_disabled", "0\n")
    assert "hw.kernel_can_load_drivers" not in everything(tree.judged())


def test_a_link_to_a_module_that_is_not_there_is_none(tree):
    module(tree, path="kernel/drivers/gpu/drm/i915.ko")
    tree.write("proc/sys/kernel/modules_disabled", "0\n")
    tree.link("lib/modules/6.1.0/kernel/drivers/net/e1000e.ko", "nowhere")
    assert tree.judged().verdict is Verdict.OFFLINE
    assert "hw.kernel_can_load_drivers" not in everything(tree.judged())


def test_built_in_drivers_are_told(tree):
    module(tree)
    tree.write("lib/modules/6.1.0/modules.builtin", "kernel/drivers/net/virtio_net.ko\n")
    assert "hw.network_drivers_built_in" in codes(tree.judged(), "info")


def test_a_hub_that_switches_everything_on_is_told(tree):
    tree.write(f"sys/devices/{USB_BUS}/usb1/authorized_default", "1\n")
    assert codes(tree.judged(), "warn") == {"hw.usb_takes_new_devices"}


# What the system runs in.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sys_vendor", "QEMU\n"), ("product_name", "VMware Virtual Platform\n"),
        ("product_name", "Virtual Machine\n"), ("bios_vendor", "innotek GmbH\n"),
        ("sys_vendor", "Xen\n"), ("product_name", "KVM\n"), ("product_name", "VirtualBox\n"),
        ("sys_vendor", "Amazon EC2\n"), ("product_name", "Google Compute Engine\n"),
    ],
)  # fmt: skip
def test_firmware_of_a_virtual_machine_tells(tree, name, text):
    tree.write(f"sys/class/dmi/id/{name}", text)
    report = tree.judged()
    assert codes(report, "unverified") == {"env.virtual_machine"}


@pytest.mark.parametrize("text", ["Dell Inc.\n", "LENOVO\n", "FPT Elead\n", "Xenon\n", "\udcff"])
def test_firmware_of_a_machine_does_not(tree, text):
    tree.write("sys/class/dmi/id/sys_vendor", text.encode("utf-8", "surrogateescape"))
    assert read_environment(tree.root).hypervisor == ()


@pytest.mark.parametrize(
    "sign", ["sys/hypervisor/type", "proc/device-tree/hypervisor", "proc/xen/capabilities"]
)
def test_files_of_a_hypervisor_tell(tree, sign):
    tree.write(sign, "xen\n")
    assert read_environment(tree.root).hypervisor


def test_a_windows_kernel_tells(tree):
    tree.write("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n")
    assert read_environment(tree.root).hypervisor == ("osrelease",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("run/.containerenv", ""), ("run/systemd/container", "lxc\n"), ("dev/.lxc-boot-id", ""),
        ("proc/1/cgroup", "0::/docker/3f5\n"), ("proc/self/cgroup", "0::/kubepods/besteffort\n"),
        ("proc/self/uid_map", "         0       1000          1\n"), ("proc/vz/version", ""),
        ("proc/1/cgroup", "1:memory:/\n0::/../../init.scope\n"),
    ],
)  # fmt: skip
def test_signs_of_a_container_tell(tree, path, text):
    tree.write(path, text)
    assert codes(tree.judged(), "unverified") == {"env.container"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("proc/1/cgroup", "0::/init.scope\n"),
        ("proc/self/cgroup", "0::/system.slice/bmnn-mark-guard.service\n"),
        ("proc/self/uid_map", "         0          0 4294967295\n"),
    ],
)
def test_what_every_host_has_is_no_sign(tree, path, text):
    tree.write(path, text)
    assert read_environment(tree.root).container == ()


@pytest.mark.parametrize(
    "switch",
    [
        "ipv4/ip_forward",
        "ipv6/conf/all/forwarding",
        "ipv6/conf/eth0/force_forwarding",
        "ipv4/conf/all/mc_forwarding",
    ],
)
def test_forwarding_is_told_and_refuses_on_a_lan(tree, switch):
    tree.write("proc/sys/net/ipv6/conf/default/forwarding", "1\n")
    tree.write("proc/sys/net/ipv6/conf/eth0/forwarding", "0\n")
    assert "net.forwarding" not in everything(tree.judged())
    tree.write(f"proc/sys/net/{switch}", "1\n")
    assert "net.forwarding" in codes(tree.judged(), "warn")
    assert "net.forwarding" in codes(tree.judged(LAN), "block")


def test_without_a_processor_list_the_collector_fails(tree):
    tree.write("proc/cpuinfo", "\n")
    assert "collector.failed" in codes(tree.judged(), "unverified")
    (tree.root / "proc/cpuinfo").unlink()
    assert "collector.failed" in codes(tree.judged(), "unverified")
