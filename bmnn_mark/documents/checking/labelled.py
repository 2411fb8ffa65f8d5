# SPDX-License-Identifier: Apache-2.0
"""The rarer stamps that our labels tell of: measured where they are said to be, as seen there.

Where they stand, and that they may be there at all, no text read says; so they are looked for by
their labels alone, and a label of which nothing is seen is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image

from bmnn_mark.documents.certificates import FOREIGN, MarkSeen, certificate
from bmnn_mark.documents.checking.stamps import ReadBy, SeenStamp, Sheet, middle_in
from bmnn_mark.documents.colouring import Tint, ink_cover, shade_of, tint
from bmnn_mark.documents.ink import union
from bmnn_mark.documents.measuring import DPI, Coverage, FrameSeen, find_frame
from bmnn_mark.documents.measuring_type import measure_type
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.pdf.text import TextLine
from bmnn_mark.documents.rendering import poppler_render
from bmnn_mark.rules import RulePack
from bmnn_mark.rules.model import StampRule
from bmnn_mark.stamps.model import Face
from bmnn_mark.units import Mm, Rect

_MARGIN_MM = 1.8
_WIDEST_MM, _HIGHEST_MM = 160.0, 120.0  # a label may tell of any size
_MOST = 24  # stamps that are measured; untrusted labels may tell of any number
#: Framed stamps beside độ mật and độ khẩn, which are found without a label.
RARER = frozenset(
    {
        MarkKind.COPY_NUMBER,
        MarkKind.TERM,
        MarkKind.EXTENSION,
        MarkKind.RELEVELLING,
        MarkKind.DECLASSIFICATION,
        MarkKind.RECALL,
        MarkKind.REPRODUCTION_NUMBER,
        MarkKind.REPRODUCTION,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A stamp that is where a label tells of it."""

    page: int
    stamp: SeenStamp


def labelled_stamps(
    sheets: Sequence[Sheet], marks: Sequence[PlacedMark], pack: RulePack
) -> tuple[Labelled, ...]:
    """The rarer stamps among the marks that labels tell of, as far as they are seen.

    Args:
        sheets: every page.
        marks: what the labels say.
        pack: the rules of the check.

    Raises:
        DocumentRefused: ``document.not_rendered``, ``document.too_slow``.
    """
    rarer = [one for one in marks if one.kind in RARER and 1 <= one.page <= len(sheets)][:_MOST]
    found = [(one.page, _look_at(sheets[one.page - 1], one, pack)) for one in rarer]
    return tuple(Labelled(page=page, stamp=seen) for page, seen in found if seen is not None)


def _look_at(sheet: Sheet, mark: PlacedMark, pack: RulePack) -> SeenStamp | None:
    """What is seen where a label tells of a stamp; None where it is not that stamp."""
    rule = pack.stamps.get(mark.stamp)
    if rule is None or not _may_stand(mark.box, sheet):
        return None
    page, clip = sheet.frame.page, mark.box.grown(_MARGIN_MM)
    image = sheet.engine.render(page, DPI, clip)
    other = poppler_render(sheet.path, page, DPI, clip, work=sheet.work, limits=sheet.limits)
    framed = [_framed(one, clip, mark.box) for one in (image, other)]
    known = [one for one in framed if one is not None]
    if len(known) < len(framed):
        return None
    border = known[0][0]
    rows = _rows(sheet.lines, border.inside)
    if not rows or not _reads(rows[0].text, rule):
        return None
    shade = shade_of(image, ink_cover(image))
    views = [_seen(frame, cover, rows, rule, shade) for frame, cover in known]
    return SeenStamp(
        box=border.box,
        frame=border,
        stamp=mark.stamp,
        read_by=ReadBy.TEXT,
        as_worded=True,
        tint=tint(shade) if shade else Tint.UNKNOWN,
        certificate=certificate(mark.stamp, pack, page, views, dpi=DPI, tolerances=FOREIGN),
    )


def _may_stand(untrusted_box: Rect, sheet: Sheet) -> bool:
    """Whether a label's box is on the page and no larger than a stamp."""
    size = sheet.frame.size
    return (
        Rect(Mm(0), Mm(0), size.width, size.height).contains(untrusted_box)
        and 0 < untrusted_box.width <= _WIDEST_MM
        and 0 < untrusted_box.height <= _HIGHEST_MM
    )


def _framed(image: Image.Image, clip: Rect, about: Rect) -> tuple[FrameSeen, Coverage] | None:
    return find_frame(Coverage.of_clip(ink_cover(image), clip, DPI), about)


def _rows(lines: Sequence[TextLine], inside: Rect) -> list[TextLine]:
    found = [line for line in lines if middle_in(line.box, inside)]
    return sorted(found, key=lambda line: line.box.y)


def _reads(text: str, rule: StampRule) -> bool:
    before, blank, after = rule.wording.value.partition("{number}")
    if not blank:
        return text == before
    number = text.removeprefix(before).removesuffix(after)
    return text == f"{before}{number}{after}" and number.strip().isdigit()


def _seen(
    frame: FrameSeen,
    cover: Coverage,
    rows: Sequence[TextLine],
    rule: StampRule,
    shade: tuple[int, int, int] | None,
) -> MarkSeen:
    below = rule.row_bold is not None and rule.row_bold.value
    bold = [rule.bold.value, *(below for _ in rows[1:])]
    measured = [
        measure_type(cover, region, row.text, Face.BOLD if heavy else Face.REGULAR)
        for row, heavy, region in zip(rows, bold, _regions(rows, frame.inside), strict=True)
    ]
    drawn = [one.ink for one in measured if one]
    return MarkSeen(
        box=frame.box,
        frame=frame,
        sizes=tuple(one.size_pt if one else None for one in measured),
        ink=union(drawn) if drawn else None,
        shade=shade,
    )


def _regions(rows: Sequence[TextLine], inside: Rect) -> Iterator[Rect]:
    """For each row the height from the middle of the gap above it to that of the gap below."""
    edges = [inside.y]
    edges += [(one.box.bottom + two.box.y) / 2 for one, two in pairwise(rows)]
    edges.append(inside.bottom)
    for top, bottom in pairwise(edges):
        yield Rect(inside.x, top, inside.width, bottom - top)
