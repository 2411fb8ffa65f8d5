# SPDX-License-Identifier: Apache-2.0
"""Rules on removable storage, which is no network and yet brings drafts in and carries them out.

Its policy is its own, the same for a host without any network and for an independent LAN: what
was listed at commissioning may be plugged in; anything else has no place on this host, and least
of all with its files open to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.printing.hardware_facts import Storage, StorageDevice, StorageKind
from bmnn_mark.printing.inventory import Known
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.model import Evidence

#: Handed in by the host outside of a virtual machine.
_OF_THE_OUTSIDE = frozenset({"9p", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "fuse.vmhgfs-fuse"})


def judge_storage(court: Court, facts: Storage) -> Iterator[Evidence]:
    """Each device by whether it is listed and whether it is in use; each remote mount."""
    known = Known(court.baseline)
    for entry in facts.unreadable:
        yield court.found("storage.unreadable", "sysfs.block", entry)
    for one in facts.devices:
        yield court.found(
            _code(one, listed=known.has_storage(one)),
            "sysfs.block",
            one.name or one.place,
            kind=one.kind.value,
            place=one.place,
            identity=one.identity,
            serial=one.serial,
            used=one.used,
        )
    for kind in facts.remote_mounts:
        outside = kind in _OF_THE_OUTSIDE
        yield court.found(
            "storage.host_share" if outside else "storage.remote_mount", "mounts", kind
        )


def _code(one: StorageDevice, *, listed: bool) -> str:
    if not one.medium and not one.used:
        return "storage.empty"
    if one.kind is StorageKind.NETWORK:
        return "storage.network"
    if one.used:
        return "storage.listed_in_use" if listed else "storage.unlisted_in_use"
    return "storage.listed" if listed else "storage.unlisted"
