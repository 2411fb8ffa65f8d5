# SPDX-License-Identifier: Apache-2.0
"""The task ``envelopes``: pages of an envelope's size with its stamps and texts, proven.

NĐ 26/2020 Điều 4, as a secondary page quotes it: for Tuyệt mật an inner envelope bears số, ký
hiệu, the addressee, the stamp TUYỆT MẬT and, for a named person, who alone may open it; the outer
one is as ordinary mail with the sign A. Tối mật and Mật have one envelope with B or C. Where on an
envelope they stand was read nowhere; the places are the project's own. Nothing on an envelope
that a stranger sees says what is in it: no độ mật in words, no person's name on the outer one.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pikepdf

from bmnn_mark.documents import law
from bmnn_mark.documents.envelopes import (
    Envelope,
    EnvelopeLayer,
    EnvelopeResult,
    EnvelopeSize,
    EnvelopeTask,
)
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.wording import level_read
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.proof import Pair
from bmnn_mark.documents.rendering import engines
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.rules import RulePack
from bmnn_mark.rules.model import SYMBOLS
from bmnn_mark.stamps.compose import level_mark, text_lines, urgency_mark
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.stamps.reproductions import broken_lines
from bmnn_mark.stamps.symbols import opening_mark, symbol_mark
from bmnn_mark.units import Mm, Point, Rect, Size
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Clear edge of an envelope, as a share of its height, and at least, mm.
_EDGE_SHARE, _EDGE_LEAST = 0.09, 10.0
#: Where the addressee begins, as shares of width and height.
_ADDRESSEE_LEFT, _ADDRESSEE_TOP = 0.42, 0.42
#: Between a block and the next, and between texts of one block, mm.
_BLOCK_GAP, _TEXT_GAP = 4.0, 1.5
_SENDER_PT, _NUMBER_PT, _TO_PT, _ADDRESSEE_PT, _ADDRESS_PT = 12.0, 13.0, 13.0, 15.0, 13.0
#: Larger envelopes are read from farther away.
_TYPE_SCALE = {
    EnvelopeSize.DL: 1.0,
    EnvelopeSize.C5: 1.15,
    EnvelopeSize.C4: 1.4,
    EnvelopeSize.A4: 1.4,
}
_TO = "Kính gửi:"
_NUMBER = "Số: {number}"


def make_envelopes(task: EnvelopeTask, on_progress: OnProgress = ignore_progress) -> EnvelopeResult:
    """Draw the task's envelopes and leave the proven PDF at its target.

    Raises:
        DocumentRefused: ``envelope.does_not_fit``, ``envelope.level_in_text``, ``proof.*``;
            nothing is left at the target.
        RulesRefused: a stamp cannot be composed.
    """
    target, work, size = Path(task.target), Path(task.work), task.size.size
    plan = MarkPlan(marks=lay_out(task))
    blank = work / "blank.pdf"
    _write_blank(blank, size, len(task.envelopes))
    with open_pdf(blank, task.limits, work, on_progress) as opened:
        on_progress(Progress(phase="write"))
        try:
            write_marked(opened, plan, target, mark_id="0", pack_id=task.request.pack)
            pair = Pair(
                before=opened.path, after=target, sizes=opened.sizes, work=work, limits=task.limits
            )
            placed = prove_pdf(pair, plan, on_progress, request=task.request)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return EnvelopeResult(
        layer=task.layer,
        size=size,
        pages=len(task.envelopes),
        marks=placed,
        output_sha256=sha256_of(target),
        renderers=engines(),
    )


def lay_out(task: EnvelopeTask) -> tuple[PlannedMark, ...]:
    """Every stamp and text of the task's envelopes in its place; pure.

    Raises:
        DocumentRefused: ``envelope.does_not_fit``, ``envelope.level_in_text``.
        RulesRefused: a stamp cannot be composed.
    """
    pack = law.pack_of(task.request)
    return tuple(
        mark
        for page, envelope in enumerate(task.envelopes, 1)
        for mark in _EnvelopePage(task, pack, envelope, page).marks()
    )


def _write_blank(path: Path, size: Size, pages: int) -> None:
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page(page_size=(size.width.pt, size.height.pt))
        pdf.save(path, static_id=True)


class _EnvelopePage:
    """One envelope being laid out: sender upper left, stamps below, addressee lower right."""

    def __init__(self, task: EnvelopeTask, pack: RulePack, envelope: Envelope, page: int) -> None:
        self._task, self._pack, self._envelope, self._page = task, pack, envelope, page
        self._size = task.size.size
        self._edge = max(_EDGE_LEAST, _EDGE_SHARE * self._size.height)
        self._marks: list[PlannedMark] = []

    def marks(self) -> tuple[PlannedMark, ...]:
        """Every stamp and text.

        Raises:
            DocumentRefused: ``envelope.does_not_fit``, ``envelope.level_in_text``.
        """
        self._check_words()
        below = self._place_sender()
        self._place_stamps(below)
        self._place_addressee(below, self._place_opening())
        inside = Rect(Mm(0), Mm(0), self._size.width, self._size.height).grown(-self._edge + 0.5)
        for mark in self._marks:
            if not inside.contains(mark.box):
                raise self._refusal(_part_of(mark))
        for one, other in combinations(self._marks, 2):
            if one.box.overlaps(other.box):
                raise self._refusal(_part_of(other))
        return tuple(self._marks)

    def _check_words(self) -> None:
        envelope = self._envelope
        for line in (envelope.sender, envelope.addressee, envelope.person, envelope.address):
            if level_read(line) is not None:
                raise DocumentRefused("envelope.level_in_text")

    def _place_sender(self) -> Mm:
        """Sender, then số, ký hiệu but on what goes as ordinary mail; returns the lower edge."""
        envelope, left = self._envelope, Mm(self._edge)
        width = self._size.width / 2 - self._edge
        y = Mm(self._edge)
        for text, face, size_pt in (
            (envelope.sender, Face.BOLD, _SENDER_PT),
            (envelope.sender_address, Face.REGULAR, _SENDER_PT),
        ):
            y = self._text("sender", text, face, size_pt, Point(left, y), width)
        if envelope.number_sign and self._task.layer is not EnvelopeLayer.OUTER:
            text = _NUMBER.replace("{number}", envelope.number_sign)
            y = self._text("number-sign", text, Face.REGULAR, _NUMBER_PT, Point(left, y), width)
        return y

    def _place_stamps(self, below: Mm) -> None:
        """Độ mật on the inner envelope, the sign on one that is seen; urgency below it."""
        request, gap = self._task.request, self._pack.slots.stack_gap.value
        if self._task.layer is EnvelopeLayer.INNER:
            kind, drawing = MarkKind.LEVEL, level_mark(self._pack, request.level, request.ink)
        else:
            symbol = SYMBOLS[request.level].value
            kind = MarkKind.SYMBOL
            drawing = symbol_mark(self._pack, symbol, red=request.ink)
        box = self._put(kind, drawing, Point(Mm(self._edge), below + _BLOCK_GAP))
        if request.urgency is not None:
            drawing = urgency_mark(self._pack, request.urgency, request.ink)
            self._put(MarkKind.URGENCY, drawing, Point(box.x, box.bottom + gap))

    def _place_opening(self) -> Mm:
        """Who alone may open it, at the foot; returns what is free above."""
        foot = self._size.height - self._edge
        if self._task.layer is not EnvelopeLayer.INNER or not self._envelope.person:
            return foot
        drawing = opening_mark(self._pack, red=self._task.request.ink)
        box = self._put(
            MarkKind.OPENING, drawing, Point(Mm(self._edge), foot - drawing.size.height)
        )
        return box.y - _BLOCK_GAP

    def _place_addressee(self, below: Mm, foot: Mm) -> None:
        """Kính gửi, the addressee's lines below it, all above ``foot``."""
        envelope, inner = self._envelope, self._task.layer is EnvelopeLayer.INNER
        left = self._size.width * _ADDRESSEE_LEFT
        width = self._size.width - left - self._edge
        y = max(self._size.height * _ADDRESSEE_TOP, below + _BLOCK_GAP)
        for text, face, size_pt in (
            (_TO, Face.REGULAR, _TO_PT),
            (envelope.person if inner else "", Face.BOLD, _ADDRESSEE_PT),
            (envelope.addressee, Face.BOLD, _ADDRESSEE_PT),
            (envelope.address, Face.REGULAR, _ADDRESS_PT),
        ):
            y = self._text("addressee", text, face, size_pt, Point(left, Mm(y)), width)
        if y > foot:
            raise self._refusal("addressee")

    def _text(
        self, part: str, text: str, face: Face, size_pt: float, corner: Point, width: Mm
    ) -> Mm:
        """A text broken between words into lines of ``width``; returns its lower edge."""
        if not text:
            return corner.y
        size_pt *= _TYPE_SCALE[self._task.size]
        lines = broken_lines(text, face, size_pt, width)
        if lines is None:
            raise self._refusal(part)
        drawing = replace(text_lines(tuple(lines), face, size_pt), name=part)
        return self._put(MarkKind.ENVELOPE_TEXT, drawing, corner).bottom + _TEXT_GAP

    def _put(self, kind: MarkKind, drawing: StampDrawing, corner: Point) -> Rect:
        box = Rect.at(corner, drawing.size)
        self._marks.append(PlannedMark(kind=kind, drawing=drawing, page=self._page, box=box))
        return box

    def _refusal(self, part: str) -> DocumentRefused:
        return DocumentRefused(
            "envelope.does_not_fit", part=part, page=self._page, size=self._task.size.value
        )


def _part_of(mark: PlannedMark) -> str:
    return mark.drawing.name if mark.kind is MarkKind.ENVELOPE_TEXT else "stamp"
