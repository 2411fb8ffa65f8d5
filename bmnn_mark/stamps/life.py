# SPDX-License-Identifier: Apache-2.0
"""Stamps of a document's later life: its term, extension, change of level, end, and recall."""

from __future__ import annotations

from datetime import date

from bmnn_mark.rules.levels import Level
from bmnn_mark.rules.model import RulePack, StampId, StampRule
from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.frames import CLEARANCE, Row, Shade, first_row, frame_of, framed
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.units import Mm, Size

#: A row of dots for the hand ends so far from the inner line.
_DOTS_ROOM = Mm(0.5)


def term_mark(pack: RulePack, until: date, *, red: Shade | None = None) -> StampDrawing:
    """Thời hạn bảo vệ: until which day the document is secret.

    Args:
        pack: the rules.
        until: last day of protection.
        red: the red to draw with instead of the pack's; a stamp in black ink stays black.

    Raises:
        RulesRefused: ``stamps.does_not_fit``, ``stamps.glyph_missing``.
    """
    return _dated(pack, StampId.TERM, "until", until, red)


def extension_mark(pack: RulePack, until: date, *, red: Shade | None = None) -> StampDrawing:
    """Gia hạn: until which day the protection was extended; as :func:`term_mark`."""
    return _dated(pack, StampId.EXTENSION, "until", until, red)


def recall_mark(pack: RulePack, until: date, *, red: Shade | None = None) -> StampDrawing:
    """Tài liệu thu hồi: until which day it has to be given back; as :func:`term_mark`."""
    return _dated(pack, StampId.RECALL, "until", until, red)


def declassification_mark(
    pack: RulePack, since: date | None, *, red: Shade | None = None
) -> StampDrawing:
    """Giải mật: the document is secret no more.

    The day is typed only where it fits the stamp's width at the size of type the form gives;
    otherwise, and where none is given, the row ends in dots for the hand, as the form has it.

    Args:
        pack: the rules.
        since: the day of the decision.
        red: as of :func:`term_mark`.

    Raises:
        RulesRefused: as of :func:`term_mark`.
    """
    rule = pack.stamp(StampId.DECLASSIFICATION)
    wording = rule.rows["since"].value
    row = _row(rule, wording.replace("{date}", pack.day_wording(since) if since else ""))
    width = rule.size.value.width
    if since is None or (width is not None and not _goes_in(pack, rule, row, width)):
        row = _row(rule, _with_dots(pack, rule, wording.replace("{date}", "").rstrip()))
    return framed(pack, StampId.DECLASSIFICATION, (first_row(rule, rule.wording.value), row), red)


def relevelling_mark(
    pack: RulePack, old: Level, new: Level, since: date, *, red: Shade | None = None
) -> StampDrawing:
    """Điều chỉnh độ mật: from which level to which, since when.

    Args:
        pack: the rules.
        old: the level before.
        new: the level from now on.
        since: the day of the decision.
        red: as of :func:`term_mark`.

    Raises:
        RulesRefused: as of :func:`term_mark`.
    """
    rule = pack.stamp(StampId.RELEVELLING)
    change = rule.rows["change"].value.format(
        old=pack.level_wording(old), new=pack.level_wording(new)
    )
    day = rule.rows["since"].value.replace("{date}", pack.day_wording(since))
    widest_day = rule.rows["since"].value.replace("{date}", _any_day(pack))
    rows = (
        first_row(rule, rule.wording.value),
        _row(rule, change),
        _row(rule, day, widest_day),
    )
    return framed(pack, StampId.RELEVELLING, rows, red)


def _dated(pack: RulePack, name: StampId, key: str, day: date, red: Shade | None) -> StampDrawing:
    """A stamp whose one row below the first is a date."""
    rule = pack.stamp(name)
    wording = rule.rows[key].value
    row = _row(
        rule,
        wording.replace("{date}", pack.day_wording(day)),
        wording.replace("{date}", _any_day(pack)),
    )
    return framed(pack, name, (first_row(rule, rule.wording.value), row), red)


def _any_day(pack: RulePack) -> str:
    """A day that any other is as wide as: the faces' digits are all of one width."""
    return pack.dates.form.value.format(day="00", month="00", year="0000")


def _row(rule: StampRule, text: str, widest: str | None = None) -> Row:
    """A row below the first."""
    assert rule.row_text_size is not None
    assert rule.row_bold is not None
    return Row(
        text=text,
        face=Face.BOLD if rule.row_bold.value else Face.REGULAR,
        size_pt=rule.row_text_size.value,
        widest=widest,
    )


def _inner_width(pack: RulePack, rule: StampRule, width: Mm) -> Mm:
    _, inside = frame_of(pack, rule, Size(width, rule.size.value.height or width))
    return inside.width


def _goes_in(pack: RulePack, rule: StampRule, row: Row, width: Mm) -> bool:
    return row.measure.ink.width + 2 * CLEARANCE <= _inner_width(pack, rule, width)


def _with_dots(pack: RulePack, rule: StampRule, text: str) -> str:
    """The text and dots to the end of its line, or for a day where the stamp fits its text."""
    row = _row(rule, text)
    dot = fonts.measure(".", row.face, row.size_pt).advance
    width = rule.size.value.width
    if width is None:
        room = fonts.measure(_any_day(pack), row.face, row.size_pt).advance
    else:
        room = _inner_width(pack, rule, width) - 2 * _DOTS_ROOM - row.measure.advance
    return text + "." * max(0, int(room / dot))
