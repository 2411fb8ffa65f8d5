# SPDX-License-Identifier: Apache-2.0
"""Pictures of the pages on which something was found: page 1 always, twenty pages at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.documents.findings import Certificate, Finding
from bmnn_mark.documents.hidden.confined import draw_page
from bmnn_mark.documents.hidden.model import PictureTask
from bmnn_mark.i18n import Lang
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress

MOST_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found in a document.

    Attributes:
        paper: the PDF whose pages were looked at.
        findings: of the whole document, in the order of their numbers.
        certificates: of the whole document.
    """

    paper: Path
    findings: tuple[Finding, ...]
    certificates: tuple[Certificate, ...]


def picture_names(target: Path, pages: Sequence[int]) -> dict[int, Path]:
    """Where the picture of each page goes: page 1 at ``target``, others beside it.

    >>> [one.name for one in picture_names(Path("a/soat.png"), [1, 7]).values()]
    ['soat.png', 'soat-p7.png']
    """
    suffix = target.suffix or ".png"
    return {
        page: target if page == 1 else target.with_name(f"{target.stem}-p{page}{suffix}")
        for page in pages
    }


def pages_to_draw(findings: Sequence[Finding]) -> list[int]:
    """Page 1 and those with a finding that has a place, in their order."""
    marked = {one.page for one in findings if one.page is not None}
    return sorted({1} | marked)[:MOST_PAGES]


def draw_pictures(
    looked: Looked,
    work: Path,
    target: Path,
    lang: Lang,
    limits: Limits,
    on_progress: OnProgress,
) -> Mapping[Path, Path]:
    """Draw each page that has something on it; where each picture shall go, and its draft.

    Args:
        looked: what was found.
        work: private folder.
        target: where the picture of page 1 shall go.
        lang: language of the legend.
        limits: bounds on rendering.
        on_progress: may raise to stop.

    Raises:
        DocumentRefused: a page cannot be shown.
    """
    drawn: dict[Path, Path] = {}
    for page, name in picture_names(target, pages_to_draw(looked.findings)).items():
        here = [
            (number, one)
            for number, one in enumerate(looked.findings, 1)
            if one.page == page or (page == 1 and one.page is None)
        ]
        draft = work / f"picture-{page}.png"
        task = PictureTask(
            source=str(looked.paper),
            target=str(draft),
            work=str(work),
            page=page,
            findings=tuple(one for _, one in here),
            numbers=tuple(number for number, _ in here),
            certificates=tuple(one for one in looked.certificates if one.page == page),
            lang=lang,
            limits=limits,
        )
        draw_page(task, on_progress)
        drawn[name] = draft
    return drawn
