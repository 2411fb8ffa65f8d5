# SPDX-License-Identifier: Apache-2.0
"""The task ``unmark-pdf``: our marks come out, and both engines show that nothing else did.

The unmarked original is not at hand, so the result is compared with the marked document: the same
outside our marks, our ink gone inside them. What lay under a mark is what the page's own content,
left as it was, shows there.
"""

from __future__ import annotations

from pathlib import Path

from pikepdf import Pdf

from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.model import UnmarkResult, UnmarkTask
from bmnn_mark.documents.pdf.opening import OpenedPdf, open_pdf
from bmnn_mark.documents.pdf.printout import Leave
from bmnn_mark.documents.pdf.second_reader import read_bare
from bmnn_mark.documents.pdf.unmarking import own_marks, remove_marks
from bmnn_mark.documents.pdf.writing import save_as_is
from bmnn_mark.documents.proof import Pair, prove_gone
from bmnn_mark.documents.rendering import engines
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.worker import OnProgress, Progress, ignore_progress


def unmark_pdf(task: UnmarkTask, on_progress: OnProgress = ignore_progress) -> UnmarkResult:
    """Take our marks out of ``task.source`` and leave the proven result at ``task.target``.

    Where the document bears none, nothing is written.

    Raises:
        DocumentRefused: ``marks.is_numbered_copy``; ``marks.rewritten`` where another program has
            rewritten marked pages, so that our marks cannot be told apart; the document or the
            proof. Nothing is left at the target.
    """
    source, target, work = Path(task.source), Path(task.target), Path(task.work)
    leave = Leave(password=task.password)
    with open_pdf(source, task.limits, work, on_progress, leave) as opened:
        earlier = _own_marks(opened.pdf)
        if earlier is None:
            return _result(opened, source, source, None)
        earlier.check_not_numbered()
        remove_marks(opened.pdf)
        on_progress(Progress(phase="write"))
        try:
            save_as_is(opened.pdf, target)
            read_bare(target, len(opened.frames))
            pair = Pair(
                before=opened.path, after=target, sizes=opened.sizes, work=work, limits=task.limits
            )
            prove_gone(pair, earlier.marks, on_progress)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return _result(opened, source, target, earlier)


def _own_marks(pdf: Pdf) -> OwnMarks | None:
    try:
        return own_marks(pdf)
    except DocumentRefused as error:
        if error.code != "marks.already_marked":
            raise
        raise DocumentRefused("marks.rewritten") from error


def _result(
    opened: OpenedPdf, source: Path, output: Path, earlier: OwnMarks | None
) -> UnmarkResult:
    return UnmarkResult(
        pages=len(opened.frames),
        marks=earlier.marks if earlier else (),
        lines=0,
        notices=opened.notices,
        source_sha256=sha256_of(source),
        output_sha256=sha256_of(output),
        renderers=engines() if earlier else (),
    )
