# SPDX-License-Identifier: Apache-2.0
"""The offline rows that need hardware: each on a tree laid out as a kernel lays it out."""

from dataclasses import replace

import pytest

from bmnn_mark.printing.evidence.namespaces import bus_paths
from bmnn_mark.printing.evidence.usb import usb_devices
from bmnn_mark.printing.facts import CollectorState
from bmnn_mark.printing.inventory import known_devices, known_storage
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, AllowedLink, Verdict
from tests.printing.parts import CARD, HOST, LOOPBACK, clean_snapshot, commissioned
from tests.printing.trees import LAN, USB_BUS, Tree, codes

BOTH = pytest.mark.parametrize("policy", [AIR_GAPPED, LAN], ids=["air-gapped", "lan"])


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@BOTH
def test_a_machine_without_any_of_it_is_offline(tree, policy):
    report = tree.judged(policy)
    assert report.verdict is Verdict.OFFLINE, report.evidence
    assert codes(report, "warn") == set()


@pytest.mark.parametrize("name", ["v0", "e9"])
def test_offline_row_51_right_name_on_another_bus_path(tree, name):
    allowed = AllowedLink(permanent_mac="02:00:00:00:00:01", bus_path="pci0000:00/0000:00:1f.6")
    policy = replace(LAN, allowed_links=(allowed,))
    verdicts = {"0000:00:1f.6": Verdict.OFFLINE, "0000:00:03.0": Verdict.ONLINE}
    for place in verdicts:
        tree.card(tree.pci(place, driver="e1000e"), f"{name}{place[-1]}")
    for place, verdict in verdicts.items():
        path = bus_paths(tree.root)[f"{name}{place[-1]}"]
        link = replace(
            CARD, name=name, flags=0x10003, permanent_mac="02:00:00:00:00:01", bus_path=path
        )
        seen = ("lo", name)
        facts = clean_snapshot(
            links=(LOOPBACK, link),
            namespace=replace(HOST, own_links=seen, host_links=seen, sysfs_links=seen),
        )
        baseline = commissioned(devices=known_devices(facts))
        assert judge(facts, policy, baseline).verdict is verdict


@BOTH
@pytest.mark.parametrize("driver", ["e1000e", "vfio-pci", "uio_pci_generic", "pci-stub"])
def test_offline_row_53_card_in_another_namespace_or_machine(tree, policy, driver):
    tree.pci(driver=driver)
    report = tree.judged(policy)
    assert report.verdict is Verdict.ONLINE
    assert "hw.nic_bound_but_no_netdev_here" in codes(report, "block")


@BOTH
def test_offline_row_53_a_card_that_is_here_is_judged_as_an_interface(tree, policy):
    tree.card(tree.pci(driver="e1000e"))
    listed = {"devices": known_devices(tree.snapshot())}
    assert tree.judged(policy, **listed).verdict is Verdict.OFFLINE


def test_offline_row_53_one_of_two_cards_is_elsewhere(tree):
    tree.card(tree.pci("0000:00:03.0", driver="e1000e"))
    tree.pci("0000:00:04.0", driver="e1000e")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    subjects = [one.subject for one in report.evidence if one.severity.value == "block"]
    assert subjects == ["0000:00:04.0"]


@BOTH
def test_offline_row_54_virtual_machine_without_a_card(tree, policy):
    tree.write("proc/cpuinfo", "flags\t\t: fpu hypervisor sse2\n")
    tree.write("dev/vsock")
    tree.on_bus("virtio", "virtio0", "vmw_vsock_virtio_transport", device="0x0013\n")
    report = tree.judged(policy)
    assert report.verdict is Verdict.UNKNOWN
    found = codes(report, "unverified")
    assert found == {"env.virtual_machine", "hw.virtio_vsock", "hw.vsock"}


@BOTH
def test_offline_row_55_container(tree, policy):
    tree.write(".dockerenv")
    report = tree.judged(policy)
    assert report.verdict is Verdict.UNKNOWN
    assert codes(report, "unverified") == {"env.container"}


@BOTH
@pytest.mark.parametrize("soft", [0, 1])
def test_offline_row_56_wifi_blocked_by_software_only(tree, policy, soft):
    tree.switch(soft=soft, name="phy0\n", below=tree.radio())
    report = tree.judged(policy)
    assert report.verdict is Verdict.ONLINE
    assert codes(report, "block") == {"hw.wifi"}


def test_offline_row_57_wifi_blocked_by_a_switch(tree):
    tree.switch(hard=1, name="phy0\n", below=tree.radio())
    report = tree.judged()
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.radio_hard_blocked"}
    assert tree.judged(LAN).verdict is Verdict.ONLINE


@pytest.mark.parametrize(
    ("hard", "verdict"), [(0, Verdict.ONLINE), (1, Verdict.OFFLINE)], ids=["soft", "hard"]
)
def test_offline_row_57_a_switch_alone_stands_for_its_radio(tree, hard, verdict):
    tree.switch(soft=1, hard=hard)
    assert tree.judged().verdict is verdict


PHONES = {
    "rndis": ("02/02/ff", "0a/00/00"),
    "rndis_wireless": ("e0/01/03", "0a/00/00"),
    "rndis_miscellaneous": ("ef/04/01",),
    "ecm": ("02/06/00", "0a/00/00"),
    "ncm": ("02/0d/00", "0a/00/01"),
    "eem": ("02/0c/07",),
    "mbim": ("02/0e/00", "0a/00/02"),
    "ipheth": ("ff/fd/01",),
    "driver_ipheth": ("ff/fd/01 ipheth",),
    "driver_qmi": ("ff/ff/ff qmi_wwan",),
    "driver_r8152": ("ff/ff/00 r8152",),
    "android_debugging": ("ff/42/01",),
    "data_alone": ("0a/00/00",),
}


@BOTH
@pytest.mark.parametrize("phone", PHONES)
def test_offline_row_58_telephone_without_an_interface_yet(tree, policy, phone):
    tree.usb(*PHONES[phone])
    report = tree.judged(policy)
    assert report.verdict is Verdict.ONLINE
    assert "hw.usb_network" in codes(report, "block")


@pytest.mark.parametrize(
    "identity", ["05ac:12a8", "18d1:4ee7", "04e8:6860", "12d1:1f01", "0b95:1790", "0bda:8153"]
)
def test_offline_row_58_known_by_its_maker_whatever_it_shows(tree, identity):
    tree.usb("08/06/50 usb-storage", identity=identity)
    assert "hw.usb_network" in codes(tree.judged(), "block")


@BOTH
def test_offline_row_59_bluetooth_adapter(tree, policy):
    tree.in_class("bluetooth", "hci0")
    report = tree.judged(policy)
    assert report.verdict is Verdict.ONLINE
    assert codes(report, "block") == {"hw.bluetooth"}


def test_offline_row_59_bluetooth_on_the_usb_with_and_without_a_driver(tree):
    tree.usb("e0/01/01 btusb", port="1-3")
    assert "hw.bluetooth" in codes(tree.judged(), "block")
    assert tree.judged().verdict is Verdict.ONLINE


def test_offline_row_59_bluetooth_without_a_driver_that_was_listed(tree):
    tree.usb("e0/01/01")
    listed = {"devices": known_devices(tree.snapshot())}
    report = tree.judged(**listed)
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.radio_without_driver"}
    assert tree.judged(LAN, **listed).verdict is Verdict.ONLINE
    assert codes(tree.judged(), "block") == {"hw.new_since_baseline"}


@BOTH
def test_offline_row_60_modem_by_its_node(tree, policy):
    tree.write("dev/cdc-wdm0")
    report = tree.judged(policy)
    assert report.verdict is Verdict.ONLINE
    assert codes(report, "block") == {"hw.modem"}


@pytest.mark.parametrize(
    "function", ["02/02/01", "02/02/00 cdc_acm", "ff/ff/ff option", "02/09/01"]
)
def test_offline_row_60_modem_by_its_function(tree, function):
    tree.usb(function)
    assert "hw.modem" in codes(tree.judged(), "block")


@BOTH
def test_offline_row_61_management_engine(tree, policy):
    tree.in_class("mei", "mei0")
    report = tree.judged(policy)
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"hw.amt_or_bmc"}


def test_offline_row_68_two_thousand_devices_with_names_of_every_kind(tree):
    for number in range(250):
        tree.usb("03/01/01 usbhid", port=f"1-{number + 10}", serial=f"đ\u202e\x07{number}\nx")
    before = tree.judged(devices=known_devices(tree.snapshot()))
    tree.link("sys/class/net/a\nb", f"sys/devices/{USB_BUS}")
    for number in range(1000):
        tree.link(f"sys/class/net/\udcffé{number}", f"sys/devices/{USB_BUS}")
    for number in range(750):
        tree.in_class("tty", f"\udcfe\n{number}")
    tree.in_class("bluetooth", "hci\n0\udcff")
    snapshot = tree.snapshot()
    assert all(one.state is CollectorState.OK for one in snapshot.collectors)
    after = judge(snapshot, AIR_GAPPED, commissioned(devices=known_devices(snapshot)))
    assert (before.verdict, after.verdict) == (Verdict.OFFLINE, Verdict.ONLINE)
    assert codes(after, "block") == {"hw.bluetooth"}
    assert all(one.subject.isprintable() for one in after.evidence)
    assert len(usb_devices(tree.root)) == 251


def test_a_rehearsal_says_what_would_refuse_on_a_real_host(tree):
    tree.pci(driver="e1000e")
    tree.usb("02/06/00")
    report = tree.judged(REHEARSAL)
    assert report.verdict is Verdict.OFFLINE
    hard = {one.code for one in report.evidence if one.would_be and one.would_be.value == "block"}
    assert hard == {
        "hw.nic_bound_but_no_netdev_here", "hw.usb_network", "hw.new_since_baseline",
    }  # fmt: skip
    assert known_storage(tree.snapshot()) == ()
