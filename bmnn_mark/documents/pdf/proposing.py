# SPDX-License-Identifier: Apache-2.0
"""Read off a PDF what its first page and its block Nơi nhận say; draw a page of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.noi_nhan import stated
from bmnn_mark.documents.pdf.noi_nhan import Block, find_block
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.printout import Leave
from bmnn_mark.documents.pdf.text import TextLine, text_lines
from bmnn_mark.documents.pdf.unmarking import own_marks
from bmnn_mark.documents.pdf.wording import is_number_row, level_read
from bmnn_mark.documents.proposal import Proposal, ProposeTask, Read, ShowTask
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.units import Rect
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

_HEAD = 0.5  # of the page's height: there stand number, date and độ mật
_NUMBER = re.compile(
    r"^số\s*:?\s*(\d{1,6}[a-z]?\s*[/-]\s*[\w.&Đđ]+(?:\s*[-–/]\s*[\w.&Đđ]+)*)", re.IGNORECASE
)
_DATE = re.compile(r"ngày\s*(\d{1,2})\s*tháng\s*(\d{1,2})\s*năm\s*(\d{4})", re.IGNORECASE)
_EDGES = " \t-–—•*+;,."
_NOBODY = re.compile(r"^(?:lưu\s*:|như\s)", re.IGNORECASE)


def propose_pdf(task: ProposeTask, on_progress: OnProgress = ignore_progress) -> Proposal:
    """Read off ``task.source``.

    Raises:
        DocumentRefused: the document cannot be opened or shown.
    """
    source = Path(task.source)
    leave = Leave(password=task.password, as_printout=True, look_only=True)
    with (
        open_pdf(source, task.limits, Path(task.work), on_progress, leave) as opened,
        pdfium_pages(opened.path, task.limits) as engine,
    ):
        on_progress(Progress(phase="survey", page=1, pages=len(opened.frames)))
        first = opened.frames[0]
        head = [
            line
            for line in text_lines(engine, first)
            if line.box.bottom <= _HEAD * first.size.height
        ]
        ours = own_marks(opened.pdf)
        block = find_block(engine, opened.frames)
        said = _statements(block) if block else {}
        return Proposal(
            pages=len(opened.frames),
            number_sign=_first(_read(line.box, number_read(line.text)) for line in head),
            dated=_first(_read(line.box, date_read(line.text)) for line in head),
            level=_first(_read(line.box, level_read(line.text)) for line in head),
            drafter=_first(said.get("drafter", ())),
            copies=_first(said.get("copies", ())),
            copying=_first(said.get("copying", ())),
            recipients=tuple(said.get("recipient", ())),
            own_marks=ours.marks if ours else (),
            notices=opened.notices,
            source_sha256=files.sha256_of(source),
        )


def show_page(task: ShowTask, on_progress: OnProgress = ignore_progress) -> tuple[int, int]:
    """Draw one page of ``task.source``, a PDF of our own making, at ``task.target``.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``page.too_large``.
    """
    on_progress(Progress(phase="picture", page=task.page))
    with pdfium_pages(Path(task.source), task.limits) as engine:
        image = engine.render(task.page, task.dpi)
    image.save(task.target, "PNG", dpi=(task.dpi, task.dpi))
    return image.size


def number_read(untrusted_line: str) -> str | None:
    """The số, ký hiệu of its row, without blanks; None where the number is left open.

    >>> number_read("Số: 12 /KH-SXD"), number_read("Số:      /KH-SXD"), number_read("Số lượng: 5")
    ('12/KH-SXD', None, None)
    """
    found = _NUMBER.match(untrusted_line) if is_number_row(untrusted_line) else None
    return "".join(found[1].split()).replace("–", "-") if found else None


def date_read(untrusted_line: str) -> str | None:
    """The date that a line gives in words, as ``YYYY-MM-DD``; None for a day that there is not.

    >>> date_read("Mẫu, ngày 05 tháng 11 năm 2026"), date_read("ngày 31 tháng 02 năm 2026")
    ('2026-11-05', None)
    """
    found = _DATE.search(untrusted_line)
    if found is None:
        return None
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    except ValueError:
        return None


def _statements(block: Block) -> dict[str, list[Read]]:
    """The block's entries by what they say; those that say nothing of it name recipients."""
    found: dict[str, list[Read]] = {}
    for entry, box in _entries(block):
        name, value = stated(entry) or ("recipient", entry.strip(_EDGES))
        if value and not _NOBODY.match(value):
            found.setdefault(name, []).append(Read(value=value, page=block.page, box=box))
    return found


def _entries(block: Block) -> Iterator[tuple[str, Rect]]:
    """Each entry with its place; one that runs over several lines as one."""
    lines = iter(block.lines)
    for entry in block.items():
        words = ""
        box: Rect | None = None
        while words != entry and (line := next(lines, None)) is not None:
            words = f"{words} {line.text}".strip()
            box = line.box if box is None else _around(box, line)
        if box is not None:
            yield entry, box


def _around(box: Rect, line: TextLine) -> Rect:
    x, y = min(box.x, line.box.x), min(box.y, line.box.y)
    return Rect(x, y, max(box.right, line.box.right) - x, max(box.bottom, line.box.bottom) - y)


def _read(box: Rect, value: str | None) -> Read | None:
    return None if value is None else Read(value=str(value), page=1, box=box)


def _first(reads: Iterable[Read | None]) -> Read | None:
    return next((one for one in reads if one is not None), None)
