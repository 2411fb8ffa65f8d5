# SPDX-License-Identifier: Apache-2.0
"""The task ``mark-docx``: shapes on page 1, lines in Nơi nhận, the strip of numbered copies.

The places come from the PDF planner, run on the document as the office suite prints it; what was
written is printed again and compared. Marks are anchored in the body's first paragraph, not in a
first-page header: that would need a first-page header in a document that has none, and would take
the page number off the page that follows it in some.
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from bmnn_mark import __version__
from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkResult, MarkTask, PlacedMark
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.page_codes import code_template
from bmnn_mark.documents.pdf.plan import plan_marks
from bmnn_mark.documents.proof import Pair
from bmnn_mark.documents.rendering import engines
from bmnn_mark.documents.word import noi_nhan
from bmnn_mark.documents.word.code_image import png_of
from bmnn_mark.documents.word.copies import find_slots
from bmnn_mark.documents.word.fonts import font_notices
from bmnn_mark.documents.word.footers import put_strip
from bmnn_mark.documents.word.opening import OpenedDocx, open_docx
from bmnn_mark.documents.word.ours import own_marks
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import serialise, w
from bmnn_mark.documents.word.proof import prove_paper
from bmnn_mark.documents.word.shapes import WP, label_of, run_with, text_run_with
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.rules import load_pack
from bmnn_mark.stamps.model import BitMatrix
from bmnn_mark.units import Size
from bmnn_mark.worker import OnProgress, Progress

_BODY = frozenset({MarkKind.LEVEL, MarkKind.URGENCY, MarkKind.COPY_NUMBER})
_STRIP = frozenset({MarkKind.PAGE_CODE, MarkKind.CAPTION})
#: Ids between two of our drawings; each of their parts takes one.
_ID_STEP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The marks by where they go in a Word document, and the plan to be proven on paper."""

    body: tuple[PlannedMark, ...]
    strip: tuple[PlannedMark, ...]
    paper: MarkPlan
    sizes: tuple[Size, ...]


def mark_docx(task: MarkTask, on_progress: OnProgress) -> MarkResult:
    """Mark the DOCX ``task.source`` and leave the proven DOCX at ``task.target``.

    Raises:
        DocumentRefused: the document, its plan or its proof; nothing is left at the target.
        RulesRefused: a stamp cannot be composed, or no such rule pack.
    """
    on_progress(Progress(phase="open"))
    source, work = Path(task.source), Path(task.work)
    opened = open_docx(source, task.limits)
    earlier = own_marks(opened)
    if earlier is not None:
        return _same_again(task, opened, earlier, on_progress)
    if task.request.rehearsal:
        raise DocumentRefused("docx.rehearsal")
    root = opened.package.root(opened.main)
    noi_nhan.complete(root, task.request, load_pack(task.request.pack))
    before = _print(opened, root, work / "before", task, on_progress)
    plan = _plan(task, before, on_progress)
    strip_parts = _put_strip(opened, root, task, plan)
    on_progress(Progress(phase="write"))
    marks = _write(opened, root, task, plan, on_progress)
    target = Path(task.target)
    picture = _picture_name(opened) if strip_parts else None
    varying = [mark for mark in (*plan.body, *plan.strip) if mark.slot is not None]
    return MarkResult(
        pages=len(plan.sizes),
        page_sizes=plan.sizes,
        marks=marks,
        notices=(*opened.notices, *font_notices(opened, work), *plan.paper.notices),
        source_sha256=sha256_of(source),
        output_sha256=sha256_of(target),
        renderers=engines(),
        slots=find_slots(target.read_bytes(), varying, (opened.main, *strip_parts), picture)
        if task.request.copies is not None
        else (),
    )


def _print(
    opened: OpenedDocx, root: etree._Element, stem: Path, task: MarkTask, on_progress: OnProgress
) -> Path:
    """The document with this main part as PDF."""
    stored = task.request.copies is not None
    package = opened.package.with_member(Member.made(opened.main, serialise(root), stored=stored))
    draft = stem.with_suffix(".docx")
    draft.write_bytes(write_package(package.members.values()))
    convert(
        draft, stem.with_suffix(".pdf"), work=stem.parent, limits=task.limits,
        on_progress=on_progress,
    )  # fmt: skip
    return stem.with_suffix(".pdf")


def _plan(task: MarkTask, before: Path, on_progress: OnProgress) -> _Plan:
    """Places from the PDF planner, as far as a Word document can hold them.

    Raises:
        DocumentRefused: ``docx.strip_unplaceable`` where the strip cannot stand in one place on
            every page; ``docx.stamp_unplaceable``; what the planner refuses.
    """
    request = task.request
    with open_pdf(before, task.limits, Path(task.work)) as paper:
        plan = plan_marks(
            paper, request, load_pack(request.pack), code_template(request),
            on_progress, work=Path(task.work), limits=task.limits,
        )  # fmt: skip
        sizes = paper.sizes
    body = tuple(mark for mark in plan.marks if mark.kind in _BODY)
    # "Page i of m" differs from page to page, which a footer's drawing cannot.
    every = [mark for mark in plan.marks if mark.kind in _STRIP and mark.slot is not None]
    strip = tuple(mark for mark in every if mark.page == 1)
    if any(mark.kind not in _BODY | _STRIP for mark in plan.marks):
        raise DocumentRefused("docx.stamp_unplaceable", reason="NOI_NHAN")
    places = {(mark.kind, mark.box, mark.turn) for mark in every}
    if any(mark.displaced or mark.turn for mark in every) or len(places) != len(strip):
        raise DocumentRefused("docx.strip_unplaceable")
    proven = MarkPlan(marks=(*body, *every), notices=plan.notices)
    return _Plan(body=body, strip=strip, paper=proven, sizes=sizes)


def _put_strip(
    opened: OpenedDocx, root: etree._Element, task: MarkTask, plan: _Plan
) -> tuple[str, ...]:
    """The strip in every footer; names of the footer parts, none where there is no strip."""
    matrix = next(
        (
            operation
            for mark in plan.strip
            for operation in mark.drawing.operations
            if isinstance(operation, BitMatrix)
        ),
        None,
    )
    if matrix is None:
        return ()
    picture = Member.made(_picture_name(opened), png_of(matrix), stored=True)
    first = _free_id(opened) + len(plan.body) * _ID_STEP

    def runs(relation: str) -> list[etree._Element]:
        return [
            _run(task, mark, first + index * _ID_STEP, relation)
            for index, mark in enumerate(plan.strip)
        ]

    return put_strip(opened, root, picture, runs)


def _write(
    opened: OpenedDocx,
    root: etree._Element,
    task: MarkTask,
    plan: _Plan,
    on_progress: OnProgress,
) -> tuple[PlacedMark, ...]:
    """Write the marks with each anchor in turn until one is proven; leave that at the target.

    Raises:
        DocumentRefused: ``docx.stamp_unplaceable``, ``docx.pages_changed``.
    """
    work = Path(task.work)
    pair = Pair(
        before=work / "before.pdf",
        after=work / "after.pdf",
        sizes=plan.sizes,
        work=work,
        limits=task.limits,
    )
    refusal = DocumentRefused("docx.stamp_unplaceable", reason="NO_PARAGRAPH")
    for paragraph in _anchors(root):
        marked = _with_marks(opened, root, task, plan, paragraph)
        _print(opened, marked, work / "after", task, on_progress)
        try:
            placed = prove_paper(pair, plan.paper, on_progress)
        except DocumentRefused as error:
            changed = error.code == "docx.pages_changed"
            refusal = (
                error if changed else DocumentRefused("docx.stamp_unplaceable", reason=error.code)
            )
            continue
        (work / "after.docx").replace(task.target)
        return placed
    raise refusal


def _anchors(root: etree._Element) -> Iterator[int]:
    """Paragraphs to anchor in, by their number: the first of the body itself, then the very first.

    A letter begins with a table, whose cells some readers let a drawing not leave; and a paragraph
    in a frame moves.
    """
    body = root.find(w("body"))
    fit = [
        (number, one)
        for number, one in enumerate(root.iter(w("p")))
        if one.find(f"{w('pPr')}/{w('framePr')}") is None
        and next(one.iterancestors(w("txbxContent")), None) is None
    ]
    own = next((number for number, one in fit if one.getparent() is body), None)
    if own is not None:
        yield own
    if fit and fit[0][0] != own:
        yield fit[0][0]


def _with_marks(
    opened: OpenedDocx, root: etree._Element, task: MarkTask, plan: _Plan, paragraph: int
) -> etree._Element:
    """A copy of the main part with the marks anchored in one of its paragraphs."""
    marked = copy.deepcopy(root)
    anchor = list(marked.iter(w("p")))[paragraph]
    place = 0 if anchor.find(w("pPr")) is None else 1
    first = _free_id(opened)
    for index, mark in enumerate(plan.body):
        anchor.insert(place + index, _run(task, mark, first + index * _ID_STEP, None))
    return marked


def _run(task: MarkTask, mark: PlannedMark, number: int, picture: str | None) -> etree._Element:
    label = label_of(mark, task.request.pack, task.request.mark_id, __version__)
    if mark.kind is MarkKind.CAPTION:
        return text_run_with(mark, label)
    return run_with(mark, label, number, picture)


def _free_id(opened: OpenedDocx) -> int:
    """An id above those of all drawings in the document."""
    taken = [0]
    for story in opened.stories():
        for one in opened.package.root(story).iter(f"{{{WP}}}docPr"):
            number = one.get("id", "")
            taken.append(int(number) if number.isdigit() and len(number) < 9 else 0)
    return max(taken) + 1


def _picture_name(opened: OpenedDocx) -> str:
    return posixpath.join(posixpath.dirname(opened.main), "media", "bmnn-mark-code.png")


def _same_again(
    task: MarkTask, opened: OpenedDocx, earlier: OwnMarks, on_progress: OnProgress
) -> MarkResult:
    """Nothing to do where the very same request was carried out; a refusal otherwise."""
    earlier.check_asked_by(task.request)
    work = Path(task.work)
    paper = _print(opened, opened.package.root(opened.main), work / "same", task, on_progress)
    with open_pdf(paper, task.limits, work) as printed:
        return earlier.unchanged(task, printed.sizes, opened.notices)
