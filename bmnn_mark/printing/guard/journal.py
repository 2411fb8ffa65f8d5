# SPDX-License-Identifier: Apache-2.0
"""The incident journal: one line of JSON each, chained by hashes, on the disk before it counts.

Whoever changes, removes or cuts off an entry breaks the chain, or leaves the journal shorter than
the note beside it says; the next start sees it, keeps what is there and begins another part with
that. A line that a power cut tore is no entry and is cut off. The register that imports the
entries is the witness against who changes the note as well.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused, Scalar
from bmnn_mark.files import sync_folder
from bmnn_mark.printing.guard.place import GuardPlace
from bmnn_mark.printing.guard.protocol import Incident, Journal

_SIGNED_AS = b"bmnn-mark incident 1\x00"
_NEWEST = "incidents.newest"
_PAGE = 500
_ID_DIGITS = 32
_NOTHING = "0" * 64


def chain_of(before: str, incident: Incident) -> str:
    """What ``chain`` of an entry must be.

    Args:
        before: ``chain`` of the entry before it; 64 zeros for the first.
        incident: the entry; its own ``chain`` does not count.
    """
    facts = plain.to_builtins(incident)
    del facts["chain"]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(_SIGNED_AS + bytes.fromhex(before) + text).hexdigest()


@dataclass(slots=True)
class Part:
    """One file of entries, as far as they are good.

    Attributes:
        path: the file.
        offsets: where each entry begins; its place in the list is its sequence number less one.
        end: where the last good entry ends.
        chain: of the last good entry.
        id: of the part; empty without an entry.
        torn: bytes after the last good entry that no line end closes.
        broken: something after the last good entry is no entry, or not the next one.
    """

    path: Path
    offsets: list[int]
    end: int = 0
    chain: str = _NOTHING
    id: str = ""
    torn: int = 0
    broken: bool = False

    def take(self, incident: Incident, length: int) -> None:
        """Count one more good entry."""
        self.offsets.append(self.end)
        self.end += length
        self.chain = incident.chain
        self.id = self.id or incident.chain[:_ID_DIGITS]


def read_part(path: Path) -> Part:
    """Read a file of entries and follow the chain.

    Raises:
        OSError: it cannot be read.
    """
    part = Part(path, [])
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                part.torn = len(line)
                break
            incident = _entry(line)
            if (
                incident is None
                or incident.sequence != len(part.offsets) + 1
                or incident.chain != chain_of(part.chain, incident)
            ):
                part.broken = True
                break
            part.take(incident, len(line))
    return part


def _entry(line: bytes) -> Incident | None:
    try:
        return plain.decode(line, Incident)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Newest:
    """The note beside the journal: an entry that it must have."""

    id: str
    sequence: int
    chain: str


class IncidentBook:
    """The journal of one place. One thread at a time.

    Args:
        place: where it is.
        boot_id: what its entries say of the boot.
        now: the time as entries say it.
        entropy: gives as many random bytes as asked for.
    """

    def __init__(
        self,
        place: GuardPlace,
        boot_id: str,
        now: Callable[[], str],
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._place = place
        self._boot_id = boot_id
        self._now = now
        self._entropy = entropy
        self._part = Part(place.incidents, [])
        self._older: list[Part] = []
        self._half = False
        """An entry could not be written and may stand there in part."""

    def open(self) -> None:
        """Read what there is, and begin a part where there is none that is whole.

        Raises:
            OSError: the journal cannot be read or written.
        """
        self._older = [read_part(path) for path in self._former()]
        noted = self._noted()
        if self._place.incidents.exists():
            self._part = read_part(self._place.incidents)
            fault = _fault(self._part, noted)
        else:
            fault = "guard.journal_lost" if noted or self._older else "guard.journal_begun"
        if fault:
            self._begin(fault)
        elif self._part.torn:
            torn = self._part.torn
            self._cut_off()
            self.write("guard.journal_torn", {"bytes": torn})

    def write(self, code: str, detail: dict[str, Scalar]) -> Incident:
        """Add an entry; it is on the disk on return.

        Raises:
            OSError: it is not; then the journal is as it was before.
        """
        if not self._half and self._size() != self._part.end:
            self._begin("guard.journal_changed")
        facts = Incident(
            sequence=len(self._part.offsets) + 1,
            at=self._now(),
            boot_id=self._boot_id,
            code=code,
            detail=detail,
            chain="",
        )
        chain = chain_of(self._part.chain, facts)
        incident = replace(facts, chain=chain)
        line = plain.encode(incident) + b"\n"
        self._append(line)
        self._part.take(incident, len(line))
        self._note()
        return incident

    def page(self, after: int, part_id: str) -> Journal:
        """Entries later than ``after``, of a part.

        Raises:
            PrinterRefused: ``guard.no_such_journal``.
        """
        part = self._part
        if part_id:
            named = [one for one in (*self._older, part) if one.id == part_id]
            if not named:
                raise PrinterRefused("guard.no_such_journal")
            part = named[0]
        wanted = part.offsets[max(after, 0) :][:_PAGE]
        return Journal(
            id=part.id,
            newest=len(part.offsets),
            incidents=_entries(part, wanted),
            parts=tuple(one.id for one in (*self._older, self._part) if one.id),
        )

    def _former(self) -> list[Path]:
        return sorted(self._place.state.glob("incidents-*.jsonl"))

    def _free_name(self) -> Path:
        """A name for another part; that of one which somebody took away is not used again."""
        numbers = (one.stem.removeprefix("incidents-") for one in self._former())
        last = max((int(one) for one in numbers if one.isdecimal()), default=0)
        return self._place.state / f"incidents-{last + 1:06d}.jsonl"

    def _begin(self, code: str) -> None:
        """Put away what is there, and begin a part whose first entry says why."""
        detail: dict[str, Scalar] = {"nonce": self._entropy(16).hex()}
        path = self._place.incidents
        if self._part.offsets or self._part.broken:
            kept = self._free_name()
            path.rename(kept)
            self._part.path = kept
            self._older.append(self._part)
            detail |= {"good": len(self._part.offsets), "part": self._part.id}
        self._part = Part(path, [])
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600))
        sync_folder(self._place.state)
        self.write(code, detail)

    def _size(self) -> int:
        try:
            return self._place.incidents.lstat().st_size
        except FileNotFoundError:
            return -1

    def _append(self, line: bytes) -> None:
        handle = os.open(self._place.incidents, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self._half = True
        try:
            os.ftruncate(handle, self._part.end)
            if os.pwrite(handle, line, self._part.end) != len(line):
                raise OSError(errno.ENOSPC, "half an entry")
            os.fsync(handle)
        finally:
            os.close(handle)
        self._half = False

    def _cut_off(self) -> None:
        with self._place.incidents.open("r+b") as file:
            file.truncate(self._part.end)
            os.fsync(file.fileno())

    def _note(self) -> None:
        """Note the newest entry; a note that a power cut loses is only an older one."""
        newest = _Newest(id=self._part.id, sequence=len(self._part.offsets), chain=self._part.chain)
        draft = self._place.state / ".incidents.newest"
        draft.write_bytes(plain.encode(newest))
        draft.replace(self._place.state / _NEWEST)

    def _noted(self) -> _Newest | None:
        try:
            return plain.decode((self._place.state / _NEWEST).read_bytes(), _Newest)
        except (FileNotFoundError, msgspec.ValidationError, msgspec.DecodeError):
            return None


def _fault(part: Part, noted: _Newest | None) -> str:
    """Why a part cannot go on, as the code of the next one's first entry; empty when it can."""
    if part.broken:
        return "guard.journal_changed"
    if noted is None:
        return "" if part.offsets else "guard.journal_begun"
    if noted.id != part.id or not 0 < noted.sequence <= len(part.offsets):
        return "guard.journal_changed"
    (entry,) = _entries(part, part.offsets[noted.sequence - 1 : noted.sequence])
    return "" if entry.chain == noted.chain else "guard.journal_changed"


def _entries(part: Part, offsets: list[int]) -> tuple[Incident, ...]:
    found = []
    with part.path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            found.append(plain.decode(file.readline(), Incident))
    return tuple(found)
