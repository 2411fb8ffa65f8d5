# SPDX-License-Identifier: Apache-2.0
"""The task ``mark-docx``: shapes on page 1, lines in Nơi nhận, the strip of numbered copies.

The places come from the PDF planner, run on the document as the office suite prints it; what was
written is printed again and compared. Marks are anchored in the body's first paragraph, not in a
first-page header: that would need a first-page header in a document that has none, and would take
the page number off the page that follows it in some.
"""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.law import pack_of
from bmnn_mark.documents.model import MarkResult, MarkTask, PlacedMark
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.page_codes import code_template
from bmnn_mark.documents.pdf.plan import plan_marks
from bmnn_mark.documents.proof import Pair
from bmnn_mark.documents.rendering import engines
from bmnn_mark.documents.word import noi_nhan
from bmnn_mark.documents.word.block import numbering_styles
from bmnn_mark.documents.word.copies import find_slots
from bmnn_mark.documents.word.fonts import font_notices
from bmnn_mark.documents.word.opening import PRINTOUT_ONLY, OpenedDocx, open_docx
from bmnn_mark.documents.word.ours import own_marks
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import serialise
from bmnn_mark.documents.word.placing import (
    Placing,
    anchors_in,
    picture_name,
    placing_of,
    put_strip_of,
    with_marks,
)
from bmnn_mark.documents.word.proof import prove_paper
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.units import Size
from bmnn_mark.worker import OnProgress, Progress


def mark_docx(task: MarkTask, on_progress: OnProgress) -> MarkResult:
    """Mark the DOCX ``task.source`` and leave the proven DOCX at ``task.target``.

    Raises:
        DocumentRefused: the document, its plan or its proof; nothing is left at the target.
        RulesRefused: a stamp cannot be composed, or no such rule pack.
    """
    on_progress(Progress(phase="open"))
    source, work = Path(task.source), Path(task.work)
    opened = _open(task)
    earlier = own_marks(opened)
    if earlier is not None:
        return _same_again(task, opened, earlier, on_progress)
    if task.request.rehearsal:
        raise DocumentRefused("docx.rehearsal")
    root = opened.package.root(opened.main)
    noi_nhan.complete(root, task.request, pack_of(task.request), numbering_styles(opened))
    before = _print(opened, root, work / "before", task, on_progress)
    placing, sizes = _plan(task, before, on_progress)
    strip_parts = put_strip_of(opened, root, placing, task.request)
    on_progress(Progress(phase="write"))
    pair = Pair(before=before, after=work / "after.pdf", sizes=sizes, work=work, limits=task.limits)
    marks = _write(opened, root, task, (placing, pair), on_progress)
    target = Path(task.target)
    picture = picture_name(opened) if strip_parts else None
    return MarkResult(
        pages=len(sizes),
        page_sizes=sizes,
        marks=marks,
        notices=(*opened.notices, *font_notices(opened, work), *placing.paper.notices),
        source_sha256=sha256_of(source),
        output_sha256=sha256_of(target),
        renderers=engines(),
        slots=find_slots(target.read_bytes(), placing.varying, (opened.main, *strip_parts), picture)
        if task.request.copies is not None
        else (),
    )


def _open(task: MarkTask) -> OpenedDocx:
    """Open the document; say of one that only a printout may be made of that this is none.

    Raises:
        DocumentRefused: ``docx.printout_is_pdf``; as the opener refuses.
    """
    request = task.request
    try:
        return open_docx(
            Path(task.source),
            task.limits,
            accept=request.accept_changes,
            password=task.password,
        )
    except DocumentRefused as error:
        if request.as_printout and error.code in PRINTOUT_ONLY:
            raise DocumentRefused("docx.printout_is_pdf") from error
        raise


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


def _plan(
    task: MarkTask, before: Path, on_progress: OnProgress
) -> tuple[Placing, tuple[Size, ...]]:
    """Places from the PDF planner, sorted for a Word document, and the sizes of the pages.

    Raises:
        DocumentRefused: what the planner refuses, what a Word document cannot hold.
    """
    request = task.request
    with open_pdf(before, task.limits, Path(task.work)) as paper:
        plan = plan_marks(
            paper, request, pack_of(request), code_template(request),
            on_progress, work=Path(task.work), limits=task.limits, one_place=True,
        )  # fmt: skip
        return placing_of(plan, len(paper.sizes)), paper.sizes


def _write(
    opened: OpenedDocx,
    root: etree._Element,
    task: MarkTask,
    wanted: tuple[Placing, Pair],
    on_progress: OnProgress,
) -> tuple[PlacedMark, ...]:
    """Write the marks with each anchor in turn until one is proven; leave that at the target.

    Raises:
        DocumentRefused: ``docx.stamp_unplaceable``, ``docx.pages_changed``.
    """
    work = Path(task.work)
    placing, pair = wanted
    refusal = DocumentRefused("docx.stamp_unplaceable", reason="NO_PARAGRAPH")
    for anchors in anchors_in(root):
        marked = with_marks(opened, root, placing, task.request, anchors)
        _print(opened, marked, work / "after", task, on_progress)
        try:
            placed = prove_paper(pair, placing.paper, on_progress, request=task.request)
        except DocumentRefused as error:
            changed = error.code == "docx.pages_changed"
            refusal = (
                error if changed else DocumentRefused("docx.stamp_unplaceable", reason=error.code)
            )
            continue
        (work / "after.docx").replace(task.target)
        return placed
    raise refusal


def _same_again(
    task: MarkTask, opened: OpenedDocx, earlier: OwnMarks, on_progress: OnProgress
) -> MarkResult:
    """Nothing to do where the very same request was carried out; a refusal otherwise."""
    earlier.check_asked_by(task.request)
    work = Path(task.work)
    paper = _print(opened, opened.package.root(opened.main), work / "same", task, on_progress)
    with open_pdf(paper, task.limits, work) as printed:
        sizes = printed.sizes
        return earlier.on_pages(len(sizes)).unchanged(task, sizes, opened.notices)
