# SPDX-License-Identifier: Apache-2.0
"""Requests to and results from the check of the form; plain values all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bmnn_mark.documents.findings import Certificate, Finding
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.rules import AgencyFigure, Level
from bmnn_mark.units import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTask:
    """Look at ``source``; nothing is written but its paper where that is asked for.

    Attributes:
        source: the document, an untrusted file.
        work: private folder for intermediate files.
        pack: id of the rule pack of the document's date.
        level: độ mật that the document should bear; None takes the one it states.
        paper: where to leave the PDF whose pages were looked at, so that they can be shown with
            their findings; None leaves none.
        password: opens an encrypted document.
        limits: bounds on reading.
        overlay: figures that an officer confirmed, in the place of the pack's own.
    """

    source: str
    work: str
    pack: str
    level: Level | None = None
    paper: str | None = None
    password: str | None = field(default=None, repr=False)
    limits: Limits = DEFAULT_LIMITS
    overlay: tuple[AgencyFigure, ...] = ()
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("paper",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a look at a document brought out.

    Attributes:
        pages: its page count; of a DOCX, that of its paper.
        page_sizes: displayed size of each page, mm.
        findings: what is amiss or worth knowing, in the order of the pages.
        certificates: measures of each mark that was found.
        source_sha256: of the document's bytes.
        renderers: the engines that showed the pages, name and version.
    """

    pages: int
    page_sizes: tuple[Size, ...]
    findings: tuple[Finding, ...]
    certificates: tuple[Certificate, ...]
    source_sha256: str
    renderers: tuple[str, ...]
