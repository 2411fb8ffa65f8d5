# SPDX-License-Identifier: Apache-2.0
"""Requests to and results from the search for hidden matter; plain values all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bmnn_mark.documents.findings import Certificate, Finding
from bmnn_mark.i18n import Lang
from bmnn_mark.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTask:
    """Look for hidden matter in ``source``, a private copy of the document."""

    source: str
    work: str
    """Private folder for intermediate files."""
    limits: Limits = DEFAULT_LIMITS
    password: str | None = field(default=None, repr=False)
    """Opens an encrypted document; kept nowhere."""
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanTask:
    """Write a sanitised copy of ``source`` to ``target``; both lie in private places."""

    source: str
    target: str
    work: str
    """Private folder for intermediate files."""
    limits: Limits = DEFAULT_LIMITS
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanResult:
    """What was taken out of a document and how it was shown that its pages are the same.

    Attributes:
        pages: page count of the result.
        removed: what was found before and is not found any more.
        kept: what is still found in the result, looked at afresh.
        renderers: the engines that showed every page unchanged, name and version.
        source_sha256: of the input's bytes.
        output_sha256: of the result's bytes.
    """

    pages: int
    removed: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    renderers: tuple[str, ...]
    source_sha256: str
    output_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTask:
    """Draw one page of a PDF with what was found on it.

    Attributes:
        source: the PDF whose pages were looked at.
        target: the PNG.
        work: private folder.
        page: number from 1.
        findings: those of this page, and on page 1 those of the whole file.
        numbers: the number of each of them in the report.
        certificates: marks measured on this page.
        lang: language of the legend.
        limits: bounds on rendering.
    """

    source: str
    target: str
    work: str
    page: int
    findings: tuple[Finding, ...]
    numbers: tuple[int, ...]
    certificates: tuple[Certificate, ...]
    lang: Lang
    limits: Limits = DEFAULT_LIMITS
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)
