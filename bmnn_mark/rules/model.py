# SPDX-License-Identifier: Apache-2.0
"""What a rule pack is: figures of the law, each with its provenance and its source."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules.book_rules import BookRule, ReportingRule
from bmnn_mark.rules.figures import (
    Count,
    Day,
    Figure,
    Flag,
    Ink,
    InkChoice,
    InkColour,
    Length,
    LengthSpan,
    OuterSize,
    TextSize,
    Wording,
    Years,
)
from bmnn_mark.rules.levels import Copying, Level, Urgency

#: Id of the copy-number stamp.
COPY_NUMBER = "ban-so"


class StampId(StrEnum):
    """Ids of the stamps that are neither of a level nor of an urgency."""

    COPY_NUMBER = COPY_NUMBER
    SYMBOL_A = "ky-hieu-a"
    SYMBOL_B = "ky-hieu-b"
    SYMBOL_C = "ky-hieu-c"
    TERM = "thoi-han"
    EXTENSION = "gia-han"
    RELEVELLING = "dieu-chinh"
    DECLASSIFICATION = "giai-mat"
    RECALL = "thu-hoi"
    OPENING = "boc-bi"
    REPRODUCTION_NUMBER = "ban-sao-so"
    REPRODUCTION = "ban-sao"


#: The letter put on the outer envelope of a document of each level (NĐ 26/2020 Điều 4).
SYMBOLS: Mapping[Level, StampId] = {
    Level.TUYET_MAT: StampId.SYMBOL_A,
    Level.TOI_MAT: StampId.SYMBOL_B,
    Level.MAT: StampId.SYMBOL_C,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRule:
    """A framed stamp: a first row of text and, for some, rows below it.

    Attributes:
        wording: the first row; ``{number}`` stands for a number.
        size: outer size.
        circle: whether the frame is a circle; its size is then as wide as high.
        lines: number of border lines.
        gap: clear distance between two border lines.
        text_size: of the first row.
        bold: weight of the first row.
        side_room: from the widest row to the outer edge at left and right, where the stamp fits
            its text.
        head_room: from the ink to the outer edge above and below, where the height fits the text.
        ink: red or black.
        letter_height: height of the letter that the form names; nominal, ``text_size`` stands.
        clearance: from the text to the outer edge that the form names; nominal, the text is
            centred at its size.
        row_gap: from the baseline of a row to the top of the capitals of the row below.
        row_text_size: of the rows below the first.
        row_bold: weight of the rows below the first.
        row_width: width beyond which a row below the first is broken; None never breaks one.
        row_lines: most lines that one such row may take.
        signature_room: height kept free for a signature above the signer's name.
        rows: the rows below the first, by name, in their order; blanks as of :data:`ROWS`.
    """

    wording: Wording
    size: OuterSize
    circle: Flag | None = None
    lines: Count
    gap: Length | None = None
    text_size: TextSize
    bold: Flag
    side_room: Length | None = None
    head_room: Length | None = None
    ink: InkChoice
    letter_height: Length | None = None
    clearance: Length | None = None
    row_gap: Length | None = None
    row_text_size: TextSize | None = None
    row_bold: Flag | None = None
    row_width: Length | None = None
    row_lines: Count | None = None
    signature_room: Length | None = None
    rows: Mapping[str, Wording] = field(default_factory=dict)


#: The rows below the first that stamps have, with the blanks of each; other stamps have none.
ROWS: Mapping[str, Mapping[str, frozenset[str]]] = {
    StampId.TERM: {"until": frozenset({"date"})},
    StampId.EXTENSION: {"until": frozenset({"date"})},
    StampId.RELEVELLING: {"change": frozenset({"old", "new"}), "since": frozenset({"date"})},
    StampId.DECLASSIFICATION: {"since": frozenset({"date"})},
    StampId.RECALL: {"until": frozenset({"date"})},
    StampId.REPRODUCTION: {
        name: frozenset({name})
        for name in ("kind", "date", "quantity", "recipient", "authority", "signer")
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderRule:
    """What all borders have in common."""

    line: Length
    """Width of a border line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InkRule:
    """The colours of the inks."""

    red: InkColour
    black: InkColour

    def colour(self, ink: Ink) -> tuple[int, int, int]:
        """The sRGB colour of an ink."""
        return (self.red if ink is Ink.RED else self.black).value


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRule:
    """Places on the displayed first page.

    Attributes:
        level_shown: how a level is shown, in words.
        level_place: slot 10a in words.
        level_x: left edge of slot 10a where the text gives no anchor.
        level_y: its top edge where the text gives no anchor.
        level_below_number: clear distance below the row of số, ký hiệu.
        level_reach: how far down its column the mark may go when its place is taken.
        urgency_place: slot 10b in words.
        stack_gap: clear distance between marks stacked below slot 10a, urgency among them.
        copy_number_top: top edge of the copy number.
        copy_number_right: its right edge from the right edge of the page.
    """

    level_shown: Wording
    level_place: Wording
    level_x: Length
    level_y: Length
    level_below_number: Length
    level_reach: Length
    urgency_place: Wording
    stack_gap: Length
    copy_number_top: Length
    copy_number_right: Length


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCodeRule:
    """The page code; ours, no legal text read names one.

    Attributes:
        side: preferred side of the symbol without its quiet zone.
        floor: smallest side.
        quiet_modules: quiet zone in modules.
        edge: least distance of the symbol from the sheet's edge.
        left: left edge of the symbol at its first place.
        bottom: its lower edge from the sheet's lower edge.
        hole_depth: punch holes reach so far from the left edge of the sheet.
        hole_span: and so far up and down from its middle.
        caption_size: size of the caption.
        caption_lines: number of its lines.
    """

    side: Length
    floor: Length
    quiet_modules: Count
    edge: Length
    left: Length
    bottom: Length
    hole_depth: Length
    hole_span: Length
    caption_size: TextSize
    caption_lines: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiNhanRule:
    """Lines of the block Nơi nhận.

    Attributes:
        content: what the block has to say, in words.
        heading: what it begins with.
        copies: line with the number of copies, ``{copies}``.
        copies_digits: least number of digits of that number.
        drafter: line with the drafter, ``{drafter}``.
        copying_forbidden: line that forbids copying.
        copying_allowed: line that allows it.
        text_size: size of the list where its own cannot be told.
    """

    content: Wording
    heading: Wording
    copies: Wording
    copies_digits: Count
    drafter: Wording
    copying_forbidden: Wording
    copying_allowed: Wording
    text_size: TextSize


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRule:
    """Margins of an administrative document."""

    top: LengthSpan
    bottom: LengthSpan
    left: LengthSpan
    right: LengthSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRule:
    """How a day is written on a stamp."""

    form: Wording
    """With ``{day}`` and ``{month}``, two digits each, and ``{year}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproductionRule:
    """What the kinds of bản sao are called on a stamp."""

    sao_y: Wording
    sao_luc: Wording
    trich_sao: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityRule:
    """Days of the act that the pack governs."""

    first: Day
    last: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A legal text the pack rests on."""

    name: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePack:
    """The rules of one time.

    Attributes:
        id: stable name.
        title_vi: what people call it.
        title_en: the same in English.
        validity: days it governs.
        instruments: the legal texts it rests on.
        border: what all borders share.
        ink: colours of the inks.
        stamps: stamps by id.
        slots: places on page 1.
        page_code: the page code.
        noi_nhan: lines of the block Nơi nhận.
        margins: of the page.
        dates: how a day is written on a stamp.
        reproduction: what the kinds of bản sao are called.
        books: columns of the books.
        reporting: the yearly report.
        terms: term of protection by level.
    """

    id: str
    title_vi: str
    title_en: str
    validity: ValidityRule
    instruments: tuple[Instrument, ...]
    border: BorderRule
    ink: InkRule
    stamps: Mapping[str, StampRule]
    slots: SlotRule
    page_code: PageCodeRule
    noi_nhan: NoiNhanRule
    margins: MarginRule
    dates: DateRule
    reproduction: ReproductionRule
    books: BookRule
    reporting: ReportingRule
    terms: Mapping[Level, Years]

    def stamp(self, stamp_id: str) -> StampRule:
        """The stamp of an id.

        Raises:
            RulesRefused: ``rules.no_stamp``.
        """
        if stamp_id not in self.stamps:
            raise RulesRefused("rules.no_stamp", stamp=stamp_id, pack=self.id)
        return self.stamps[stamp_id]

    def level_wording(self, level: Level) -> str:
        """How a level is written on the paper."""
        return self.stamp(level.value).wording.value

    def urgency_wording(self, urgency: Urgency) -> str:
        """How an urgency is written on the paper."""
        return self.stamp(urgency.value).wording.value

    def copying_wording(self, copying: Copying) -> str:
        """The line of the block Nơi nhận that says whether copying is allowed."""
        if copying is Copying.FORBIDDEN:
            return self.noi_nhan.copying_forbidden.value
        return self.noi_nhan.copying_allowed.value

    def day_wording(self, day: date) -> str:
        """How a day is written on a stamp."""
        return self.dates.form.value.format(
            day=f"{day.day:02d}", month=f"{day.month:02d}", year=f"{day.year:04d}"
        )

    def reproduction_wording(self, kind: str) -> str:
        """What a kind of bản sao (``sao-y``, ``sao-luc``, ``trich-sao``) is called on a stamp.

        Raises:
            RulesRefused: ``rules.no_figure`` for another kind.
        """
        found = getattr(self.reproduction, kind.replace("-", "_"), None)
        if not isinstance(found, Wording):
            raise RulesRefused("rules.no_figure", pack=self.id)
        return found.value

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure with its path: ``toi-mat.size``, ``page-code.side``, ``terms.mat``."""
        for name, rule in self.stamps.items():
            yield from _figures_of(rule, name)
        for part in _GROUPS:
            yield from _figures_of(getattr(self, part), _dashed(part))
        for level, term in self.terms.items():
            yield f"terms.{level.value}", term

    def figure(self, path: str) -> Figure:
        """The figure at a path.

        Raises:
            RulesRefused: ``rules.no_figure``.
        """
        for one, found in self.figures():
            if one == path:
                return found
        raise RulesRefused("rules.no_figure", pack=self.id)

    def unconfirmed(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of ``paths`` that are an earlier law's figure or the project's own choice.

        A path that ends in ``.`` or names a whole group (``toi-mat``) means all its figures.
        """
        wanted = [path.rstrip(".") for path in paths]
        return tuple(
            path
            for path, figure in self.figures()
            if not figure.provenance.confirmed
            and any(path == one or path.startswith(f"{one}.") for one in wanted)
        )


_GROUPS = (
    "validity", "border", "ink", "slots", "page_code", "noi_nhan", "margins", "dates",
    "reproduction", "books", "reporting",
)  # fmt: skip


def _figures_of(group: object, prefix: str) -> Iterator[tuple[str, Figure]]:
    for one in dataclasses.fields(group):  # type: ignore[arg-type]  # every group is a dataclass
        value = getattr(group, one.name)
        if isinstance(value, Figure):
            yield f"{prefix}.{_dashed(one.name)}", value
        elif isinstance(value, Mapping):
            yield from ((f"{prefix}.{_dashed(one.name)}.{key}", row) for key, row in value.items())


def _dashed(name: str) -> str:
    return name.replace("_", "-")
