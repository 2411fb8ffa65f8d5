# SPDX-License-Identifier: Apache-2.0
"""The marks of a plan by where they go in a Word document, and their way into its parts.

Page 1 and the last page are the only ones a paragraph can be named for: the first of the body is on
the one, its last on the other. What has to be on every page goes into the footers.
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from lxml import etree

from bmnn_mark import __version__
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest
from bmnn_mark.documents.word.code_image import png_of
from bmnn_mark.documents.word.footers import put_strip
from bmnn_mark.documents.word.opening import OpenedDocx
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import w
from bmnn_mark.documents.word.shapes import WP, label_of, run_with, text_run_with
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.stamps.model import BitMatrix

_STRIP = frozenset({MarkKind.PAGE_CODE, MarkKind.CAPTION})
#: Ids between two of our drawings; each of their parts takes one.
_ID_STEP = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """A plan by where its marks go in a Word document.

    Attributes:
        first: marks of page 1.
        last: marks of the last page, where that is another one.
        strip: what stands on every page, as planned for page 1.
        paper: the plan to be proven on paper.
    """

    first: tuple[PlannedMark, ...]
    last: tuple[PlannedMark, ...]
    strip: tuple[PlannedMark, ...]
    paper: MarkPlan

    @property
    def varying(self) -> tuple[PlannedMark, ...]:
        """The marks that differ from copy to copy."""
        return tuple(one for one in (*self.first, *self.last, *self.strip) if one.slot is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """The paragraphs that hold the marks of the first and the last page, by their number."""

    first: int
    last: int


def placing_of(plan: MarkPlan, pages: int) -> Placing:
    """Sort a plan, as far as a Word document can hold it.

    Raises:
        DocumentRefused: ``docx.strip_unplaceable`` where the strip cannot stand in one place on
            every page; ``noi_nhan.not_in_text`` for lines that only the paper has room for;
            ``docx.stamp_unplaceable`` for a mark on a page between the first and the last.
    """
    # "Page i of m" differs from page to page, which a footer's drawing cannot.
    every = tuple(one for one in plan.marks if one.kind in _STRIP and one.slot is not None)
    others = tuple(one for one in plan.marks if one.kind not in _STRIP)
    if any(one.kind is MarkKind.NOI_NHAN for one in others):
        raise DocumentRefused("noi_nhan.not_in_text")
    first = tuple(one for one in others if one.page == 1)
    last = tuple(one for one in others if one.page == pages and pages > 1)
    if len(first) + len(last) != len(others):
        raise DocumentRefused("docx.stamp_unplaceable", reason="PAGE")
    strip = tuple(one for one in every if one.page == 1)
    places = {(one.kind, one.box, one.turn) for one in every}
    if any(one.turn for one in every) or len(places) != len(strip):
        raise DocumentRefused("docx.strip_unplaceable")
    paper = MarkPlan(marks=(*others, *every), notices=plan.notices)
    return Placing(first=first, last=last, strip=strip, paper=paper)


def anchors_in(root: etree._Element) -> Iterator[Anchors]:
    """Paragraphs to anchor in: for page 1 the first of the body itself, then the very first.

    A letter begins with a table, whose cells some readers let a drawing not leave; and a paragraph
    in a frame moves. The body's last paragraph is always on the last page.
    """
    body = root.find(w("body"))
    fit = [
        (number, one)
        for number, one in enumerate(root.iter(w("p")))
        if one.find(f"{w('pPr')}/{w('framePr')}") is None
        and next(one.iterancestors(w("txbxContent")), None) is None
    ]
    own = [number for number, one in fit if one.getparent() is body]
    for first in dict.fromkeys(own[:1] + [number for number, _ in fit[:1]]):
        yield Anchors(first=first, last=own[-1] if own else fit[-1][0])


def with_marks(
    opened: OpenedDocx,
    root: etree._Element,
    placing: Placing,
    request: MarkRequest,
    anchors: Anchors,
) -> etree._Element:
    """A copy of the main part with the marks of the first and last page anchored in it."""
    marked = copy.deepcopy(root)
    paragraphs = list(marked.iter(w("p")))
    numbers = count(_free_id(opened), _ID_STEP)
    for anchor, marks in ((anchors.first, placing.first), (anchors.last, placing.last)):
        paragraph = paragraphs[anchor]
        place = 0 if paragraph.find(w("pPr")) is None else 1
        for index, mark in enumerate(marks):
            run = run_with(mark, label_of(mark, request.pack, request.mark_id, __version__),
                           next(numbers))  # fmt: skip
            paragraph.insert(place + index, run)
    return marked


def put_strip_of(
    opened: OpenedDocx, root: etree._Element, placing: Placing, request: MarkRequest
) -> tuple[str, ...]:
    """The strip in every footer; names of the footer parts, none where there is no strip.

    Args:
        opened: the document; its package gets the parts.
        root: the main part's root element, changed in place.
        placing: what goes where.
        request: whose marks these are.
    """
    matrix = next(
        (
            operation
            for mark in placing.strip
            for operation in mark.drawing.operations
            if isinstance(operation, BitMatrix)
        ),
        None,
    )
    if matrix is None:
        return ()
    picture = Member.made(picture_name(opened), png_of(matrix), stored=True)
    first = _free_id(opened) + (len(placing.first) + len(placing.last)) * _ID_STEP

    def runs(relation: str) -> list[etree._Element]:
        return [
            _strip_run(mark, request, first + index * _ID_STEP, relation)
            for index, mark in enumerate(placing.strip)
        ]

    return put_strip(opened, root, picture, runs)


def picture_name(opened: OpenedDocx) -> str:
    """Name of the part with the picture of a copy's code."""
    return posixpath.join(posixpath.dirname(opened.main), "media", "bmnn-mark-code.png")


def _strip_run(
    mark: PlannedMark, request: MarkRequest, number: int, picture: str
) -> etree._Element:
    label = label_of(mark, request.pack, request.mark_id, __version__)
    if mark.kind is MarkKind.CAPTION:
        return text_run_with(mark, label)
    return run_with(mark, label, number, picture)


def _free_id(opened: OpenedDocx) -> int:
    """An id above those of all drawings in the document."""
    taken = [0]
    for story in opened.stories():
        for one in opened.package.root(story).iter(f"{{{WP}}}docPr"):
            number = one.get("id", "")
            taken.append(int(number) if number.isdecimal() and len(number) < 9 else 0)
    return max(taken) + 1
