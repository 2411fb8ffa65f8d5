# SPDX-License-Identifier: Apache-2.0
"""Hardware on PCI and the USB, and that what is not understood is never passed over."""

from dataclasses import replace

import pytest

from bmnn_mark.printing.evidence.hardware import read_hardware
from bmnn_mark.printing.evidence.usb import usb_devices
from bmnn_mark.printing.facts import CollectorState
from bmnn_mark.printing.inventory import known_devices
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, Verdict
from tests.printing.parts import NO_HARDWARE, commissioned
from tests.printing.trees import LAN, USB_BUS, Tree, codes, everything


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


# Reading: what is not understood is never passed over.


@pytest.mark.parametrize("missing", ["sys/bus", "sys/class"])
def test_without_sysfs_the_collectors_fail(tmp_path, missing):
    tree = Tree(tmp_path)
    (tmp_path / missing).rename(tmp_path / "away")
    snapshot = tree.snapshot()
    ended = {one.name: one.state for one in snapshot.collectors}
    assert ended["hardware"] is ended["storage"] is CollectorState.FAILED
    assert judge(snapshot, AIR_GAPPED, commissioned()).verdict is Verdict.UNKNOWN
    with pytest.raises(OSError, match=missing):
        usb_devices(tmp_path)


def test_folders_that_a_kernel_leaves_out_are_nothing(tmp_path):
    (tmp_path / "sys/bus").mkdir(parents=True)
    (tmp_path / "sys/class").mkdir()
    facts = read_hardware(tmp_path)
    assert replace(facts, kernel=NO_HARDWARE.kernel) == NO_HARDWARE


def _pci(tree, **contents):
    device = tree.pci(driver="e1000e", code="0x030000")
    for name, text in contents.items():
        (tree.root / device / name).unlink(missing_ok=True)
        if text is not None:
            tree.write(f"{device}/{name}", text)


MALFORMED = {
    "pci_class_gone": lambda tree: _pci(tree, **{"class": None}),
    "pci_class_empty": lambda tree: _pci(tree, **{"class": ""}),
    "pci_class_too_large": lambda tree: _pci(tree, **{"class": "0x1000000\n"}),
    "pci_class_negative": lambda tree: _pci(tree, **{"class": "-1\n"}),
    "pci_vendor_words": lambda tree: _pci(tree, vendor="Intel\n"),
    "pci_device_bytes": lambda tree: _pci(tree, device=b"\xff\xfe\x00"),
    "pci_name": lambda tree: tree.link("sys/bus/pci/devices/eth\n0", "sys/devices/x"),
    "pci_dangling": lambda tree: tree.link("sys/bus/pci/devices/0000:00:09.0", "sys/devices/x"),
    "pci_driver_no_link": lambda tree: tree.write(f"{tree.pci(code='0x030000')}/driver", "x"),
    "usb_vendor": lambda tree: tree.usb("03/01/01", identity="12g4:5678"),
    "usb_vendor_short": lambda tree: tree.usb("03/01/01", identity="123:5678"),
    "usb_class": lambda tree: tree.usb("zz/01/01"),
    "usb_class_too_large": lambda tree: tree.usb("103/01/01"),
    "usb_device_class": lambda tree: tree.usb("03/01/01", bDeviceClass="??\n"),
    "usb_name": lambda tree: tree.usb("03/01/01", port="1-x"),
    "usb_folder_is_a_file": lambda tree: tree.write("sys/bus/usb/devices/1-9", "x"),
    "usb_function_without_a_device": lambda tree: tree.usb_interface(
        f"sys/devices/{USB_BUS}", "1-8:1.0", "03/01/01"
    ),
    "rfkill_unknown_kind": lambda tree: tree.switch(kind="quantum"),
    "rfkill_hard_words": lambda tree: tree.switch(hard="yes"),
    "rfkill_hard_gone": lambda tree: (tree.root / "sys/class/rfkill/rfkill7").mkdir(parents=True),
    "rfkill_hard_two": lambda tree: tree.switch(hard=2),
    "virtio": lambda tree: tree.on_bus("virtio", "virtio0", device="net\n"),
    "vmbus": lambda tree: tree.on_bus("vmbus", "a-b"),
    "thunderbolt": lambda tree: tree.on_bus("thunderbolt", "0-1", uevent="DRIVER=x\n"),
    "firewire": lambda tree: tree.on_bus("firewire", "fw1.0", specifier_id="ip\n"),
    "sdio": lambda tree: tree.on_bus("sdio", "mmc1:0001:1", vendor="0x02d0\n"),
    "pcmcia": lambda tree: tree.on_bus("pcmcia", "0.0", func_id="net\n"),
    "serial_line": lambda tree: tree.write("sys/class/tty/ttyS0/type", "many\n"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_not_understood_leaves_the_host_unknown(tree, case):
    MALFORMED[case](tree)
    listed = {"devices": known_devices(tree.snapshot())}
    for policy in (AIR_GAPPED, LAN, REHEARSAL):
        report = tree.judged(policy, **listed)
        assert report.verdict is Verdict.UNKNOWN
        assert "hw.unreadable" in codes(report, "unverified")


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_not_understood_hides_nothing_else(tree, case):
    MALFORMED[case](tree)
    tree.in_class("bluetooth", "hci0")
    assert tree.judged().verdict is Verdict.ONLINE


def test_a_usb_printer_cannot_be_pinned_beside_an_entry_that_is_not_understood(tree):
    tree.usb("07/01/02 usblp")
    assert [one.is_printer for one in usb_devices(tree.root)] == [True, False]
    tree.usb("zz/01/01", port="1-7")
    with pytest.raises(OSError, match="not understood"):
        usb_devices(tree.root)


def test_a_function_whose_device_is_not_listed_is_judged_all_the_same(tree):
    tree.usb_interface(f"sys/devices/{USB_BUS}", "1-8:1.0", "02/06/00")
    report = tree.judged()
    assert codes(report, "block") == {"hw.usb_network", "hw.new_since_baseline"}


def test_functions_of_a_device_that_is_not_understood_are_judged_all_the_same(tree):
    tree.usb("02/06/00", identity="12g4:5678")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == {"hw.usb_network"}
    assert codes(report, "unverified") == {"hw.unreadable"}


@pytest.mark.parametrize("gone", ["vendor", "device"])
def test_a_card_of_an_unreadable_maker_is_judged_all_the_same(tree, gone):
    (tree.root / tree.pci(driver="vfio-pci") / gone).unlink()
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == {"hw.nic_bound_but_no_netdev_here"}
    assert codes(report, "unverified") == {"hw.unreadable"}


@pytest.mark.parametrize("function", ["03/00/00 usbhid", "09/00/00 hub"])
def test_a_hub_or_a_keyboard_of_a_maker_of_adapters_is_none(tree, function):
    tree.usb(function, identity="0b95:1790")
    assert tree.judged(devices=known_devices(tree.snapshot())).verdict is Verdict.OFFLINE


def test_a_bus_that_cannot_be_read_fails_the_collector(tree):
    tree.write("sys/bus/pci/devices", "not a folder")
    assert tree.judged().verdict is Verdict.UNKNOWN
    assert "collector.failed" in codes(tree.judged(), "unverified")


# The USB.


def test_usb_devices_say_what_a_printer_is_pinned_by(tree):
    tree.usb("07/01/02 usblp", "08/06/50", port="1-2.3", identity="03F0:0C17", serial="VN B1")
    one = next(one for one in usb_devices(tree.root) if one.is_printer)
    assert (one.port, one.vendor, one.product, one.serial) == ("1-2.3", "03f0", "0c17", "VN B1")
    assert [(i.number, i.usb_class, i.driver) for i in one.interfaces] == [
        (0, 7, "usblp"),
        (1, 8, ""),
    ]
    assert one.authorized
    listed = {"devices": known_devices(tree.snapshot())}
    assert codes(tree.judged(**listed), "info") >= {"hw.usb_printer"}
    assert tree.judged(**listed).verdict is Verdict.OFFLINE


def test_a_device_whose_whole_class_is_printing_is_a_printer(tree):
    tree.usb(bDeviceClass="07\n")
    assert next(one for one in usb_devices(tree.root) if one.port == "1-2").is_printer


@pytest.mark.parametrize(
    "function",
    [
        "03/01/01 usbhid", "03/01/02", "01/01/00 snd-usb-audio", "0b/00/00", "0e/01/00 uvcvideo",
        "09/00/00 hub", "fe/01/01", "ef/02/01", "ff/00/00 snd-usb-caiaq", "05/00/00", "11/00/00",
    ],
)  # fmt: skip
def test_keyboards_hubs_and_the_like_are_nothing_once_listed(tree, function):
    tree.usb(function)
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert report.verdict is Verdict.OFFLINE
    assert not [one for one in report.evidence if one.subject == "1-2"]


def test_a_new_keyboard_is_told_but_refuses_nothing(tree):
    tree.usb("03/01/01 usbhid")
    report = tree.judged()
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.device_changed"}


def test_a_keyboard_may_move_to_another_port(tree, tmp_path_factory):
    tree.usb("03/01/01 usbhid")
    other = Tree(tmp_path_factory.mktemp("other"))
    other.usb("03/01/01 usbhid", port="1-4.1")
    report = other.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "warn") == set()


@pytest.mark.parametrize(
    "function", ["ff/00/00", "ff/00/00 usbfs", "00/00/00", "dc/01/01", "77/0/0"]
)
def test_a_function_of_unknown_purpose_is_unverified_until_it_is_listed(tree, function):
    tree.usb(function)
    report = judge(tree.snapshot(), AIR_GAPPED)
    assert "hw.usb_function_unknown" in codes(report, "unverified")
    assert "hw.new_since_baseline" in codes(tree.judged(), "block")
    listed = tree.judged(devices=known_devices(tree.snapshot()))
    assert listed.verdict is Verdict.OFFLINE
    assert codes(listed, "warn") == {"hw.usb_function_listed"}


def test_a_listed_device_that_now_offers_a_network_is_refused(tree, tmp_path_factory):
    tree.usb("ff/00/00")
    other = Tree(tmp_path_factory.mktemp("other"))
    other.usb("ff/00/00", "02/06/00")
    report = other.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == {"hw.usb_network"}


@pytest.mark.parametrize(
    "driver",
    [
        "r8152", "r8153_ecm", "ax88179_178a", "asix", "cdc_ether", "cdc_ncm", "cdc_mbim",
        "rndis_host",
        "smsc95xx", "lan78xx", "ath9k_htc", "rtl8xxxu", "rtw_8822bu", "mt76x2u", "mt7921u",
        "rt2800usb", "brcmfmac", "carl9170", "gs_usb", "usbip-host", "huawei_cdc_ncm", "8188eu",
    ],
)  # fmt: skip
def test_a_network_driver_tells_whatever_the_class_says(tree, driver):
    tree.usb(f"03/00/00 {driver}")
    assert "hw.usb_network" in codes(tree.judged(), "block")


@pytest.mark.parametrize(
    "driver", ["usbhid", "usblp", "usb-storage", "uas", "hub", "uvcvideo", "ums-realtek"]
)
def test_other_drivers_are_no_network(tree, driver):
    tree.usb(f"03/00/00 {driver}")
    assert "hw.usb_network" not in everything(tree.judged())


@pytest.mark.parametrize(
    "function", ["e0/01/02", "e0/02/01", "e0/07/07", "ef/01/01", "fe/02/00", "14/00/00"]
)
def test_any_other_wireless_or_carrying_class_is_a_network(tree, function):
    tree.usb(function)
    assert "hw.usb_network" in codes(tree.judged(), "block")


def test_a_device_without_functions_is_judged_by_its_own_class(tree):
    tree.usb(bDeviceClass="e0\n", port="1-3")
    tree.usb(bDeviceClass="00\n", port="1-4")
    snapshot = tree.snapshot()
    report = judge(snapshot, AIR_GAPPED, commissioned(devices=known_devices(snapshot)))
    assert {(one.subject, one.code) for one in report.evidence if one.source == "sysfs.usb"} == {
        ("1-3", "hw.usb_network"), ("1-4", "hw.usb_function_listed"),
    }  # fmt: skip


def test_a_device_that_the_kernel_may_not_use_is_told(tree):
    tree.usb(identity="0bda:8153", authorized="0\n")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.usb_blocked"}


def test_a_serial_adapter_is_a_warning_and_a_modem_on_one_refuses(tree):
    tree.usb("ff/ff/ff ftdi_sio", port="1-3")
    tree.in_class("tty", "ttyUSB0")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.usb_serial"}
    tree.usb("ff/ff/ff qcserial", port="1-4")
    assert "hw.modem" in codes(tree.judged(), "block")


# PCI.


def test_a_card_without_a_driver_is_a_warning_once_listed(tree):
    tree.pci()
    assert codes(tree.judged(), "block") == {"hw.new_since_baseline"}
    for policy in (AIR_GAPPED, LAN):
        report = tree.judged(policy, devices=known_devices(tree.snapshot()))
        assert report.verdict is Verdict.OFFLINE
        assert codes(report, "warn") == {"hw.nic_without_driver"}


def test_a_wifi_card_without_a_driver_is_a_radio_that_a_lan_may_not_have(tree):
    tree.pci(code="0x028000")
    listed = {"devices": known_devices(tree.snapshot())}
    assert codes(tree.judged(**listed), "warn") == {"hw.radio_without_driver"}
    assert codes(tree.judged(LAN, **listed), "block") == {"hw.radio_without_driver"}


def test_taking_a_driver_away_is_no_new_card(tree, tmp_path_factory):
    tree.card(tree.pci(driver="e1000e"))
    hardened = Tree(tmp_path_factory.mktemp("hardened"))
    hardened.pci()
    report = hardened.judged(devices=known_devices(tree.snapshot()))
    assert report.verdict is Verdict.OFFLINE


def test_a_card_in_another_slot_is_a_new_card(tree, tmp_path_factory):
    tree.pci()
    other = Tree(tmp_path_factory.mktemp("other"))
    other.pci("0000:00:19.0")
    report = other.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == {"hw.new_since_baseline"}


@pytest.mark.parametrize(
    "code", ["0x020000", "0x028000", "0x020700", "0x0d8000", "0x0d1100", "0x02ff00"]
)
def test_every_kind_of_card_that_is_used_elsewhere_refuses(tree, code):
    tree.pci(code=code, driver="anything")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == {"hw.nic_bound_but_no_netdev_here"}


def test_a_card_behind_a_bridge_and_a_virtual_card_are_found_by_their_path(tree):
    device = tree.pci("0000:00:03.0", driver="virtio-pci", identity="1af4:1000")
    below = tree.on_bus(
        "virtio", "virtio2", "virtio_net", parent="pci0000:00/0000:00:03.0", device="0x0001\n"
    )
    assert below.startswith(device)
    tree.card(below)
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == set()
    assert codes(report, "unverified") == {"env.virtual_machine", "hw.virtio_net"}


def test_wifi_that_is_here_is_judged_as_a_radio(tree):
    device = tree.pci(code="0x028000", driver="iwlwifi")
    tree.switch(hard=1, name="phy0\n", below=tree.radio(device=device))
    listed = {"devices": known_devices(tree.snapshot())}
    report = tree.judged(**listed)
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.radio_hard_blocked"}


def test_a_radio_on_pci_of_no_known_class_refuses(tree):
    tree.card(tree.pci(code="0x0d1000", driver="odd"))
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "block") == {"hw.radio_other"}


PCI_KINDS = {
    ("0x070300", ""): ("warn", "hw.radio_without_driver"),
    ("0x070300", "serial"): ("block", "hw.modem"),
    ("0x078000", "mei_me"): ("warn", "hw.amt_or_bmc"),
    ("0x0c0700", ""): ("warn", "hw.amt_or_bmc"),
    ("0x0c0000", "firewire_ohci"): ("warn", "hw.carrier_possible"),
    ("0x0c0340", "thunderbolt"): ("warn", "hw.carrier_possible"),
    ("0x0c0400", "lpfc"): ("warn", "hw.carrier_possible"),
    ("0x0c0900", ""): ("warn", "hw.carrier_possible"),
    ("0x0c0330", "vfio-pci"): ("unverified", "hw.passed_through"),
    ("0x030000", "xen-pciback"): ("unverified", "hw.passed_through"),
    ("0xff0000", "odd"): ("warn", "hw.pci_function_listed"),
    ("0x000000", ""): ("warn", "hw.pci_function_listed"),
    ("0x140000", ""): ("warn", "hw.pci_function_listed"),
}


@pytest.mark.parametrize("kind", PCI_KINDS, ids=" ".join)
def test_other_functions_on_pci(tree, kind):
    code, driver = kind
    tree.pci(code=code, driver=driver)
    severity, expected = PCI_KINDS[kind]
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, severity) == {expected}


@pytest.mark.parametrize("code", ["0x060000", "0x030000", "0x0c0330", "0x010601", "0x400000"])
def test_what_carries_nothing_is_nothing_once_listed(tree, code):
    tree.pci(code=code, driver="anything")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert report.evidence == () or everything(report) == {"hw.network_drivers_built_in"}


@pytest.mark.parametrize("code", ["0xff0000", "0x000000", "0x200000"])
def test_a_function_on_pci_of_unknown_purpose_is_unverified_without_a_list(tree, code):
    tree.pci(code=code)
    report = judge(tree.snapshot(), AIR_GAPPED)
    assert "hw.pci_function_unknown" in codes(report, "unverified")
    assert tree.judged().verdict is Verdict.ONLINE
