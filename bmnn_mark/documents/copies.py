# SPDX-License-Identifier: Apache-2.0
"""N numbered copies from one proven file: a copy is its bytes with the slots' bytes replaced.

Nothing here reads a PDF. A copy costs the writing of its bytes and reading them back: what lies
before the first slot is the same in all copies, so it is compared in each and hashed for one.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from bmnn_mark import files
from bmnn_mark.documents.captions import copy_caption
from bmnn_mark.documents.law import act_pack_of, pack_of
from bmnn_mark.documents.model import MarkRequest, Slot
from bmnn_mark.documents.slots import (
    CAPTION_SLOT,
    CODE_SLOTS,
    COPY_NUMBER_SLOT,
    ID_SLOT,
    code_slot,
    copy_data,
)
from bmnn_mark.errors import DocumentRefused, Fault
from bmnn_mark.files import os_reason
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.rules import RulePack
from bmnn_mark.stamps.compose import copy_number_mark, page_code_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.stamps.qr import symbols
from bmnn_mark.stamps.reproductions import reproduction_number_mark
from bmnn_mark.units import Mm, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyValues:
    """What one copy says of itself.

    Attributes:
        number: k, from 1.
        copies: n.
        reference: the copy's short reference.
        codes: text of the code of each page, from page 1; empty where copies bear none.
    """

    number: int
    copies: int
    reference: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveCopyTask:
    """Prove by pixels that ``copy`` is ``source`` with the marks of this copy.

    ``source`` and ``request`` are those of the template's :class:`MarkTask`.
    """

    source: str
    copy: str
    work: str
    request: MarkRequest
    values: CopyValues
    limits: Limits = DEFAULT_LIMITS
    password: str | None = field(default=None, repr=False)
    """Opens an encrypted source."""
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source", "copy")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDrawings:
    """The drawings of one copy's slots."""

    pack: RulePack
    request: MarkRequest
    values: CopyValues

    def of(self, slot: str, size: Size | None = None) -> StampDrawing:
        """The drawing for a slot, in the size of the template's if that is given.

        Raises:
            Fault: ``proof.slot`` (no such slot, or a page without a code).
            RulesRefused: as the composers do.
        """
        values = self.values
        if slot == COPY_NUMBER_SLOT:
            drawing = self._number()
        elif slot == CAPTION_SLOT:
            drawing = copy_caption(values.number, values.copies, values.reference)
        else:
            page = slot.removeprefix(CODE_SLOTS)
            if page == slot or not page.isdigit():
                raise Fault("proof.slot", slot=slot)
            drawing = page_code_mark(self.code(int(page)), size.width if size else Mm(1))
        return drawing if size is None else replace(drawing, size=size)

    def _number(self) -> StampDrawing:
        """The number of the copy, or of the bản sao."""
        number, copies, red = self.values.number, self.values.copies, self.request.ink
        if self.request.reproduction is not None:
            return reproduction_number_mark(act_pack_of(self.request), number, copies, red=red)
        return copy_number_mark(self.pack, number, copies, red)

    def code(self, page: int) -> str:
        """Text of the code of a page.

        Raises:
            Fault: ``proof.slot`` (no such page).
        """
        if not 1 <= page <= len(self.values.codes):
            raise Fault("proof.slot", slot=code_slot(page))
        return self.values.codes[page - 1]


def copy_drawings(request: MarkRequest, values: CopyValues) -> CopyDrawings:
    """The drawings of one copy under the request's rule pack."""
    return CopyDrawings(pack=pack_of(request), request=request, values=values)


class CopyTemplate:
    """A proven marked file, held in memory, and the stretches of it that differ from copy to copy.

    It is held because what is in memory is compared with a file at a third of what comparing two
    files costs, and because nothing that befalls the file then changes what copies are made of.

    Args:
        path: the template.
        slots: as the marker returned them.

    Attributes:
        slots: by offset.
        head: the bytes before the first slot, the same in every copy.
        rest: the bytes from there on.
        tail: the slots in ``rest`` and what lies between and after them, in order.
        code_pages: the pages whose codes have a slot.

    Raises:
        DocumentRefused: ``document.unreadable``.
        Fault: ``proof.slot`` (slots outside the file, overlapping, or two of one name).
    """

    def __init__(self, path: Path, slots: tuple[Slot, ...]) -> None:
        self.slots = tuple(sorted(slots, key=lambda slot: slot.offset))
        try:
            with path.open("rb") as file:
                self._size = os.fstat(file.fileno()).st_size
                self._check_slots()
                self.head = bytearray(self.slots[0].offset if self.slots else self._size)
                read = file.readinto(self.head)
                self.rest = file.read()
        except OSError as error:
            raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
        if read + len(self.rest) != self._size:
            raise DocumentRefused("document.unreadable", reason="ESTALE")
        self.tail = tuple(_stretches(self.slots, len(self.head), self.rest))
        self._pages = {
            slot.name: int(page)
            for slot in self.slots
            if (page := slot.name.removeprefix(CODE_SLOTS)) != slot.name and page.isdigit()
        }
        self.code_pages = tuple(self._pages.values())
        self._head_digest = hashlib.sha256(self.head)

    def _check_slots(self) -> None:
        if not self._size:
            raise DocumentRefused("document.unreadable", reason="EMPTY")
        end = 0
        for slot in self.slots:
            if slot.offset < end or slot.offset + slot.length > self._size:
                raise Fault("proof.slot", slot=slot.name)
            end = slot.offset + slot.length
        if len({slot.name for slot in self.slots}) != len(self.slots):
            raise Fault("proof.slot", slot="")

    def __len__(self) -> int:
        return self._size

    def head_digest(self) -> hashlib._Hash:
        """SHA-256 of what lies before the first slot, to go on from."""
        return self._head_digest.copy()

    def slot_values(self, request: MarkRequest, values: CopyValues) -> dict[str, bytes]:
        """What a copy holds in each slot, exactly as long as the slot.

        Raises:
            Fault: ``proof.slot``, ``proof.slot_length``.
            RulesRefused: as the composers do.
        """
        return self.values_of_copies(request, (values,))[0]

    def values_of_copies(
        self, request: MarkRequest, copies: Sequence[CopyValues]
    ) -> list[dict[str, bytes]]:
        """What each of some copies holds, as :meth:`slot_values`.

        Their codes are drawn together, at three quarters of what one copy at a time costs.
        """
        drawings = [copy_drawings(request, values) for values in copies]
        codes = iter(symbols([one.code(page) for one in drawings for page in self.code_pages]))
        return [self._values(one, codes) for one in drawings]

    def _values(self, drawings: CopyDrawings, codes: Iterator[bytes]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for slot in self.slots:
            if slot.name in self._pages:
                data = next(codes)
            elif slot.name != ID_SLOT:
                data = copy_data(drawings.of(slot.name))
                data = data.ljust(slot.length, b"\n")  # blanks may follow operators
            else:
                continue
            if len(data) != slot.length:
                raise Fault("proof.slot_length", slot=slot.name)
            found[slot.name] = data
        return found | self._identifier(found)

    def _identifier(self, values: Mapping[str, bytes]) -> dict[str, bytes]:
        """The slot of the file identifier, which follows from the template and the copy."""
        for slot, own in self.tail:
            if slot is not None and slot.name == ID_SLOT:
                digest = hashlib.sha256(own + b"".join(values.values())).hexdigest()
                return {ID_SLOT: digest[: slot.length].encode("ascii")}
        return {}


class NewFiles:
    """Writes new files of mode 0600; :meth:`sync` once for all before they are relied on."""

    def __init__(self) -> None:
        self._written: list[Path] = []

    def write(self, target: Path, parts: Sequence[bytes | bytearray]) -> None:
        """Write one file.

        Args:
            target: where; must not exist.
            parts: its bytes in order; a few, as the system takes them in one call.

        Raises:
            DocumentRefused: ``output.exists``, ``output.unwritable``; nothing is left there.
        """
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError as error:
            raise DocumentRefused("output.exists") from error
        except OSError as error:
            raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error
        try:
            _set_aside(handle, sum(map(len, parts)))
            _write_all(handle, [memoryview(part) for part in parts if part])
        except OSError as error:
            target.unlink(missing_ok=True)
            raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        self._written.append(target)

    def sync(self) -> None:
        """Make all files written since the last call survive a power cut.

        Raises:
            DocumentRefused: ``output.unwritable``.
        """
        try:
            for path in self._written:
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
            for folder in {path.parent for path in self._written}:
                files.sync_folder(folder)
        except OSError as error:
            raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error
        self._written.clear()


class CopyWriter:
    """Writes copies of ``template``; :meth:`sync` once for all before they are relied on."""

    def __init__(self, template: CopyTemplate) -> None:
        self.template = template
        self._files = NewFiles()

    def sync(self) -> None:
        """Make all copies written since the last call survive a power cut.

        Raises:
            DocumentRefused: ``output.unwritable``.
        """
        self._files.sync()

    def write_copy(self, values: Mapping[str, bytes], target: Path) -> None:
        """Write one copy to a new file of mode 0600.

        Args:
            values: bytes of every slot by its name.
            target: where; must not exist.

        Raises:
            DocumentRefused: ``output.exists``, ``output.unwritable``; nothing is left there.
            Fault: ``proof.slot``, ``proof.slot_length``.
        """
        template = self.template
        if values.keys() != {slot.name for slot in template.slots}:
            raise Fault("proof.slot", slot="")
        if any(len(values[slot.name]) != slot.length for slot in template.slots):
            raise Fault("proof.slot_length", slot="")
        rest = [own if slot is None else values[slot.name] for slot, own in template.tail]
        self._files.write(target, (template.head, b"".join(rest)))


def _set_aside(handle: int, length: int) -> None:
    """Have the disk's room for a file before its bytes: a third off the cost of writing 5 MB."""
    try:
        os.posix_fallocate(handle, 0, length)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # a file system that cannot
            raise


def _write_all(handle: int, parts: list[memoryview]) -> None:
    """All parts in order, however many bytes the system takes at a time."""
    while parts:
        written = os.writev(handle, parts)
        while parts and written >= len(parts[0]):
            written -= len(parts.pop(0))
        if parts:
            parts[0] = parts[0][written:]


def _stretches(
    slots: Iterable[Slot], begin: int, rest: bytes
) -> Iterator[tuple[Slot | None, bytes]]:
    """What the template holds from ``begin`` on, in order: slots, and shared stretches as None."""
    at = 0
    for slot in slots:
        start = slot.offset - begin
        if start > at:
            yield None, rest[at:start]
        at = start + slot.length
        yield slot, rest[start:at]
    if at < len(rest):
        yield None, rest[at:]
