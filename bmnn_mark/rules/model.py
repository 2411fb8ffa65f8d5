# SPDX-License-Identifier: Apache-2.0
"""What a rule pack is: figures of the law, each with its provenance and its source."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bmnn_mark.errors import RulesRefused
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRule:
    """A rectangular stamp with one row of text.

    Attributes:
        wording: the row; ``{number}`` stands for a number.
        size: outer size.
        lines: number of border lines.
        gap: clear distance between two border lines.
        text_size: of the row.
        bold: weight of the row.
        side_room: from the text to the outer edge at left and right, where the stamp fits its
            text.
        ink: red or black.
    """

    wording: Wording
    size: OuterSize
    lines: Count
    gap: Length | None = None
    text_size: TextSize
    bold: Flag
    side_room: Length | None = None
    ink: InkChoice


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
        heading: what the block begins with.
        copies: line with the number of copies, ``{copies}``.
        copies_digits: least number of digits of that number.
        drafter: line with the drafter, ``{drafter}``.
        copying_forbidden: line that forbids copying.
        copying_allowed: line that allows it.
        text_size: size of the list where its own cannot be told.
    """

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

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure with its path: ``toi-mat.size``, ``page-code.side``, ``terms.mat``."""
        for name, rule in self.stamps.items():
            yield from _figures_of(rule, name)
        for part in ("validity", "border", "ink", "slots", "page_code", "noi_nhan", "margins"):
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


def _figures_of(group: object, prefix: str) -> Iterator[tuple[str, Figure]]:
    for field in dataclasses.fields(group):  # type: ignore[arg-type]  # every group is a dataclass
        value = getattr(group, field.name)
        if isinstance(value, Figure):
            yield f"{prefix}.{_dashed(field.name)}", value


def _dashed(name: str) -> str:
    return name.replace("_", "-")
