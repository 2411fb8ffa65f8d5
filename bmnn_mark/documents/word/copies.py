# SPDX-License-Identifier: Apache-2.0
"""Where numbered DOCX copies differ from their template, and what one copy holds there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bmnn_mark.documents.captions import copy_lines
from bmnn_mark.documents.copies import CopyValues
from bmnn_mark.documents.law import pack_of
from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, Slot
from bmnn_mark.documents.word.code_image import code_png
from bmnn_mark.documents.word.shapes import PREFIX, escaped
from bmnn_mark.documents.word.zipping import data_offsets
from bmnn_mark.errors import Fault
from bmnn_mark.rules.model import StampId
from bmnn_mark.stamps.model import StampDrawing, TextRun
from bmnn_mark.stamps.reproductions import number_text

NUMBER_SLOT = "copy-number"
CAPTION_SLOTS = "caption-"
CODE_SLOT = "code"


def find_slots(
    package: bytes, marks: Iterable[PlannedMark], parts: Iterable[str], picture: str | None
) -> tuple[Slot, ...]:
    """The slots of a template made by ``write_package``; a name may stand several times.

    Args:
        package: the template's bytes.
        marks: the marks that differ from copy to copy.
        parts: names of the stored parts that hold them.
        picture: name of the code's image; None where copies bear no code.

    Raises:
        Fault: ``fault.unexpected`` where a mark that differs has no slot.
    """
    members = data_offsets(package)
    slots: list[Slot] = []
    for mark in marks:
        if mark.kind is MarkKind.PAGE_CODE:
            continue
        before = len(slots)
        for name in parts:
            start, size, _ = members[name]
            data = package[start : start + size]
            slots += [
                Slot(name=slot, offset=start + at, length=length)
                for slot, at, length in _text_places(data, mark)
            ]
        if len(slots) == before:
            raise Fault("fault.unexpected", where=f"no slot for {mark.kind.value}")
    if picture is not None:
        start, size, _ = members[picture]
        slots.append(Slot(name=CODE_SLOT, offset=start, length=size))
    return tuple(sorted(set(slots), key=lambda slot: slot.offset))


def _text_places(data: bytes, mark: PlannedMark) -> Iterator[tuple[str, int, int]]:
    """Slot name, offset and length of each text of a mark, in its shape and its fallback."""
    # Prefixes are the document's own: the shapes take over those that it declares.
    label = f'"{PREFIX}{mark.kind.value}:'.encode()
    own = re.compile(rb"(?:name|alt)=" + label)
    for number, text in enumerate(_texts(mark.drawing), start=1):
        encoded = escaped(text).encode()
        wanted = re.compile(rb">" + re.escape(encoded) + rb"</(?:[\w.-]+:)?t>")
        slot = NUMBER_SLOT if mark.kind is MarkKind.COPY_NUMBER else f"{CAPTION_SLOTS}{number}"
        for shape in own.finditer(data):
            found = wanted.search(data, shape.end())
            if found is not None:
                yield slot, found.start() + 1, len(encoded)


def copy_values(
    slots: Iterable[Slot], request: MarkRequest, values: CopyValues
) -> dict[str, bytes]:
    """What one copy holds in each slot; shorter captions are filled up with blanks.

    Args:
        slots: the template's.
        request: the request that the template was made for.
        values: number, reference, and as ``codes`` the one code of the whole copy (page 65535).

    Raises:
        Fault: ``fault.unexpected`` where a text is longer than its slot.
        RulesRefused: ``stamps.copy_number``.
    """
    pack = pack_of(request)
    texts = {NUMBER_SLOT: number_text(pack, StampId.COPY_NUMBER, values.number, values.copies)}
    caption = copy_lines(values.number, values.copies, values.reference)
    for index, text in enumerate(caption, start=1):
        texts[f"{CAPTION_SLOTS}{index}"] = text
    found = {}
    for slot in slots:
        if slot.name == CODE_SLOT:
            data = code_png(values.codes[0])
        else:
            data = escaped(texts[slot.name]).encode().ljust(slot.length)
        if len(data) != slot.length:
            raise Fault("fault.unexpected", where=f"copy slot {slot.name}")
        found[slot.name] = data
    return found


def _texts(drawing: StampDrawing) -> list[str]:
    return [one.text for one in drawing.operations if isinstance(one, TextRun)]
