# SPDX-License-Identifier: Apache-2.0
"""Encrypted input: opened with a password that allows it, read in the clear, and said so.

What is made of a protected document is not protected: a printer, the engines that prove the marks
and the numbered copies must all read it (``docs/adr/0012``). That is a notice, never silence.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pikepdf
import pypdfium2

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.documents.pdf.printed import alike
from bmnn_mark.documents.rendering import PdfiumPages, pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress

_DPI = 50
_WITH_METHODS = 4  # the first revision that states a method
#: What putting a mark on a document and printing it takes, of the eight permissions there are.
_NEEDED = ("modify_other", "print_lowres", "print_highres")


def unlocked_copy(
    path: Path,
    password: str,
    limits: Limits,
    work: Path,
    on_progress: OnProgress,
    *,
    look_only: bool = False,
) -> tuple[Path, Notice] | None:
    """A copy in the clear of a document that is encrypted; None where it is not.

    Args:
        path: an untrusted file.
        password: the owner's, or a user's where the owner allowed printing and changing.
        limits: bounds on pages and rendering.
        work: private folder; holds the copy.
        on_progress: called for each page compared.
        look_only: nothing is made of the document, so that any password will do.

    Returns:
        The copy, and what the clerk should know about the protection there was.

    Raises:
        DocumentRefused: ``document.wrong_password``, ``document.not_permitted``,
            ``document.damaged`` where the file is broken beside being encrypted or an engine shows
            the copy otherwise, ``document.too_many_pages``.
    """
    pdf = _opened(path, password)
    if pdf is None:
        return None
    with pdf:
        if not pdf.is_encrypted:
            return None
        if not look_only:
            _check_permitted(pdf)
        if len(pdf.pages) > limits.pages:
            raise DocumentRefused(
                "document.too_many_pages", pages=len(pdf.pages), limit=limits.pages
            )
        target = work / "unlocked.pdf"
        notice = _notice(pdf)
        try:
            pdf.save(target, encryption=False, static_id=True, fix_metadata_version=False)
        except BROKEN_STRUCTURE as error:
            raise DocumentRefused("document.damaged", reason="ENCRYPTED_AND_BROKEN") from error
    _compare(path, password, target, limits, on_progress)
    return target, notice


def _opened(path: Path, password: str) -> pikepdf.Pdf | None:
    """The parsed file; None where it cannot be, and who opens it next says why by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # says where no password was needed
        try:
            return pikepdf.open(
                path, password=password, attempt_recovery=False, suppress_warnings=True
            )
        except pikepdf.PasswordError as error:
            raise DocumentRefused("document.wrong_password") from error
        except BROKEN_STRUCTURE:
            pass
        try:
            with pikepdf.open(path, password=password, suppress_warnings=True) as recovered:
                if recovered.is_encrypted:
                    raise DocumentRefused("document.damaged", reason="ENCRYPTED_AND_BROKEN")
        except (*BROKEN_STRUCTURE, pikepdf.PasswordError):
            pass
    return None


def _check_permitted(pdf: pikepdf.Pdf) -> None:
    """Who has only a user's password may do what the owner allowed, and no more."""
    if pdf.owner_password_matched:
        return
    denied = [name for name in _NEEDED if not getattr(pdf.allow, name)]
    if denied:
        raise DocumentRefused("document.not_permitted", denied=", ".join(denied))


def _notice(pdf: pikepdf.Pdf) -> Notice:
    stated = str(pdf.encryption.stream_method).rpartition(".")[2]
    method = "RC4" if pdf.encryption.R < _WITH_METHODS else stated.upper().removesuffix("V3")
    denied = [name for name, allowed in pdf.allow._asdict().items() if not allowed]
    return Notice(
        code="document.protection_dropped",
        detail={
            "method": method,
            "bits": int(pdf.encryption.bits),
            "revision": int(pdf.encryption.R),
            "password": "owner" if pdf.owner_password_matched else "user",
            "denied": ", ".join(denied) or "-",
        },
    )


def _compare(
    path: Path, password: str, copy: Path, limits: Limits, on_progress: OnProgress
) -> None:
    """One engine opens both; the other would want the password on its command line."""
    try:
        locked = pypdfium2.PdfDocument(path, password=password)
    except pypdfium2.PdfiumError as error:
        raise DocumentRefused("document.not_rendered", engine="pdfium", page=0) from error
    try:
        before = PdfiumPages(locked, limits)
        with pdfium_pages(copy, limits) as after:
            if len(before) != len(after):
                raise DocumentRefused("document.damaged", reason="PAGE_COUNT")
            for page in range(1, len(before) + 1):
                if not alike(before.render(page, _DPI), after.render(page, _DPI)):
                    raise DocumentRefused("document.damaged", reason="PAGES_CHANGED", page=page)
                on_progress(Progress(phase="open", page=page, pages=len(before)))
    finally:
        locked.close()
