# SPDX-License-Identifier: Apache-2.0
"""The task ``unmark-docx``: our shapes and our Nơi nhận lines come out of the main part.

Footers bear marks of ours in numbered copies only, and those are refused; so no other part is
touched. The paper of the document without the shapes is compared with the paper of the marked one;
the lines come out after that, as the text behind them moves up.
"""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.model import Notice, PlacedMark, UnmarkResult, UnmarkTask
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.proof import Pair, prove_gone
from bmnn_mark.documents.rendering import engines, pdfium_pages
from bmnn_mark.documents.word.opening import OpenedDocx, open_docx
from bmnn_mark.documents.word.ours import own_anchors, own_marks
from bmnn_mark.documents.word.own_lines import OwnLines, find_lines, remove, take_out
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import serialise, w
from bmnn_mark.documents.word.shapes import WP
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.worker import OnProgress, Progress


def unmark_docx(task: UnmarkTask, on_progress: OnProgress) -> UnmarkResult:
    """Take our marks out of the DOCX ``task.source``; leave the proven DOCX at ``task.target``.

    Where the document bears none, nothing is written. Lines of ours that were edited since stay.

    Raises:
        DocumentRefused: ``marks.is_numbered_copy``; ``docx.mark_moved`` where somebody has tied a
            mark to something else than the page; the document or the proof.
    """
    on_progress(Progress(phase="open"))
    source = Path(task.source)
    opened = open_docx(source, task.limits, password=task.password)
    earlier = own_marks(opened)
    root = opened.package.root(opened.main)
    lines = find_lines(root)
    if earlier is not None:
        earlier.check_not_numbered()
        _check_all_in_main(opened)
    if earlier is None and not lines.intact:
        return _result(task, opened, earlier, lines, pages=0)
    pages = _without_shapes(task, opened, root, earlier, on_progress)
    for line in reversed(lines.intact):
        take_out(line)
    on_progress(Progress(phase="write"))
    _write(opened, root, Path(task.target))
    return _result(task, opened, earlier, lines, pages)


def _without_shapes(
    task: UnmarkTask,
    opened: OpenedDocx,
    root: etree._Element,
    earlier: OwnMarks | None,
    on_progress: OnProgress,
) -> int:
    """Take our shapes out of ``root`` and show on paper that nothing else went; the page count."""
    work = Path(task.work)
    marked = _print(task, opened, root, work / "marked", on_progress)
    if earlier is None:
        with pdfium_pages(marked, task.limits) as paper:
            return len(paper)
    _remove_shapes(root)
    bare = _print(task, opened, root, work / "bare", on_progress)
    _prove(task, (marked, bare), earlier.marks, on_progress)
    with pdfium_pages(bare, task.limits) as paper:
        return len(paper)


def _check_all_in_main(opened: OpenedDocx) -> None:
    """A shape that somebody has put into a header would stay there, and must not do so unseen.

    Raises:
        DocumentRefused: ``docx.mark_moved``.
    """
    for story in opened.stories():
        if story != opened.main and any(own_anchors(opened.package.root(story))):
            raise DocumentRefused("docx.mark_moved")


def _remove_shapes(root: etree._Element) -> None:
    """Take the run of each of our shapes out, or the shape alone where the run holds more.

    Raises:
        DocumentRefused: ``docx.mark_moved``.
    """
    for anchor, _ in list(own_anchors(root)):
        places = [anchor.find(f"{{{WP}}}position{axis}") for axis in ("H", "V")]
        if any(one is None or one.get("relativeFrom") != "page" for one in places):
            raise DocumentRefused("docx.mark_moved")
        run = next(anchor.iterancestors(w("r")), None)
        if run is None:
            raise DocumentRefused("docx.mark_moved")
        shape = _child_with(run, anchor)
        others = [one for one in run if one is not shape and one.tag != w("rPr")]
        remove(shape if others else run)


def _child_with(run: etree._Element, anchor: etree._Element) -> etree._Element:
    """What of a run holds the anchor: the shape with its fallback."""
    at = anchor
    for above in anchor.iterancestors():
        if above is run:
            break
        at = above
    return at


def _prove(
    task: UnmarkTask,
    papers: tuple[Path, Path],
    marks: tuple[PlacedMark, ...],
    on_progress: OnProgress,
) -> None:
    """Both papers alike but for the marks.

    Raises:
        DocumentRefused: ``docx.pages_changed``; as
            :func:`bmnn_mark.documents.proof.prove_gone`.
    """
    marked, bare = papers
    work = Path(task.work)
    with open_pdf(marked, task.limits, work) as one, open_pdf(bare, task.limits, work) as other:
        sizes = one.sizes
        if len(other.sizes) != len(sizes):
            raise DocumentRefused("docx.pages_changed", before=len(sizes), after=len(other.sizes))
    pair = Pair(before=marked, after=bare, sizes=sizes, work=work, limits=task.limits)
    prove_gone(pair, marks, on_progress, floating=True)


def _print(
    task: UnmarkTask, opened: OpenedDocx, root: etree._Element, stem: Path, on_progress: OnProgress
) -> Path:
    """The document with this main part as PDF."""
    draft, paper = stem.with_suffix(".docx"), stem.with_suffix(".pdf")
    _write(opened, root, draft)
    convert(draft, paper, work=stem.parent, limits=task.limits, on_progress=on_progress)
    draft.unlink()
    return paper


def _write(opened: OpenedDocx, root: etree._Element, target: Path) -> None:
    package = opened.package.with_member(Member.made(opened.main, serialise(root)))
    target.write_bytes(write_package(package.members.values()))


def _result(
    task: UnmarkTask, opened: OpenedDocx, earlier: OwnMarks | None, lines: OwnLines, pages: int
) -> UnmarkResult:
    marks = earlier.on_pages(pages).marks if earlier else ()
    written = bool(marks or lines.intact)
    edited = [Notice(code="noi_nhan.line_kept", detail={"lines": lines.edited})]
    return UnmarkResult(
        pages=pages,
        marks=marks,
        lines=len(lines.intact),
        notices=(*opened.notices, *(edited if lines.edited else ())),
        source_sha256=sha256_of(Path(task.source)),
        output_sha256=sha256_of(Path(task.target if written else task.source)),
        renderers=engines() if marks else (),
    )
