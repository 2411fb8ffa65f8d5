# SPDX-License-Identifier: Apache-2.0
"""Open an untrusted PDF, or say by name why it cannot be marked.

A file is taken as it is only when qpdf finds nothing to complain about. One that qpdf can repair is
taken in its repaired form when both engines show the same pages before and after. Readers that see
another number of pages, or pages of another size, are a reason to refuse: what one of them hides
could leave unmarked.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdf

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.frame import PageFrame, read_frames
from bmnn_mark.documents.pdf.normalising import normalised_copy
from bmnn_mark.documents.pdf.repair import repaired_copy
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind, check_size, sniff
from bmnn_mark.limits import Limits
from bmnn_mark.units import Size
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: What a structural reader raises on a malformed file; never shown, as it may quote the file.
BROKEN_STRUCTURE = (
    pikepdf.PdfError,
    pikepdf.DataDecodingError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
_FIELD_NODES = 20_000
_SIZE_SLACK_MM = 0.1


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


@contextmanager
def open_pdf(
    path: Path, limits: Limits, work: Path, on_progress: OnProgress = ignore_progress
) -> Iterator[OpenedPdf]:
    """Open the PDF at ``path`` for as long as the block runs.

    Args:
        path: an untrusted file.
        limits: bounds on its size, pages and page sides.
        work: private folder; holds the copies made for the file's sake.
        on_progress: called while pages are compared.

    Raises:
        DocumentRefused: ``document.unreadable``, ``.empty``, ``.too_large``, ``.not_a_document``,
            ``.encrypted``, ``.damaged``, ``.no_pages``, ``.too_many_pages``, ``.signed``, ``.xfa``,
            ``.not_rendered``, ``.second_reader_disagrees``; ``page.rotation``,
            ``page.user_unit``, ``page.too_large``, ``page.frame_disputed``.
    """
    on_progress(Progress(phase="open"))
    check_size(path, limits)
    if sniff(path) is not FileKind.PDF:
        raise DocumentRefused("document.not_a_document")
    notices: list[Notice] = []
    usable = path
    pdf = _open_clean(path, on_progress)
    if pdf is None:
        usable = repaired_copy(path, limits, work, on_progress)
        pdf = _open_clean(usable, on_progress)
        if pdf is None:
            raise DocumentRefused("document.damaged", reason="BEYOND_REPAIR")
        notices.append(Notice(code="document.repaired"))
    with ExitStack() as held:
        held.enter_context(pdf)
        try:
            _refuse_unfit(pdf, usable, limits)
            normalised = normalised_copy(pdf, limits, work)
            if normalised is not None:
                usable, told = normalised
                notices.extend(told)
                pdf = held.enter_context(pikepdf.open(usable, attempt_recovery=False))
            frames = read_frames(pdf.pages, limits)
        except BROKEN_STRUCTURE as error:
            raise DocumentRefused("document.damaged", reason=type(error).__name__) from error
        with pdfium_pages(usable, limits) as engine:
            _compare_readers(usable, frames, engine)
        yield OpenedPdf(pdf=pdf, frames=frames, notices=tuple(notices), path=usable)


def _open_clean(path: Path, on_progress: OnProgress) -> pikepdf.Pdf | None:
    """The file parsed without any recovery; None where qpdf has a complaint.

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
            if not pdf.check_pdf_syntax(lambda _percent: on_progress(Progress(phase="open"))):
                return pdf
    except BROKEN_STRUCTURE:
        pass
    except DocumentRefused:
        pdf.close()
        raise
    pdf.close()
    return None


def _refuse_unfit(pdf: pikepdf.Pdf, path: Path, limits: Limits) -> None:
    """Refuse what must not be marked."""
    pages = len(pdf.pages)
    if pages == 0:
        raise DocumentRefused("document.no_pages")
    if pages > limits.pages:
        raise DocumentRefused("document.too_many_pages", pages=pages, limit=limits.pages)
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and form.get("/XFA") is not None:
        raise DocumentRefused("document.xfa")
    if _is_signed(pdf, form, path):
        raise DocumentRefused("document.signed")


def _is_signed(pdf: pikepdf.Pdf, form: pikepdf.Object | None, path: Path) -> bool:
    """Whether anything in the file claims to sign it (ISO 32000-1, 12.8)."""
    permissions = pdf.Root.get("/Perms")
    if isinstance(permissions, pikepdf.Dictionary) and "/DocMDP" in permissions:
        return True
    if isinstance(form, pikepdf.Dictionary) and _has_signed_field(form.get("/Fields")):
        return True
    # A signature's byte range counts bytes of the file, so its dictionary is never compressed.
    return b"/ByteRange" in path.read_bytes() and any(
        isinstance(one, pikepdf.Dictionary) and "/ByteRange" in one and "/Contents" in one
        for one in pdf.objects
    )


def _has_signed_field(fields: pikepdf.Object | None) -> bool:
    """Whether a field of the tree is of type Sig and has a value; types are inherited downwards."""
    waiting: list[tuple[pikepdf.Object, pikepdf.Object | None]] = []
    waiting += [(one, None) for one in fields] if isinstance(fields, pikepdf.Array) else []
    for _ in range(_FIELD_NODES):
        if not waiting:
            return False
        field, inherited = waiting.pop()
        if not isinstance(field, pikepdf.Dictionary):
            continue
        kind = field.get("/FT", inherited)
        if kind == pikepdf.Name("/Sig") and field.get("/V") is not None:
            return True
        kids = field.get("/Kids")
        waiting += [(kid, kind) for kid in kids] if isinstance(kids, pikepdf.Array) else []
    raise DocumentRefused("document.too_deep")


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
