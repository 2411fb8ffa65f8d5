# SPDX-License-Identifier: Apache-2.0
"""The task ``check-pdf``: look at every page of a PDF and say what is not in form."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.checking.block import block_findings
from bmnn_mark.documents.checking.form import form_findings
from bmnn_mark.documents.checking.labelled import labelled_stamps
from bmnn_mark.documents.checking.labels import label_findings
from bmnn_mark.documents.checking.level import Pages, level_findings, level_of
from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.checking.page_numbers import page_number_findings
from bmnn_mark.documents.checking.stamps import SeenStamp, Sheet, seen_stamps
from bmnn_mark.documents.checking.terms import term_findings
from bmnn_mark.documents.checking.urgency import urgency_findings
from bmnn_mark.documents.colouring import has_colour
from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.noi_nhan import find_block
from bmnn_mark.documents.pdf.opening import OpenedPdf, open_pdf
from bmnn_mark.documents.pdf.printout import Leave
from bmnn_mark.documents.pdf.text import TextLine, text_lines
from bmnn_mark.documents.pdf.unmarking import own_marks
from bmnn_mark.documents.rendering import PdfiumPages, engines, pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import load_pack
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: What a document may be that nothing is put on without leave; to look at it, its printout will do.
_AS_PRINTED = frozenset({"document.signed", "document.xfa", "page.layers_differ"})
_SURVEY_DPI = 100


def check_pdf(task: CheckTask, on_progress: OnProgress = ignore_progress) -> CheckResult:
    """Look at ``task.source``.

    Raises:
        DocumentRefused: the document cannot be opened or shown.
        RulesRefused: no such rule pack.
    """
    return look_at(task, on_progress)


def look_at(
    task: CheckTask, on_progress: OnProgress, labels: OwnMarks | None = None
) -> CheckResult:
    """Look at ``task.source``, a PDF.

    Args:
        task: what to look at.
        on_progress: called for each page.
        labels: what the document that this paper is of says of our marks; None asks the paper.

    Raises:
        DocumentRefused: the document cannot be opened or shown.
        RulesRefused: no such rule pack.
    """
    with (
        _opened(task, on_progress) as opened,
        pdfium_pages(opened.path, task.limits) as engine,
    ):
        if task.paper is not None:
            shutil.copyfile(opened.path, task.paper)
        findings, stamps = _look(task, opened, engine, labels, on_progress)
        return CheckResult(
            pages=len(opened.frames),
            page_sizes=opened.sizes,
            findings=tuple(sorted(findings, key=_page_order)),
            certificates=tuple(one.certificate for one in stamps if one.certificate),
            source_sha256=files.sha256_of(Path(task.source)),
            renderers=engines(),
        )


@contextmanager
def _opened(task: CheckTask, on_progress: OnProgress) -> Iterator[OpenedPdf]:
    """The document, or where it is more than its pages, its printout."""
    source, work = Path(task.source), Path(task.work)
    leave = Leave(password=task.password, look_only=True)
    with ExitStack() as held:
        try:
            opened = held.enter_context(open_pdf(source, task.limits, work, on_progress, leave))
        except DocumentRefused as error:
            if error.code not in _AS_PRINTED:
                raise
            leave = Leave(password=task.password, as_printout=True, look_only=True)
            opened = held.enter_context(open_pdf(source, task.limits, work, on_progress, leave))
        yield opened


def _look(
    task: CheckTask,
    opened: OpenedPdf,
    engine: PdfiumPages,
    labels: OwnMarks | None,
    on_progress: OnProgress,
) -> tuple[list[Finding], tuple[SeenStamp, ...]]:
    pack = load_pack(task.pack, task.overlay)
    lines = _all_lines(opened, engine, on_progress)
    sheets = [
        Sheet(
            path=opened.path,
            engine=engine,
            frame=frame,
            lines=on,
            work=Path(task.work),
            limits=task.limits,
        )
        for frame, on in zip(opened.frames, lines, strict=True)
    ]
    on_progress(Progress(phase="survey", page=1, pages=len(opened.frames)))
    own, findings = (labels, []) if labels is not None else _own_marks(opened)
    pages = Pages(
        frames=opened.frames,
        lines=lines,
        stamps=seen_stamps(sheets[0], pack),
        kept_free=own is not None and MarkKind.LEVEL_GUIDE in own.kinds,
        by_colour=has_colour(engine.render(1, _SURVEY_DPI)),
    )
    findings += level_findings(pages, task.level, pack)
    findings += urgency_findings(pages.stamps, pack)
    findings += term_findings(lines[0], task.level or level_of(pages), pack)
    if own is not None and MarkKind.REHEARSAL in own.kinds:  # its words mix with all others
        findings.append(Finding(code="finding.rehearsal", severity=Severity.WARNING))
    else:
        findings += block_findings(find_block(engine, opened.frames), lines, pack)
        findings += page_number_findings(opened.frames, lines, pack)
    rarer = () if own is None else labelled_stamps(sheets, own.marks, pack)
    for one in rarer:
        findings += form_findings(one.stamp, pack, one.page)
    stamps = (*pages.stamps, *(one.stamp for one in rarer))
    if own is not None:
        findings += label_findings(own, stamps, pack)
    findings += [
        Finding(code=one.code, severity=Severity.NOTE, detail=one.detail) for one in opened.notices
    ]
    silent = sum(1 for one in lines if not one)
    if silent:
        detail = {"pages": silent, "of": len(lines)}
        findings.append(Finding(code="finding.no_text", severity=Severity.NOTE, detail={**detail}))
    return findings, stamps


def _all_lines(
    opened: OpenedPdf, engine: PdfiumPages, on_progress: OnProgress
) -> tuple[tuple[TextLine, ...], ...]:
    found = []
    for frame in opened.frames:
        on_progress(Progress(phase="survey", page=frame.page, pages=len(opened.frames)))
        found.append(text_lines(engine, frame))
    return tuple(found)


def _own_marks(opened: OpenedPdf) -> tuple[OwnMarks | None, list[Finding]]:
    """Our marks by their labels; a finding where another program rewrote what bore them."""
    try:
        return own_marks(opened.pdf), []
    except DocumentRefused as error:
        if error.code != "marks.already_marked":
            raise
        return None, [Finding(code="finding.label_unreadable", severity=Severity.WARNING)]


def _page_order(finding: Finding) -> tuple[int, float]:
    return finding.page or 10**6, float(finding.box.y) if finding.box else 0.0
