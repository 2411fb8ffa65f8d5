# SPDX-License-Identifier: Apache-2.0
"""Storage that can be taken out of the host, and files that are on another machine."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.evidence.usb import read_usb
from bmnn_mark.printing.hardware_facts import Storage, StorageDevice, StorageKind, UsbDevice

_STILL_IMAGE, _MASS_STORAGE = 0x06, 0x08
#: The kernel calls a disc drive this many sectors large that has never seen a disc.
_NO_DISC = 0x1FFFFF
_NO_FLOPPY = 8  # likewise

_USB_PORT = re.compile(r"/(\d+-\d+(?:\.\d+)*)(?=/)", re.ASCII)
_DISC = re.compile(r"s(?:r|cd)\d+", re.ASCII)
_CARD = re.compile(r"mmcblk\d+", re.ASCII)
_FLOPPY = re.compile(r"fd\d+", re.ASCII)
_FROM_AFAR = re.compile(r"(?:nbd|rnbd|rbd|drbd)\d+|etherd!e\d+\.\d+", re.ASCII)
_SESSION = re.compile(r"/(?:session\d+|rport-[\d:-]+)/|/nvme-fabrics/", re.ASCII)
_FIREWIRE = re.compile(r"/fw\d+(?:\.\d+)?/", re.ASCII)
_PCI_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", re.ASCII)

#: A card that can be taken out; one that is soldered in; by what the kernel calls them.
_CARD_TYPES = {"SD": StorageKind.CARD, "SDcombo": StorageKind.CARD, "MMC": None}

#: Kinds of file systems whose files are on another machine.
_REMOTE = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre",
        "coda", "orangefs", "beegfs", "davfs", "9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs",
        "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.curlftpfs",
        "fuse.davfs2", "fuse.vmhgfs-fuse", "fuse.ceph", "fuse.ceph-fuse", "fuse.smbnetfs",
        "fuse.gcsfuse", "fuse.s3ql", "fuse.juicefs", "fuse.cvmfs2", "fuse.afpfs", "pvfs2", "gpfs",
    }
)  # fmt: skip
#: What programs of file systems that bear no name of their own call a place on another machine.
_ADDRESS = re.compile(r"(?:[\w-]+#)?(?:[A-Za-z][\w+.-]*://|//|[\w.@-]+:(?:/|$))|mfs#", re.ASCII)


def read_storage(root: Path, host_pid: int) -> Storage:
    """Every such device and mount.

    Args:
        root: folder that holds ``sys`` and ``proc``.
        host_pid: process whose mounts are the host's, beside the reader's own.

    Raises:
        OSError: there is no sysfs, or no list of mounts can be read.
    """
    usb, _ = read_usb(root)
    by_port = {one.port: one for one in usb}
    places, remote = _mounts(root, host_pid)
    folder = f"{root}/sys/block"
    unreadable: list[str] = []
    devices: list[StorageDevice] = []
    for found in sysfs.understood(
        sysfs.entries(folder),
        lambda name: _block_device(folder, name, by_port, places),
        unreadable,
        "block",
    ):
        devices.extend(found)
    taken = {one.place for one in devices if one.kind is StorageKind.USB}
    devices += _without_a_block_device(usb, taken)
    return Storage(devices=tuple(devices), remote_mounts=remote, unreadable=tuple(unreadable))


def _mounts(root: Path, host_pid: int) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """How often each device is mounted, by its number and its name; kinds of remote mounts."""
    lines: dict[str, None] = {}
    read = False
    for process in dict.fromkeys(("self", str(host_pid))):
        try:
            text = Path(f"{root}/proc/{process}/mountinfo").read_bytes()
        except (PermissionError, FileNotFoundError):
            continue
        read = True
        lines.update(dict.fromkeys(text.decode("utf-8", "surrogateescape").splitlines()))
    if not read:
        raise FileNotFoundError("mountinfo")
    counts: dict[str, int] = defaultdict(int)
    remote = []
    for line in lines:
        head, _, tail = line.partition(" - ")
        kind, source = [*tail.split(" "), ""][:2]
        for mark in {head.split(" ")[2], source.rpartition("/")[2]}:
            counts[mark] += 1
        if kind in _REMOTE or (kind.partition(".")[0] == "fuse" and _ADDRESS.match(source)):
            remote.append(kind)
    return counts, tuple(remote)


def _block_device(
    folder: str, name: str, usb: Mapping[str, UsbDevice], mounts: Mapping[str, int]
) -> tuple[StorageDevice, ...]:
    """The device if it can be taken out or lies elsewhere; nothing for one that is built in."""
    at = f"{folder}/{name}"
    place = sysfs.place(at)
    ports = _USB_PORT.findall(place)
    kind = _kind(at, name, place)
    if kind is None:
        return ()
    sectors = sysfs.number(f"{at}/size", base=10, largest=1 << 62)
    device = usb.get(ports[-1]) if ports else None
    if kind is StorageKind.USB and device is None:
        raise ValueError("no such port")
    return (
        StorageDevice(
            kind=kind,
            place=ports[-1] if ports else place.rpartition("/devices/")[2],
            name=sysfs.printable(name),
            identity=f"{device.vendor}:{device.product}" if device else _model(at),
            serial=device.serial if device else sysfs.optional(f"{at}/device/serial"),
            medium=bool(sectors) and not _never_filled(kind, name, sectors),
            used=_uses(at, name, mounts),
        ),
    )


def _never_filled(kind: StorageKind, name: str, sectors: int) -> bool:
    """Whether the size is the one that the kernel gives a drive that it has not read from yet."""
    if kind is StorageKind.DISC:
        return sectors == _NO_DISC
    return bool(_FLOPPY.fullmatch(name)) and sectors == _NO_FLOPPY


def _kind(at: str, name: str, place: str) -> StorageKind | None:
    if _FROM_AFAR.fullmatch(name) or _SESSION.search(place):
        return StorageKind.NETWORK
    if _DISC.fullmatch(name):
        return StorageKind.DISC
    if _USB_PORT.search(place):
        return StorageKind.USB
    if _CARD.fullmatch(name):
        return _CARD_TYPES[sysfs.attribute(f"{at}/device/type")]
    if _FIREWIRE.search(place) or _hangs_outside(place):
        return StorageKind.EXTERNAL
    if sysfs.number(f"{at}/removable", largest=1):
        return StorageKind.REMOVABLE
    return None


def _hangs_outside(place: str) -> bool:
    """Whether the firmware says of a PCI device on the way that it can be taken away."""
    way = ""
    for part in place.split("/")[:-1]:
        way += f"{part}/"
        if _PCI_ADDRESS.fullmatch(part) and sysfs.optional(f"{way}removable") == "removable":
            return True
    return False


def _model(at: str) -> str:
    """What a device that is not on the USB calls itself: a card its name, a drive its model."""
    names = (sysfs.optional(f"{at}/device/{one}").strip() for one in ("vendor", "model", "name"))
    return " ".join(one for one in names if one)


def _uses(at: str, name: str, mounts: Mapping[str, int]) -> int:
    """Mounts of the device and of its partitions, and devices made of them."""
    parts = [at, *(f"{at}/{one}" for one in sysfs.entries(at) if one.startswith(name))]
    uses = 0
    for part in parts:
        own = {sysfs.attribute(f"{part}/dev"), part.rpartition("/")[2]}
        uses += sum(mounts.get(one, 0) for one in own) + len(sysfs.entries(f"{part}/holders"))
    return uses


def _without_a_block_device(
    devices: tuple[UsbDevice, ...], taken: set[str]
) -> Iterator[StorageDevice]:
    """Phones and cameras, and sticks that no driver took."""
    for one in devices:
        classes = {function.usb_class for function in one.interfaces}
        if _STILL_IMAGE in classes:
            kind, medium = StorageKind.MEDIA_DEVICE, True
        elif _MASS_STORAGE in classes and one.port not in taken:
            kind, medium = StorageKind.USB, False
        else:
            continue
        identity = f"{one.vendor}:{one.product}"
        yield StorageDevice(
            kind=kind, place=one.port, identity=identity, serial=one.serial, medium=medium
        )
