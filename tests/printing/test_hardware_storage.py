# SPDX-License-Identifier: Apache-2.0
"""Storage that can be taken out: listed or not, in use or not, or somewhere else."""

import pytest

from bmnn_mark.printing.baseline import BaselineFault, ExplainedTrace
from bmnn_mark.printing.evidence.history import History
from bmnn_mark.printing.evidence.storage import read_storage
from bmnn_mark.printing.facts import TraceKind
from bmnn_mark.printing.hardware_facts import StorageKind
from bmnn_mark.printing.inventory import known_devices, known_storage
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, Verdict
from tests.printing.parts import NO_STORAGE, clean_snapshot, commissioned
from tests.printing.test_history_journals import journal
from tests.printing.trees import LAN, USB_BUS, Tree, codes, everything


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


# Removable storage.


def stick(tree, port="1-2", serial="KT123", number="8:16", name="sdb", **more):
    device = tree.usb("08/06/50 usb-storage", identity="0951:1666", serial=serial, port=port)
    return tree.block(name, f"{device}/{port}:1.0/host4/4:0:0:0", number=number, **more)


def listed_storage(tree):
    snapshot = tree.snapshot()
    return {"devices": known_devices(snapshot), "storage": known_storage(snapshot)}


@pytest.mark.parametrize("policy", [AIR_GAPPED, LAN], ids=["air-gapped", "lan"])
def test_an_unlisted_stick_is_unverified_and_in_use_it_refuses(tree, policy):
    stick(tree)
    report = tree.judged(policy)
    assert report.verdict is Verdict.UNKNOWN
    assert codes(report, "unverified") == {"storage.unlisted"}
    tree.mount("/dev/sdb", "8:16")
    report = tree.judged(policy)
    assert codes(report, "block") == {"storage.unlisted_in_use"}


@pytest.mark.parametrize("policy", [AIR_GAPPED, LAN], ids=["air-gapped", "lan"])
def test_a_listed_stick_is_told_and_in_use_it_warns(tree, policy):
    stick(tree)
    listed = listed_storage(tree)
    report = tree.judged(policy, **listed)
    assert report.verdict is Verdict.OFFLINE
    assert "storage.listed" in codes(report, "info")
    tree.mount("/dev/sdb", "8:16")
    report = tree.judged(policy, **listed)
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"storage.listed_in_use"}


def test_the_serial_number_tells_one_stick_from_another(tree, tmp_path_factory):
    stick(tree)
    other = Tree(tmp_path_factory.mktemp("other"))
    stick(other, serial="KT124")
    assert codes(other.judged(**listed_storage(tree)), "unverified") == {"storage.unlisted"}


def test_a_stick_without_a_number_of_its_own_is_never_listed(tree):
    stick(tree, serial="")
    assert codes(tree.judged(**listed_storage(tree)), "unverified") == {"storage.unlisted"}


def test_a_mounted_partition_or_one_that_another_device_uses_is_use(tree):
    place = stick(tree)
    tree.files(f"{place}/sdb1", dev="8:17\n", partition="1\n")
    (tree.root / place / "sdb1/holders").mkdir()
    assert not read_storage(tree.root, 1).devices[0].used
    (tree.root / place / "sdb1/holders/dm-0").mkdir()
    assert read_storage(tree.root, 1).devices[0].used == 1
    tree.mount("/dev/sdb1", "8:17")
    assert read_storage(tree.root, 1).devices[0].used >= 2


def test_a_mount_is_seen_by_its_name_where_its_number_is_another(tree):
    place = stick(tree)
    tree.files(f"{place}/sdb1", dev="8:17\n")
    tree.mount("/dev/sdb1", "0:55", kind="btrfs")
    assert read_storage(tree.root, 1).devices[0].used == 1


def test_a_mount_of_process_1_counts(tree):
    stick(tree)
    tree.write("proc/1/mountinfo", "40 22 8:16 / /media rw - vfat /dev/sdb rw\n")
    assert read_storage(tree.root, 1).devices[0].used >= 1


def test_without_any_list_of_mounts_the_collector_fails(tree):
    (tree.root / "proc/self/mountinfo").unlink()
    assert "collector.failed" in codes(tree.judged(), "unverified")


def test_an_empty_reader_is_only_told(tree):
    stick(tree, sectors=0)
    assert tree.judged().verdict is Verdict.OFFLINE
    assert "storage.empty" in codes(tree.judged(), "info")


def test_a_stick_that_no_driver_took_is_only_told(tree):
    tree.usb("08/06/50", identity="0951:1666")
    report = tree.judged()
    assert report.verdict is Verdict.OFFLINE
    assert "storage.empty" in codes(report, "info")


def test_a_disc_is_never_listed_and_an_empty_drive_is_told(tree):
    ata = "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/0:0:0:0"
    tree.block("sr0", ata, sectors=0x1FFFFF, number="11:0", vendor="HL-DT-ST\n", model="DVDRAM\n")
    listed = listed_storage(tree)
    assert "storage.empty" in codes(tree.judged(**listed), "info")
    tree.write(f"{ata}/block/sr0/size", "4096\n")
    assert codes(tree.judged(**listed), "unverified") == {"storage.unlisted"}
    assert read_storage(tree.root, 1).devices[0].identity == "HL-DT-ST DVDRAM"


@pytest.mark.parametrize(("kind", "found"), [("SD\n", 1), ("MMC\n", 0)])
def test_a_card_in_a_slot_is_storage_and_a_soldered_one_is_not(tree, kind, found):
    below = "sys/devices/pci0000:00/0000:00:1a.0/mmc_host/mmc0/mmc0:0001"
    tree.block("mmcblk0", below, removable=0, type=kind, serial="0x8db0\n")
    assert [one.kind for one in read_storage(tree.root, 1).devices] == [StorageKind.CARD] * found


@pytest.mark.parametrize(
    ("name", "below", "kind"),
    [
        ("nbd0", "sys/devices/virtual", StorageKind.NETWORK),
        ("rbd3", "sys/devices/virtual", StorageKind.NETWORK),
        ("sdc", "sys/devices/platform/host9/session1/target9:0:0/9:0:0:0", StorageKind.NETWORK),
        ("sdd", "sys/devices/pci0000:00/0000:00:1c.0/fw1/fw1.0/host2", StorageKind.EXTERNAL),
        ("fd0", "sys/devices/platform/floppy.0", StorageKind.REMOVABLE),
    ],
)  # fmt: skip
def test_other_storage_that_is_not_built_in(tree, name, below, kind):
    tree.block(name, below)
    assert [one.kind for one in read_storage(tree.root, 1).devices] == [kind]


def test_a_drive_that_the_firmware_calls_external_is_storage(tree):
    pci = "sys/devices/pci0000:00/0000:00:1c.4/0000:05:00.0"
    tree.block("nvme1n1", f"{pci}/nvme/nvme1", removable=0)
    assert read_storage(tree.root, 1).devices == ()
    tree.write(f"{pci}/removable", "removable\n")
    assert [one.kind for one in read_storage(tree.root, 1).devices] == [StorageKind.EXTERNAL]


def test_built_in_and_virtual_disks_are_nothing(tree):
    tree.block("sda", "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/0:0:0:0", removable=0)
    tree.block("loop0", "sys/devices/virtual", removable=0)
    tree.block("dm-0", "sys/devices/virtual", removable=0)
    assert read_storage(tree.root, 1) == NO_STORAGE


@pytest.mark.parametrize("name", ["nbd0", "rnbd0", "etherd!e1.0"])
def test_a_disk_elsewhere_refuses(tree, name):
    tree.block(name, "sys/devices/virtual", removable=0)
    assert codes(tree.judged(**listed_storage(tree)), "block") == {"storage.network"}


def test_a_network_disk_that_is_not_connected_is_only_told(tree):
    tree.block("nbd0", "sys/devices/virtual", removable=0, sectors=0)
    assert tree.judged().verdict is Verdict.OFFLINE


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("fuse", "https://a/dav"), ("fuse", "//server/share"), ("fuse", "curlftpfs#ftp://a/"),
        ("fuse.anything", "server:/x"), ("fuse.mfs", "mfs#server:9421"),
        ("fuse.ceph-fuse", "ceph-fuse"),
    ],
)  # fmt: skip
def test_folders_that_a_program_brings_from_elsewhere(tree, kind, source):
    tree.mount(source, "0:50", kind=kind)
    assert codes(tree.judged(), "block") == {"storage.remote_mount"}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("fuseblk", "/dev/sda2"), ("fuse.portal", "portal"), ("fuse.gvfsd-fuse", "gvfsd-fuse"),
        ("fuse.mergerfs", "/a:/b"), ("fuse.A.AppImage", "A.AppImage"), ("overlay", "overlay"),
    ],
)  # fmt: skip
def test_folders_that_a_program_makes_here(tree, kind, source):
    tree.mount(source, "0:50", kind=kind)
    assert tree.judged().verdict is Verdict.OFFLINE


def test_a_floppy_drive_that_nothing_was_read_from_is_only_told(tree):
    drive = tree.block("fd0", "sys/devices/platform/floppy.0", sectors=8, number="2:0")
    assert "storage.empty" in codes(tree.judged(), "info")
    assert tree.judged().verdict is Verdict.OFFLINE
    tree.write(f"{drive}/size", "2880\n")
    assert codes(tree.judged(), "unverified") == {"storage.unlisted"}


def test_a_camera_is_storage(tree):
    tree.usb("06/01/01", identity="04a9:3218")
    report = tree.judged(devices=known_devices(tree.snapshot()))
    assert codes(report, "unverified") == {"storage.unlisted"}


@pytest.mark.parametrize(
    ("kind", "severity", "code"),
    [
        ("nfs4", "block", "storage.remote_mount"), ("cifs", "block", "storage.remote_mount"),
        ("fuse.sshfs", "block", "storage.remote_mount"),
        ("virtiofs", "unverified", "storage.host_share"),
        ("9p", "unverified", "storage.host_share"),
    ],
)  # fmt: skip
def test_folders_of_other_machines(tree, kind, severity, code):
    tree.mount("server:/x", "0:50", kind=kind)
    assert codes(tree.judged(), severity) == {code}


@pytest.mark.parametrize(
    "case",
    [
        lambda tree: stick(tree, sectors="many"),
        lambda tree: stick(tree, sectors=-1),
        lambda tree: tree.block("sdz", "sys/devices/platform", removable="maybe"),
        lambda tree: tree.block("mmcblk1", "sys/devices/platform", type=b"\xff"),
        lambda tree: (tree.root / "sys/block/sdq").mkdir(),
        lambda tree: tree.block("sdq", f"sys/devices/{USB_BUS}/usb1/1-9/1-9:1.0"),
    ],
)
def test_storage_that_is_not_understood_leaves_the_host_unknown(tree, case):
    case(tree)
    for policy in (AIR_GAPPED, LAN, REHEARSAL):
        assert tree.judged(policy).verdict is not Verdict.OFFLINE


# Storage that was here since commissioning and is gone.

PLUGGED = b"kernel: usb-storage 1-2:1.0: USB Mass Storage device detected\n"


def traces(root):
    return tuple(one for one in History(root).read(seconds=5.0) if one.kind is TraceKind.STORAGE)


@pytest.mark.parametrize("name", ["kern.log", "syslog", "messages"])
def test_storage_that_was_plugged_in_since_the_baseline_is_told(tree, name):
    tree.write(f"var/log/{name}", b"2026-03-01T08:00:00+00:00 h " + PLUGGED)
    (trace,) = traces(tree.root)
    explained = ExplainedTrace(
        kind=trace.kind, place=trace.place, count=trace.count, newest=trace.newest,
        explanation="cài đặt máy",
    )  # fmt: skip
    for baseline, code in (
        (BaselineFault.MISSING, "storage.seen_uncompared"),
        (commissioned(), "storage.seen_since_baseline"),
        (commissioned(history=(explained,)), "hist.known"),
    ):
        report = judge(clean_snapshot(history=(trace,)), AIR_GAPPED, baseline)
        assert code in everything(report)
        assert Verdict.ONLINE is not report.verdict
    with (tree.root / f"var/log/{name}").open("ab") as file:
        file.write(b"2026-03-02T08:00:00+00:00 h kernel: scsi host4: uas\n")
    (trace,) = traces(tree.root)
    report = judge(clean_snapshot(history=(trace,)), AIR_GAPPED, commissioned(history=(explained,)))
    assert report.verdict is Verdict.OFFLINE
    assert codes(report, "warn") == {"storage.seen_since_baseline"}


def test_the_driver_alone_is_no_storage(tree):
    tree.write(
        "var/log/kern.log", b"kernel: usbcore: registered new interface driver usb-storage\n"
    )
    assert traces(tree.root) == ()


def test_a_journal_tells_of_storage_as_well(tree):
    place = journal(tree.root, "system.journal", "plain")
    data = place.read_bytes()
    at = data.index(b"MESSAGE=e1000e")
    said = b"MESSAGE=usb-storage 1-2:1.0: USB Mass Storage device detected"
    room = len(data[at : data.index(b"\0", at)])
    place.write_bytes(data[:at] + said[:room].ljust(room) + data[at + room :])
    assert len(said) <= room
    (trace,) = traces(tree.root)
    assert (trace.count, trace.place) == (7, str(place.parent.relative_to(tree.root)))
