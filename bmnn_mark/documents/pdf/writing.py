# SPDX-License-Identifier: Apache-2.0
"""A planned document written: one shared XObject per drawing, two tiny streams per page.

The file is written whole, in one revision (a tail after the source's bytes could be cut off
again), and the same document and plan give the same bytes.
"""

from __future__ import annotations

import hashlib
import mmap
import re
from pathlib import Path

from pikepdf import Object, ObjectStreamMode, Pdf, StreamDecodeLevel

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import Slot
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.isolation import Isolator, our_content
from bmnn_mark.documents.pdf.opening import OpenedPdf
from bmnn_mark.documents.pdf.painting import Painter
from bmnn_mark.documents.pdf.slots_last import move_slots_last
from bmnn_mark.documents.slots import ID_SLOT
from bmnn_mark.errors import DocumentRefused, Fault

#: Version of the property list beside each mark.
PROPERTIES_VERSION = 1

_TOKEN = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_FILE_ID = re.compile(rb"/ID ?\[ ?<[0-9a-f]*> ?<([0-9a-f]{32})> ?\]")
_TAIL_BYTES = 4096


def write_marked(
    opened: OpenedPdf, plan: MarkPlan, target: Path, *, mark_id: str, pack_id: str
) -> tuple[Slot, ...]:
    """Put the plan's marks into ``opened`` and save it at ``target``.

    Args:
        opened: the document; it is changed.
        plan: what goes where.
        target: a new file.
        mark_id: written beside each mark; says which request it was.
        pack_id: id of the rule pack, likewise.

    Returns:
        The slots of the plan and ``id`` (second half of the file identifier), by offset.

    Raises:
        Fault: ``proof.slot``, ``proof.mark_token``.
        DocumentRefused: ``document.damaged`` (content that cannot be read and must be wrapped).
    """
    for token in (mark_id, pack_id):
        if not _TOKEN.fullmatch(token):
            raise Fault("proof.mark_token")
    pdf = opened.pdf
    pages = list(pdf.pages)
    painter = Painter(pdf, plan.marks, mark_id)
    isolator = Isolator(pdf)
    origin = f"/V {PROPERTIES_VERSION} /Pack ({pack_id}) /Id ({mark_id})"
    shared: dict[bytes, Object] = {}
    for number, marks in _by_page(plan).items():
        page, frame = pages[number - 1].obj, opened.frames[number - 1]
        isolator.contain(page, frame.visible)
        names = isolator.lend(page, [painter.xobject(mark) for mark in marks])
        content = b"Q\n" + b"".join(
            _painted(painter, mark, frame, name, origin)
            for mark, name in zip(marks, names, strict=True)
        )
        if content not in shared:
            shared[content] = pdf.make_indirect(our_content(pdf, content))
        isolator.append(page, shared[content])
    _save(pdf, target)
    return _fill_slots(target, painter)


def _by_page(plan: MarkPlan) -> dict[int, list[PlannedMark]]:
    pages: dict[int, list[PlannedMark]] = {}
    for mark in plan.marks:
        pages.setdefault(mark.page, []).append(mark)
    return pages


def _painted(
    painter: Painter, mark: PlannedMark, frame: PageFrame, name: str, origin: str
) -> bytes:
    """One mark as marked content: an artifact (ISO 32000-1, 14.8.2.2) that says whose it is."""
    box = " ".join(
        f"{side:.3f}" for side in (mark.box.x, mark.box.y, mark.box.width, mark.box.height)
    )
    ours = f"{origin} /Kind /{mark.kind.value} /Stamp /{mark.drawing.name} /Box [{box}]"
    return b"/Artifact <</Type /Pagination /BMNN <<%b>>>> BDC\nq %b %b Do Q\nEMC\n" % (
        ours.encode("ascii"),
        painter.placing(mark, frame),
        name.encode("ascii"),
    )


def save_as_is(pdf: Pdf, target: Path) -> None:
    """Save without touching what nobody asked to change; the file identifier follows from the rest.

    Raises:
        DocumentRefused: ``document.encrypted``.
    """
    _save(pdf, target, deterministic_id=True)


def _save(pdf: Pdf, target: Path, *, deterministic_id: bool = False) -> None:
    """Save without touching what is not ours: streams as they are, metadata as it is."""
    if pdf.is_encrypted:  # refused when it was opened; saving would drop it without a word
        raise DocumentRefused("document.encrypted")
    pdf.save(
        target,
        static_id=not deterministic_id,
        deterministic_id=deterministic_id,
        compress_streams=False,
        stream_decode_level=StreamDecodeLevel.none,
        object_stream_mode=ObjectStreamMode.preserve,
        preserve_pdfa=True,
        fix_metadata_version=False,
    )


def _fill_slots(target: Path, painter: Painter) -> tuple[Slot, ...]:
    """Put slot contents and the file identifier in their places in the saved file."""
    with target.open("r+b") as handle, mmap.mmap(handle.fileno(), 0) as file:
        start = max(0, _last_section(file))
        slots = list(painter.tags.fill(file))
        if slots:
            slots = list(move_slots_last(file, slots, start))
        found = list(_FILE_ID.finditer(file, start))
        if len(found) != 1:
            raise Fault("proof.slot", slot=ID_SLOT)
        begin, end = found[0].span(1)
        identifier = hashlib.sha256(file).hexdigest()[: end - begin]
        file[begin:end] = identifier.encode("ascii")
        slots.append(Slot(name=ID_SLOT, offset=begin, length=end - begin))
    return tuple(sorted(slots, key=lambda slot: slot.offset))


def _last_section(file: mmap.mmap) -> int:
    """Offset of the cross-reference section, whose dictionary holds the file identifier."""
    at = file.rfind(b"startxref")
    words = file[at : at + 64].split()
    if at < 0 or len(words) < 2 or not words[1].isdigit():
        raise Fault("proof.slot", slot=ID_SLOT)
    return int(words[1])
