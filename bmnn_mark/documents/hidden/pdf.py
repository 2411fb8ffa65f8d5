# SPDX-License-Identifier: Apache-2.0
"""The search for hidden matter in a PDF, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pypdfium2

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.annotations import find_comments, find_fields
from bmnn_mark.documents.hidden.inventory import find_beside_pages
from bmnn_mark.documents.hidden.kinds import found
from bmnn_mark.documents.hidden.metadata import find_metadata
from bmnn_mark.documents.hidden.opening import loose_frame, loose_pdf
from bmnn_mark.documents.hidden.page_text import (
    HiddenStretch,
    Reason,
    hidden_stretches,
)
from bmnn_mark.documents.hidden.page_views import DPI, is_plain
from bmnn_mark.documents.hidden.revisions import find_revisions
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.signatures import is_signed
from bmnn_mark.documents.rendering import poppler_render
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Code of the finding that a document is signed.
SIGNED = "hidden.signature"
#: Code of the finding that it is encrypted or restricted.
ENCRYPTED = "hidden.encrypted"
_SIZE_SLACK_MM = 0.1
_STRETCHES = 12
"""Most places of a page that are named one by one."""
_CODES = {
    Reason.INVISIBLE: "hidden.text_invisible",
    Reason.OFF_PAGE: "hidden.text_off_page",
    Reason.COVERED: "hidden.text_covered",
    Reason.BACKGROUND: "hidden.text_background",
    Reason.NOT_SHOWN: "hidden.text_not_shown",
    Reason.SCAN_READING: "hidden.text_layer",
}


def find_in_pdf(
    path: Path,
    limits: Limits,
    work: Path,
    *,
    password: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[Finding, ...]:
    """What the PDF at ``path`` carries that its pages do not show.

    Args:
        path: an untrusted file; signed and damaged ones are looked at, too.
        limits: bounds on reading.
        work: private folder.
        password: opens an encrypted document.
        on_progress: called for each page.

    Raises:
        DocumentRefused: the file is no PDF, or cannot be opened at all.
    """
    on_progress(Progress(phase="open"))
    findings: list[Finding] = []
    with loose_pdf(path, limits, password) as pdf:
        try:
            if pdf.is_encrypted:
                findings.append(found(ENCRYPTED))
            findings += _beside_pages(pdf, path, password, on_progress)
            frames = [loose_frame(page.obj, number) for number, page in enumerate(pdf.pages, 1)]
        except BROKEN_STRUCTURE as error:
            raise DocumentRefused("document.damaged", reason=type(error).__name__) from error
    for frame, stretches in hidden_text(path, frames, limits, work, password, on_progress):
        findings += _told(frame, stretches)
    return tuple(sorted(findings, key=lambda one: (one.page or 0, one.box.y if one.box else 0.0)))


def _beside_pages(
    pdf: pikepdf.Pdf, path: Path, password: str | None, on_progress: OnProgress
) -> Iterator[Finding]:
    """What the file holds beside its pages' content; each search is a sign of life."""
    searches: tuple[Iterator[Finding], ...] = (
        find_metadata(pdf),
        _signatures_and_fields(pdf, path),
        find_beside_pages(pdf),
        find_comments(pdf),
        find_revisions(path, password),
    )
    for search in searches:
        yield from search
        on_progress(Progress(phase="look"))


def _signatures_and_fields(pdf: pikepdf.Pdf, path: Path) -> Iterator[Finding]:
    told = list(find_fields(pdf))
    yield from told
    if is_signed(pdf, path) and not any(one.code == SIGNED for one in told):
        yield found(SIGNED, count=1)


def hidden_text(
    path: Path,
    frames: list[PageFrame],
    limits: Limits,
    work: Path,
    password: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[tuple[PageFrame, tuple[HiddenStretch, ...]]]:
    """The hidden text of each page that has any.

    Raises:
        DocumentRefused: ``document.not_rendered`` where the engine cannot open the file.
    """
    try:
        document = pypdfium2.PdfDocument(path, password=password)
    except (pypdfium2.PdfiumError, OSError) as error:
        raise DocumentRefused("document.not_rendered", engine="pdfium", page=0) from error
    with document:
        for frame in frames[: len(document)]:
            on_progress(Progress(phase="look", page=frame.page, pages=len(frames)))
            try:
                sheet = document[frame.page - 1]
            except pypdfium2.PdfiumError:
                continue
            try:
                if not _agrees(sheet, frame):
                    continue
                stretches = hidden_stretches(sheet, frame, limits)
            except pypdfium2.PdfiumError:
                continue
            finally:
                sheet.close()
            if stretches and password is None:
                stretches = _also_hidden_from_poppler(path, frame, stretches, limits, work)
            if stretches:
                yield frame, stretches


def _agrees(sheet: pypdfium2.PdfPage, frame: PageFrame) -> bool:
    """Whether the engine shows the page in the size that boxes are counted in."""
    wide, high = frame.size.width.pt, frame.size.height.pt
    return bool(
        abs(sheet.get_width() - wide) <= _SIZE_SLACK_MM
        and abs(sheet.get_height() - high) <= _SIZE_SLACK_MM
    )


def _also_hidden_from_poppler(
    path: Path,
    frame: PageFrame,
    stretches: tuple[HiddenStretch, ...],
    limits: Limits,
    work: Path,
) -> tuple[HiddenStretch, ...]:
    """Without what one engine alone cannot draw: a font that it does not understand, say."""
    doubtful = {Reason.BACKGROUND, Reason.NOT_SHOWN}
    if not any(one.reason in doubtful and one.plain_ground for one in stretches):
        return stretches
    try:
        other = poppler_render(path, frame.page, DPI, work=work, limits=limits)
    except DocumentRefused:
        return stretches
    return tuple(
        one for one in stretches
        if one.reason not in doubtful or not one.plain_ground or is_plain(other, one.box)
    )  # fmt: skip


def _told(frame: PageFrame, stretches: tuple[HiddenStretch, ...]) -> Iterator[Finding]:
    """A finding for each place, the rest of many counted together; a read scan is one finding."""
    for reason, code in _CODES.items():
        here = [one for one in stretches if one.reason is reason]
        if reason is Reason.SCAN_READING and here:
            yield found(code, frame.page, characters=sum(len(one.pieces) for one in here))
            continue
        for one in here[:_STRETCHES]:
            yield found(code, frame.page, one.box, characters=len(one.pieces))
        rest = sum(len(one.pieces) for one in here[_STRETCHES:])
        if rest:
            yield found(code, frame.page, characters=rest)
