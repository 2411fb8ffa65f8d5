# SPDX-License-Identifier: Apache-2.0
"""Open an untrusted PDF, or say by name why it cannot be marked.

A file is taken as it is only when qpdf finds nothing to complain about. One that qpdf can repair is
taken in its repaired form when both engines show the same pages before and after. Readers that see
another number of pages, or pages of another size, are a reason to refuse: what one of them hides
could leave unmarked.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdf

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.documents.pdf.frame import PageFrame, read_frames
from bmnn_mark.documents.pdf.normalising import normalised_copy
from bmnn_mark.documents.pdf.pdfa import pdfa_notice
from bmnn_mark.documents.pdf.printout import Leave, printed_copy
from bmnn_mark.documents.pdf.protection import unlocked_copy
from bmnn_mark.documents.pdf.repair import repaired_copy
from bmnn_mark.documents.pdf.rings import refuse_rings
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind, check_size, sniff
from bmnn_mark.limits import Limits
from bmnn_mark.units import Size
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

_SIZE_SLACK_MM = 0.1
_SPOILED_IMAGE = re.compile(
    r"error decoding stream data for object \d+ \d+: Pl_DCT\b"
    r"|stream will be re-processed without filtering to avoid data loss$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPdf:
    """A document fit to be marked.

    Attributes:
        pdf: the parsed file; the marker may change it.
        frames: every page as displayed.
        notices: what the clerk should know about the file.
        path: the bytes ``pdf`` was parsed from; a repaired or normalised copy where the file
            needed one.
    """

    pdf: pikepdf.Pdf
    frames: tuple[PageFrame, ...]
    notices: tuple[Notice, ...]
    path: Path

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The displayed size of every page, mm."""
        return tuple(frame.size for frame in self.frames)


_NO_LEAVE = Leave()


@contextmanager
def open_pdf(
    path: Path,
    limits: Limits,
    work: Path,
    on_progress: OnProgress = ignore_progress,
    leave: Leave = _NO_LEAVE,
) -> Iterator[OpenedPdf]:
    """Open the PDF at ``path`` for as long as the block runs.

    Args:
        path: an untrusted file.
        limits: bounds on its size, pages and page sides.
        work: private folder; holds the copies made for the file's sake.
        on_progress: called while pages are compared.
        leave: what may be done to the document before it is marked.

    Raises:
        DocumentRefused: ``document.unreadable``, ``.empty``, ``.too_large``, ``.not_a_document``,
            ``.encrypted``, ``.damaged``, ``.no_pages``, ``.too_many_pages``, ``.not_rendered``,
            ``.second_reader_disagrees``, ``.draws_itself``; ``page.rotation``, ``page.user_unit``,
            ``page.too_large``, ``page.frame_disputed``; what :mod:`.protection` and
            :mod:`.printout` refuse.
    """
    on_progress(Progress(phase="open"))
    check_size(path, limits)
    if sniff(path) is not FileKind.PDF:
        raise DocumentRefused("document.not_a_document")
    with ExitStack() as held:
        pdf, usable, notices = _sound(path, leave, limits, work, on_progress)
        held.enter_context(pdf)
        try:
            _check_pages(pdf, limits)
            refuse_rings(pdf, usable)
            made = printed_copy(pdf, usable, path, leave, limits, work, on_progress)
            if made is not None:
                usable, pdf = made[0], held.enter_context(pikepdf.open(made[0]))
                notices.extend(made[1])
            made = normalised_copy(pdf, limits, work)
            if made is not None:
                usable, pdf = made[0], held.enter_context(pikepdf.open(made[0]))
                notices.extend(made[1])
            frames = read_frames(pdf.pages, limits)
            notices += [told] if (told := pdfa_notice(pdf)) is not None else []
        except BROKEN_STRUCTURE as error:
            raise DocumentRefused("document.damaged", reason=type(error).__name__) from error
        with pdfium_pages(usable, limits) as engine:
            _compare_readers(usable, frames, engine)
        yield OpenedPdf(pdf=pdf, frames=frames, notices=tuple(notices), path=usable)


def _sound(
    path: Path, leave: Leave, limits: Limits, work: Path, on_progress: OnProgress
) -> tuple[pikepdf.Pdf, Path, list[Notice]]:
    """The file, or a copy of it unlocked or repaired, parsed without a complaint."""
    usable, notices = path, []
    if leave.password is not None:
        unlocked = unlocked_copy(
            path, leave.password, limits, work, on_progress, look_only=leave.look_only
        )
        if unlocked is not None:
            usable = unlocked[0]
            notices.append(unlocked[1])
    pdf = _open_clean(usable, on_progress)
    if pdf is not None and "/XRefStm" in pdf.trailer:
        pdf.close()  # two tables in one file (7.5.8.4): rewritten with one, if all see the same
        pdf = None
    if pdf is None:
        usable = repaired_copy(usable, limits, work, on_progress)
        pdf = _open_clean(usable, on_progress, spoiled_images=True)
        if pdf is None:
            raise DocumentRefused("document.damaged", reason="BEYOND_REPAIR")
        notices.append(Notice(code="document.repaired"))
    return pdf, usable, notices


def _open_clean(
    path: Path, on_progress: OnProgress, *, spoiled_images: bool = False
) -> pikepdf.Pdf | None:
    """The file parsed without any recovery; None where qpdf has a complaint.

    Args:
        path: the file.
        on_progress: called while its streams are decoded.
        spoiled_images: data of photographs may be faulty: what is left of them is shown.

    Raises:
        DocumentRefused: ``document.encrypted``.
    """
    try:
        pdf = pikepdf.open(path, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise DocumentRefused("document.encrypted") from error
    except BROKEN_STRUCTURE:
        return None
    try:
        if pdf.is_encrypted:
            raise DocumentRefused("document.encrypted")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # says which filters it has no decoder for
            # All streams are decoded, about 0.1 s for a scanned page: say that work goes on.
            found = pdf.check_pdf_syntax(lambda _percent: on_progress(Progress(phase="open")))
        if not found or (spoiled_images and all(_SPOILED_IMAGE.search(one) for one in found)):
            return pdf
    except BROKEN_STRUCTURE:
        pass
    except DocumentRefused:
        pdf.close()
        raise
    pdf.close()
    return None


def _check_pages(pdf: pikepdf.Pdf, limits: Limits) -> None:
    pages = len(pdf.pages)
    if pages == 0:
        raise DocumentRefused("document.no_pages")
    if pages > limits.pages:
        raise DocumentRefused("document.too_many_pages", pages=pages, limit=limits.pages)


def _compare_readers(path: Path, frames: tuple[PageFrame, ...], engine: PdfiumPages) -> None:
    """Refuse what other readers see otherwise."""
    others = (len(engine), _pypdf_page_count(path))
    for other in others:
        if other is not None and other != len(frames):
            raise DocumentRefused(
                "document.second_reader_disagrees", pages=len(frames), other=other
            )
    for frame in frames:
        seen = engine.size(frame.page)
        if (
            abs(seen.width - frame.size.width) > _SIZE_SLACK_MM
            or abs(seen.height - frame.size.height) > _SIZE_SLACK_MM
        ):
            raise DocumentRefused("page.frame_disputed", page=frame.page)


def _pypdf_page_count(path: Path) -> int | None:
    """The number of pages pypdf sees; None where it cannot tell.

    What keeps it from telling is of no weight here: the file has passed qpdf and an engine, and
    the marked result is read back by pypdf before it is delivered.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pypdf.PdfReader(path, strict=False).get_num_pages()
    except Exception:  # noqa: BLE001 -- pypdf raises anything at all on odd files
        return None
