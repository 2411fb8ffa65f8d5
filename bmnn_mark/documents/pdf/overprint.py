# SPDX-License-Identifier: Apache-2.0
"""The task ``overprint``: a page with the stamp of a later act and nothing else, proven."""

from __future__ import annotations

from pathlib import Path

import pikepdf

from bmnn_mark.documents import law
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest
from bmnn_mark.documents.overprints import OverprintResult, OverprintTask
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.room import CLEARANCE_MM
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.proof import Pair
from bmnn_mark.documents.rendering import engines
from bmnn_mark.files import sha256_of
from bmnn_mark.stamps.compose import rehearsal_overlay
from bmnn_mark.stamps.life import declassification_mark, extension_mark, relevelling_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.units import Rect
from bmnn_mark.worker import OnProgress, Progress, ignore_progress


def make_overprint(
    task: OverprintTask, on_progress: OnProgress = ignore_progress
) -> OverprintResult:
    """Draw the task's stamp and leave the proven PDF at its target.

    Raises:
        DocumentRefused: ``proof.*``; nothing is left at the target.
        RulesRefused: the stamp cannot be composed.
    """
    target, work = Path(task.target), Path(task.work)
    drawing = _drawing(task.kind, task.request)
    mark = PlannedMark(kind=task.kind, drawing=drawing, page=1, box=task.box)
    plan = MarkPlan(marks=(mark, *_rehearsal(task)))
    blank = work / "blank.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(task.size.width.pt, task.size.height.pt))
        pdf.save(blank, static_id=True)
    with open_pdf(blank, task.limits, work, on_progress) as opened:
        on_progress(Progress(phase="write"))
        try:
            write_marked(opened, plan, target, mark_id="0", pack_id=task.request.pack)
            pair = Pair(
                before=opened.path, after=target, sizes=opened.sizes, work=work, limits=task.limits
            )
            placed, *_ = prove_pdf(pair, plan, on_progress, request=task.request)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return OverprintResult(
        size=task.size, mark=placed, output_sha256=sha256_of(target), renderers=engines()
    )


def _rehearsal(task: OverprintTask) -> tuple[PlannedMark, ...]:
    """The rehearsal's words round the stamp, as on every page of a rehearsal register."""
    if not task.request.rehearsal:
        return ()
    whole = Rect.of(0, 0, task.size.width, task.size.height)
    drawing = rehearsal_overlay(task.size, (task.box.grown(CLEARANCE_MM),))
    return (PlannedMark(kind=MarkKind.REHEARSAL, drawing=drawing, page=1, box=whole),)


def _drawing(kind: MarkKind, request: MarkRequest) -> StampDrawing:
    """The stamp of a later act, as the stack of page 1 draws it."""
    pack, red = law.act_pack_of(request), request.ink
    if kind is MarkKind.RELEVELLING:
        assert request.relevelling is not None
        change = request.relevelling
        return relevelling_mark(pack, change.old, request.level, change.since, red=red)
    if kind is MarkKind.EXTENSION:
        assert request.extended is not None
        return extension_mark(pack, request.extended, red=red)
    assert kind is MarkKind.DECLASSIFICATION
    return declassification_mark(pack, request.declassified, red=red)
