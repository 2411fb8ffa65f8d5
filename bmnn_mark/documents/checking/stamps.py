# SPDX-License-Identifier: Apache-2.0
"""The stamps of a first page as they are seen: where, what they read, how they measure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PIL import Image

from bmnn_mark.documents.certificates import FOREIGN, MarkSeen, certificate
from bmnn_mark.documents.checking.shapes import Shape, shapes
from bmnn_mark.documents.colouring import Tint, ink_cover, shade_of, tint
from bmnn_mark.documents.findings import Certificate
from bmnn_mark.documents.measuring import DPI, Coverage, FrameSeen, find_frame
from bmnn_mark.documents.measuring_type import AGREE, ROUGHLY, measure_type
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.text import TextLine
from bmnn_mark.documents.pdf.wording import level_read
from bmnn_mark.documents.reading import read_wording
from bmnn_mark.documents.rendering import PdfiumPages, poppler_render
from bmnn_mark.limits import Limits
from bmnn_mark.rules import Level, RulePack, Urgency
from bmnn_mark.stamps.model import Face
from bmnn_mark.units import Rect

_SURVEY_DPI = 100
_SCAN_DPI = 300  # the second engine enlarges a whole picture for any clip of it
_MARGIN_MM = 1.8
_MOST = 24  # shapes of one page that are measured
_ROUGH_TYPE = 0.06  # by which a size of type is unsure on a scan
#: Spellings that mean the same as the form's: the tone mark on the other vowel.
_SPELLINGS: Mapping[str, Urgency] = {"HOẢTỐC": Urgency.HOA_TOC}


class ReadBy(StrEnum):
    """How it is known what a stamp reads."""

    TEXT = "text"
    PICTURE = "picture"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStamp:
    """One framed stamp of a page.

    Attributes:
        box: its outer box, mm.
        frame: its border as the first engine shows it.
        stamp: id of the stamp that it reads; None where it reads something else, or nothing.
        read_by: how that is known.
        as_worded: the text is that of the form, letter by letter; True for a picture.
        tint: whether its ink is red.
        certificate: its measures; None where its stamp is not known.
    """

    box: Rect
    frame: FrameSeen
    stamp: str | None
    read_by: ReadBy
    as_worded: bool
    tint: Tint
    certificate: Certificate | None

    @property
    def level(self) -> Level | None:
        """The level it states."""
        return Level(self.stamp) if self.stamp in set(Level) else None

    @property
    def urgency(self) -> Urgency | None:
        """The urgency it states."""
        return Urgency(self.stamp) if self.stamp in set(Urgency) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page to be looked at.

    Attributes:
        path: the file.
        engine: the file in the first engine.
        frame: the page.
        lines: its lines of text.
        work: private folder.
        limits: bounds on rendering.
    """

    path: Path
    engine: PdfiumPages
    frame: PageFrame
    lines: tuple[TextLine, ...]
    work: Path
    limits: Limits


def seen_stamps(sheet: Sheet, pack: RulePack) -> tuple[SeenStamp, ...]:
    """The framed stamps of a page, from the top.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``document.too_slow``.
    """
    image = sheet.engine.render(sheet.frame.page, _SURVEY_DPI)
    found = sorted(shapes(image, _SURVEY_DPI), key=lambda one: not one.red)[:_MOST]
    stamps = [seen for shape in found if (seen := _look_at(sheet, pack, shape)) is not None]
    return tuple(sorted(stamps, key=lambda one: (one.box.y, one.box.x)))


def _look_at(sheet: Sheet, pack: RulePack, shape: Shape) -> SeenStamp | None:
    """The shape as a stamp; None where it has no border."""
    clip = shape.box.grown(_MARGIN_MM)
    page = sheet.frame.page
    image = sheet.engine.render(page, DPI, clip)
    view = _framed(image, clip, shape)
    if view is None:
        return None
    frame, upright = view
    text, stamp = _stated(_text_inside(sheet.lines, frame.inside), pack)
    read_by = ReadBy.TEXT
    if stamp is None:
        stamp = _read(frame, upright, pack)
        read_by = ReadBy.PICTURE if stamp else ReadBy.TEXT if text else ReadBy.NOTHING
    shade = shade_of(image, ink_cover(image))
    as_worded = read_by is not ReadBy.TEXT or stamp is None or _as_worded(text, stamp, pack)
    made = None
    if stamp is not None:
        wording = pack.stamps[stamp].wording.value if as_worded else _letters(text)
        dpi = DPI if read_by is ReadBy.TEXT else _SCAN_DPI
        other = poppler_render(sheet.path, page, dpi, clip, work=sheet.work, limits=sheet.limits)
        views = [
            _seen(view, wording, shade),
            _seen(_framed(other, clip, shape, dpi), wording, shade),
        ]
        known = [one for one in views if one is not None]
        if len(known) == len(views):
            made = certificate(stamp, pack, page, known, dpi=DPI, tolerances=FOREIGN)
    return SeenStamp(
        box=frame.box,
        frame=frame,
        stamp=stamp,
        read_by=read_by,
        as_worded=as_worded,
        tint=tint(shade) if shade else Tint.UNKNOWN,
        certificate=made,
    )


def _framed(
    image: Image.Image, clip: Rect, shape: Shape, dpi: int = DPI
) -> tuple[FrameSeen, Coverage] | None:
    return find_frame(Coverage.of_clip(ink_cover(image), clip, dpi), shape.box)


def _seen(
    view: tuple[FrameSeen, Coverage] | None, wording: str, shade: tuple[int, int, int] | None
) -> MarkSeen | None:
    if view is None:
        return None
    frame, upright = view
    rough = frame.uncertainty > 0
    row = measure_type(upright, frame.inside, wording, Face.BOLD, agree=ROUGHLY if rough else AGREE)
    return MarkSeen(
        box=frame.box,
        frame=frame,
        sizes=(row.size_pt if row else None,),
        ink=row.ink if row else None,
        shade=shade,
        rough_type=_ROUGH_TYPE if rough else 0.0,
    )


def _read(frame: FrameSeen, upright: Coverage, pack: RulePack) -> str | None:
    """What the picture inside the border reads."""
    x0, y0, x1, y1 = (round(edge) for edge in upright.pixels(frame.inside))
    wordings = dict(_one_row_wordings(pack))
    found = read_wording(upright.image.crop((x0, y0, x1, y1)), wordings)
    return wordings.get(found) if found else None


def _one_row_wordings(pack: RulePack) -> Iterator[tuple[str, str]]:
    for one in (*Level, *Urgency):
        yield pack.stamps[one.value].wording.value, one.value


def _text_inside(lines: Sequence[TextLine], inside: Rect) -> list[str]:
    """The lines of text whose middle lies in a box."""
    return [line.text for line in lines if middle_in(line.box, inside)]


def _stated(untrusted_lines: Sequence[str], pack: RulePack) -> tuple[str, str | None]:
    """What the text in a frame says, and the stamp that it, or one line of it, states.

    A stamp may stand over the text of the document.
    """
    whole = " ".join(untrusted_lines).strip()
    for text in (whole, *untrusted_lines):
        stamp = _stamp_of(text, pack)
        if stamp is not None:
            return _tidy(text), stamp
    return whole, None


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalpha() or char == " ").strip()


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def middle_in(box: Rect, inside: Rect) -> bool:
    """Whether the middle of a box lies in another."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return bool(inside.x <= x <= inside.right and inside.y <= y <= inside.bottom)


def _stamp_of(untrusted_text: str, pack: RulePack) -> str | None:
    """The level or urgency that a text states as a stamp does, whatever its case and encoding."""
    level = level_read(untrusted_text) or level_read(untrusted_text.upper())
    if level is not None:
        return level.value
    bare = _bare(untrusted_text)
    if bare in _SPELLINGS:
        return _SPELLINGS[bare].value
    said = {bare, bare.removeprefix("ĐỘMẬT")}
    for alike in (_bare, _without_diacritics):
        for wording, one in _one_row_wordings(pack):
            if alike(wording) in said:
                return one
    return None


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFC", text).upper()
    return "".join(char for char in letters if char.isalpha())


def _without_diacritics(text: str) -> str:
    letters = unicodedata.normalize("NFD", _bare(text).replace("Đ", "D"))
    return "".join(char for char in letters if char.isalpha())


def _as_worded(untrusted_text: str, stamp: str, pack: RulePack) -> bool:
    wording = pack.stamps[stamp].wording.value
    if untrusted_text == wording or _bare(untrusted_text) in _SPELLINGS:
        return True
    # Letters of an 8-bit font are others in the file than on the paper.
    return level_read(untrusted_text) is not None and _bare(untrusted_text) != _bare(wording)
