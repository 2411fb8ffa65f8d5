# SPDX-License-Identifier: Apache-2.0
"""A damaged PDF repaired by qpdf, accepted only when both engines see no difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pikepdf
from PIL import Image, ImageChops

from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages, poppler_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress

_DPI = 50
_LEVELS = 8  # of 256; the same page is drawn the same, but for rounding in a rewritten number


def repaired_copy(path: Path, limits: Limits, work: Path, on_progress: OnProgress) -> Path:
    """Have qpdf repair the file into ``work`` and compare every page before and after.

    Raises:
        DocumentRefused: ``document.damaged`` when it cannot be repaired or a page changed;
            ``document.encrypted``; ``document.too_many_pages``.
    """
    target = work / "repaired.pdf"
    try:
        with pikepdf.open(path, attempt_recovery=True, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise DocumentRefused("document.encrypted")
            pages = len(pdf.pages)
            if pages == 0:
                raise DocumentRefused("document.no_pages")
            if "/XRefStm" in pdf.trailer and pdf.check_pdf_syntax():
                raise DocumentRefused("document.damaged", reason="HYBRID")
            if pages > limits.pages:
                raise DocumentRefused("document.too_many_pages", pages=pages, limit=limits.pages)
            pdf.save(target, deterministic_id=True, fix_metadata_version=False)
    except pikepdf.PasswordError as error:
        raise DocumentRefused("document.encrypted") from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError, RuntimeError, ValueError) as error:
        raise DocumentRefused("document.damaged", reason="BEYOND_REPAIR") from error
    try:
        _compare(path, target, pages, limits, work, on_progress)
    except DocumentRefused as refusal:
        if refusal.code == "document.not_rendered":
            raise DocumentRefused("document.damaged", reason="NOT_RENDERED") from refusal
        raise
    return target


def _compare(
    before: Path, after: Path, pages: int, limits: Limits, work: Path, on_progress: OnProgress
) -> None:
    with pdfium_pages(before, limits) as one, pdfium_pages(after, limits) as other:
        if not len(one) == len(other) == pages:
            raise DocumentRefused("document.damaged", reason="PAGE_COUNT")
        ways = zip(
            _by_pdfium(one), _by_pdfium(other),
            _by_poppler(before, one, work, limits), _by_poppler(after, other, work, limits),
            strict=True,
        )  # fmt: skip
        for page, (first, second, third, fourth) in enumerate(ways, 1):
            if _differ(first, second) or _differ(third, fourth):
                raise DocumentRefused("document.damaged", reason="PAGES_CHANGED", page=page)
            on_progress(Progress(phase="open", page=page, pages=pages))


def _by_pdfium(document: PdfiumPages) -> Iterator[Image.Image]:
    return (document.render(page, _DPI) for page in range(1, len(document) + 1))


def _by_poppler(
    path: Path, sizes: PdfiumPages, work: Path, limits: Limits
) -> Iterator[Image.Image]:
    largest = max(
        sizes.size(page).width.px(_DPI) * sizes.size(page).height.px(_DPI)
        for page in range(1, len(sizes) + 1)
    )
    return poppler_pages(
        path, 1, len(sizes), _DPI, page_pixels=round(largest), work=work, limits=limits
    )


def _differ(one: Image.Image, other: Image.Image) -> bool:
    if one.size != other.size:
        return True
    counts = ImageChops.difference(one, other).convert("L").histogram()
    return any(counts[_LEVELS + 1 :])
