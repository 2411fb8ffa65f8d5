# SPDX-License-Identifier: Apache-2.0
"""Stamps of a bản sao: its number on page 1, and what it is on its last page."""

from __future__ import annotations

from datetime import date

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules.model import RulePack, StampId, StampRule
from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.frames import Row, Shade, first_row, framed
from bmnn_mark.stamps.model import Face, StampDrawing
from bmnn_mark.units import Mm

#: Dots that keep a place for the hand, such as the recipient's.
_DOTS = "." * 40


def numbered(
    pack: RulePack, name: StampId, number: int, quantity: int, red: Shade | None = None
) -> StampDrawing:
    """A stamp with a number k of n; all n share one geometry.

    Raises:
        RulesRefused: ``stamps.copy_number`` (k outside 1 to n), ``stamps.does_not_fit``.
    """
    rule = pack.stamp(name)
    text = number_text(pack, name, number, quantity)
    widest = rule.wording.value.replace("{number}", _digits(0, quantity))  # digits are as wide
    return framed(pack, name, (first_row(rule, text, widest),), red)


def number_text(pack: RulePack, name: StampId, number: int, quantity: int) -> str:
    """What such a stamp reads.

    Raises:
        RulesRefused: ``stamps.copy_number`` (k outside 1 to n), ``rules.no_stamp``.
    """
    if not 1 <= number <= quantity:
        raise RulesRefused("stamps.copy_number", number=number, copies=quantity)
    return pack.stamp(name).wording.value.replace("{number}", _digits(number, quantity))


def reproduction_number_mark(
    pack: RulePack, number: int, quantity: int, *, red: Shade | None = None
) -> StampDrawing:
    """Bản sao số k of n, for page 1; all n share one geometry.

    Args:
        pack: the rules.
        number: k, from 1.
        quantity: n; its digits, two at least, are those of every number.
        red: the red to draw with instead of the pack's; a stamp in black ink stays black.

    Raises:
        RulesRefused: ``stamps.copy_number`` (k outside 1 to n), ``stamps.does_not_fit``.
    """
    return numbered(pack, StampId.REPRODUCTION_NUMBER, number, quantity, red)


def reproduction_mark(  # noqa: PLR0913 - as many as the stamp has rows
    pack: RulePack,
    *,
    kind: str,
    made_on: date,
    quantity: int,
    recipient: str | None,
    authority: str,
    signer: str,
    red: Shade | None = None,
) -> StampDrawing:
    """Bản sao bí mật nhà nước, for the last page, with room for the signature.

    A row that is too long is broken between words into as many lines as the rules allow; what
    does not go in then is refused.

    Args:
        pack: the rules.
        kind: ``sao-y``, ``sao-luc`` or ``trich-sao``.
        made_on: day of copying.
        quantity: number of bản sao made.
        recipient: who gets this one; None leaves dots for the hand.
        authority: capacity of who permitted it.
        signer: name of who signs.
        red: as of :func:`reproduction_number_mark`.

    Raises:
        RulesRefused: ``stamps.does_not_fit``, ``stamps.row_too_long``, ``stamps.glyph_missing``.
    """
    rule = pack.stamp(StampId.REPRODUCTION)
    assert rule.signature_room is not None
    fields = {
        "kind": pack.reproduction_wording(kind),
        "date": pack.day_wording(made_on),
        "quantity": _digits(quantity, quantity),
        "recipient": recipient or _DOTS,
    }
    rows = [first_row(rule, rule.wording.value)]
    for name, value in fields.items():
        rows += _rows(rule, name, value, to_left=True)
    rows += _rows(rule, "authority", authority)
    rows += _rows(rule, "signer", signer, above=rule.signature_room.value)
    return framed(pack, StampId.REPRODUCTION, rows, red)


def _digits(number: int, most: int) -> str:
    return f"{number:0{max(2, len(str(most)))}d}"


def _rows(
    rule: StampRule, name: str, value: str, *, to_left: bool = False, above: Mm | None = None
) -> list[Row]:
    """The lines of one row below the first.

    Raises:
        RulesRefused: ``stamps.row_too_long``.
    """
    assert rule.row_text_size is not None
    assert rule.row_bold is not None
    assert rule.row_width is not None
    assert rule.row_lines is not None
    face = Face.BOLD if rule.row_bold.value else Face.REGULAR
    size_pt = rule.row_text_size.value
    text = rule.rows[name].value.replace(f"{{{name}}}", value)
    lines = broken_lines(text, face, size_pt, rule.row_width.value)
    if lines is None or len(lines) > rule.row_lines.value:
        raise RulesRefused("stamps.row_too_long", row=name, lines=rule.row_lines.value)
    return [
        Row(
            text=line,
            face=face,
            size_pt=size_pt,
            to_left=to_left,
            above=above if above is not None and index == 0 else Mm(0),
        )
        for index, line in enumerate(lines)
    ]


def broken_lines(text: str, face: Face, size_pt: float, width: Mm) -> list[str] | None:
    """The text in lines no wider than ``width``, broken at blanks; None where a word is wider.

    Args:
        text: NFC, one line.
        face: the face.
        size_pt: size in points.
        width: mm.
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if fonts.measure(longer, face, size_pt).advance <= width:
            lines[-1] = longer
        elif fonts.measure(word, face, size_pt).advance <= width:
            lines.append(word)
        else:
            return None
    return lines
