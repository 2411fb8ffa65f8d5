# SPDX-License-Identifier: Apache-2.0
"""A page with its findings drawn on it: numbered boxes, and the words for each number below.

The picture shows the document's content; it is made where somebody asked for it, and only there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bmnn_mark.documents.finding_words import said
from bmnn_mark.documents.findings import Severity
from bmnn_mark.documents.hidden.model import PictureTask
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.i18n import Lang, words
from bmnn_mark.stamps.fonts import path_of
from bmnn_mark.stamps.model import Face
from bmnn_mark.units import Mm, Rect
from bmnn_mark.worker import OnProgress, Progress

_DPI = 150
_SMALLEST_DPI = 30
_WIDEST_PIXELS = 2600
_LINE_MM = 0.5
_GROWN_MM = 0.7
_TEXT_MM = 3.4
_LEAD = 1.35
_MARGIN_MM = 6.0
_LEAST_WIDTH_MM = 150.0
_COLOURS = {
    Severity.FAULT: (196, 0, 26),
    Severity.WARNING: (200, 98, 0),
    Severity.NOTE: (0, 92, 170),
}
_MEASURED = (0, 120, 60)
_BLACK, _WHITE, _GREY = (20, 20, 20), (255, 255, 255), (110, 110, 110)


def draw_page(task: PictureTask, on_progress: OnProgress) -> int:
    """Draw the picture at ``task.target``.

    Returns:
        Its resolution in pixels an inch: 150, less for a page that is very large.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``page.too_large``.
    """
    on_progress(Progress(phase="picture", page=task.page))
    with pdfium_pages(Path(task.source), task.limits) as engine:
        wide = engine.size(task.page).width
        dpi = max(_SMALLEST_DPI, min(_DPI, int(_DPI * _WIDEST_PIXELS / max(1.0, wide.px(_DPI)))))
        page = engine.render(task.page, dpi)
    sheet = _Sheet(page, dpi, task.lang)
    for certificate in task.certificates:
        sheet.frame(certificate.box, _MEASURED, "")
    for number, one in zip(task.numbers, task.findings, strict=True):
        if one.box is not None:
            sheet.frame(one.box, _COLOURS[one.severity], str(number))
    sheet.with_legend(task).save(task.target, "PNG", dpi=(dpi, dpi))
    return dpi


class _Sheet:
    """The page on which boxes are drawn, and the legend below it."""

    def __init__(self, page: Image.Image, dpi: int, lang: Lang) -> None:
        self._page = page
        self._dpi = dpi
        self._lang = lang
        self._draw = ImageDraw.Draw(page)
        size = max(11, round(Mm(_TEXT_MM).px(dpi)))
        self._font = ImageFont.truetype(str(path_of(Face.REGULAR)), size)
        self._bold = ImageFont.truetype(str(path_of(Face.BOLD)), size)
        self._step = round(size * _LEAD)

    def frame(self, box: Rect, colour: tuple[int, int, int], label: str) -> None:
        """A box on the page, kept inside it, with its number in a corner."""
        grown = box.grown(_GROWN_MM)
        line = max(2, round(Mm(_LINE_MM).px(self._dpi)))
        wide, high = self._page.size
        left, right = sorted(
            min(max(one.px(self._dpi), 0), wide - 1) for one in (grown.x, grown.right)
        )
        top, bottom = sorted(
            min(max(one.px(self._dpi), 0), high - 1) for one in (grown.y, grown.bottom)
        )
        self._draw.rectangle((left, top, max(right, left + line), max(bottom, top + line)),
                             outline=colour, width=line)  # fmt: skip
        if label:
            self._badge(left, top, label, colour)

    def _badge(self, left: float, top: float, label: str, colour: tuple[int, int, int]) -> None:
        """A number on its colour, above the corner of a box where there is room."""
        width = self._bold.getlength(label) + self._step * 0.5
        y = top - self._step if top >= self._step else top
        x = min(left, self._page.width - width)
        self._draw.rectangle((x, y, x + width, y + self._step), fill=colour)
        self._draw.text((x + width / 2, y + self._step / 2), label, _WHITE, self._bold, anchor="mm")

    def with_legend(self, task: PictureTask) -> Image.Image:
        """The page with its legend below."""
        margin = round(Mm(_MARGIN_MM).px(self._dpi))
        width = max(self._page.width, round(Mm(_LEAST_WIDTH_MM).px(self._dpi)))
        rows = list(self._rows(task, width - 2 * margin - 3 * self._step))
        whole = Image.new(
            "RGB",
            (width, self._page.height + (len(rows) + 1) * self._step + 2 * margin),
            _WHITE,
        )
        whole.paste(self._page, (0, 0))
        draw = ImageDraw.Draw(whole)
        y = self._page.height
        draw.rectangle((0, y, width, y + 2), fill=_GREY)
        y += margin
        for label, text, colour, bold in rows:
            if label:
                length = self._bold.getlength(label) + self._step * 0.5
                draw.rectangle((margin, y, margin + length, y + self._step - 3), fill=colour)
                draw.text((margin + length / 2, y + self._step / 2 - 1), label, _WHITE, self._bold,
                          anchor="mm")  # fmt: skip
            draw.text(
                (margin + 3 * self._step, y), text, _BLACK, self._bold if bold else self._font
            )
            y += self._step
        return whole

    def _rows(
        self, task: PictureTask, width: float
    ) -> Iterator[tuple[str, str, tuple[int, int, int], bool]]:
        """Lines of the legend: label, text, colour of the label, whether bold."""
        title = words("cli.check.picture_title", self._lang, page=task.page)
        yield "", title, _BLACK, True
        for number, one in zip(task.numbers, task.findings, strict=True):
            colour = _COLOURS[one.severity]
            weight = words(f"cli.severity.{one.severity.value}", self._lang)
            sentence, step = said(one, self._lang)
            text = f"{weight}: {sentence}"
            if one.basis:
                text += f" [{one.basis.cited(self._lang)}]"
            label = str(number)
            for line in self._wrapped(text, width, self._bold):
                yield label, line, colour, True
                label = ""
            for line in self._wrapped(f"→ {step}", width, self._font):
                yield "", line, colour, False
        if task.certificates:
            for line in self._wrapped(
                words("cli.check.picture_measured", self._lang), width, self._font
            ):
                yield "□", line, _MEASURED, False

    def _wrapped(self, text: str, width: float, font: ImageFont.FreeTypeFont) -> Sequence[str]:
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and font.getlength(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines
