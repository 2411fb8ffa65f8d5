# SPDX-License-Identifier: Apache-2.0
"""From the raw table of a pack file to a :class:`RulePack`: schema, units, sources, possibility."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date
from typing import Any, TypeVar

import msgspec

from bmnn_mark import plain
from bmnn_mark.rules.agency import AgencyFigure
from bmnn_mark.rules.books import COLUMN_KEYS, book_columns
from bmnn_mark.rules.figures import (
    Count,
    Days,
    Figure,
    InkColour,
    Length,
    LengthSpan,
    OuterSize,
    Provenance,
    Source,
    TextSize,
    Wording,
    Years,
)
from bmnn_mark.rules.levels import Level, Urgency
from bmnn_mark.rules.model import ROWS, Instrument, RulePack, StampId, StampRule

T = TypeVar("T")

#: The source of what nobody read anywhere.
OWN_CHOICE = "bmnn-mark"

_REQUIRED_STAMPS = frozenset({*Level, *Urgency, *StampId})
_LONGEST_MM = 420.0
_SMALLEST_PT, _LARGEST_PT = 4.0, 96.0


class PackWrongError(Exception):
    """A key of a pack is wrong."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key.removeprefix("stamps.")  # stamps are named by their id alone


def build_pack(raw: Mapping[str, Any], pack_id: str) -> RulePack:
    """The pack that a raw table describes.

    Raises:
        PackWrongError: with the path of the first wrong key.
    """
    table = dict(raw)
    sources = _sources(table.pop("sources", {}))
    pack = _built(_with_sources(table, sources, ""), pack_id)
    used = {figure.source for _, figure in pack.figures()}
    for name, source in sources.items():
        if source not in used:
            raise PackWrongError(f"sources.{name}")
    return pack


def overlaid(raw: Mapping[str, Any], pack_id: str, overlay: Sequence[AgencyFigure]) -> RulePack:
    """The same with confirmed figures in the place of those that ship, checked as a whole.

    A gap goes where an officer says that there is one line only, and the room beside or above the
    text where he gives a width or a height.

    Raises:
        PackWrongError: with the path of the first wrong key.
    """
    table = dict(raw)
    sources = _sources(table.pop("sources", {}))
    resolved: dict[str, Any] = _with_sources(table, sources, "")
    known = {path for path, _ in build_pack(raw, pack_id).figures()}
    for one in overlay:
        group, key = _place(resolved, one.figure)
        if one.figure not in known and key not in _OPTIONAL:
            raise PackWrongError(one.figure)
        group[key] = _agency_figure(one, group.get(key, {}).get("unit", _OPTIONAL.get(key)))
    for name, stamp in resolved["stamps"].items():
        _drop_moot(stamp, [one for one in overlay if one.figure.startswith(f"{name}.")])
    return _built(resolved, pack_id)


#: Figures that a stamp may lack, with their units; an officer may add one.
_OPTIONAL: Mapping[str, str] = {
    "gap": "mm", "side-room": "mm", "head-room": "mm", "letter-height": "mm", "clearance": "mm",
}  # fmt: skip


def _place(table: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """The table and the key of a figure's path.

    Raises:
        PackWrongError: no such place.
    """
    *groups, key = path.split(".")
    group: Any = table["stamps"] if groups and groups[0] in table["stamps"] else table
    for name in groups:
        group = group.get(name) if isinstance(group, dict) else None
    if not groups or not isinstance(group, dict):
        raise PackWrongError(path)
    return group, key


def _agency_figure(one: AgencyFigure, unit: str | None) -> dict[str, Any]:
    built = {
        "value": json.loads(one.value),
        "provenance": Provenance.AGENCY.value,
        "source": {
            "instrument": one.instrument,
            "clause": one.clause,
            "read_at": one.on.isoformat(),
        },
    }
    return built | ({"unit": unit} if unit else {})


def _drop_moot(stamp: dict[str, Any], confirmed: Sequence[AgencyFigure]) -> None:
    """Take out of a stamp's table what a confirmed figure leaves without a meaning."""
    given = {one.figure.rpartition(".")[2] for one in confirmed}
    size = stamp["size"]["value"]
    moot = (
        ("gap", "lines", stamp["lines"]["value"] == 1),
        ("side-room", "size", isinstance(size, dict) and size.get("width") is not None),
        ("head-room", "size", isinstance(size, dict) and size.get("height") is not None),
    )
    for key, because, is_moot in moot:
        if is_moot and because in given:
            stamp.pop(key, None)


def _built(resolved: Mapping[str, Any], pack_id: str) -> RulePack:
    """The pack of a table whose figures carry their sources.

    Raises:
        PackWrongError: with the path of the first wrong key.
    """
    stamps = _group(resolved, "stamps", StampRule, prefix="")
    terms = _group(resolved, "terms", Years, prefix="terms.")
    for name in sorted(set(terms) ^ set(Level)):
        raise PackWrongError(f"terms.{name}")
    pack = _convert({**resolved, "stamps": stamps, "terms": terms}, RulePack, "")
    if pack.id != pack_id:
        raise PackWrongError("id")
    _check_pack(pack)
    return pack


def _sources(raw: Any) -> Mapping[str, Source]:
    if not isinstance(raw, dict):
        raise PackWrongError("sources")
    return {name: _convert(one, Source, f"sources.{name}") for name, one in raw.items()}


def _with_sources(value: Any, sources: Mapping[str, Source], path: str) -> Any:
    """The table with each figure's short source name replaced by the source itself."""
    if not isinstance(value, dict):
        return value
    found = {
        key: _with_sources(one, sources, f"{path}.{key}".lstrip(".")) for key, one in value.items()
    }
    if "provenance" in found or "value" in found:
        key = found.get("source")
        if not isinstance(key, str) or key not in sources:
            raise PackWrongError(f"{path}.source")
        found["source"] = plain.to_builtins(sources[key])
    return found


def _group(table: Mapping[str, Any], name: str, kind: type[T], *, prefix: str) -> dict[str, Any]:
    """The entries of a group, each checked by itself so that a refusal can name it."""
    raw = table.get(name)
    if not isinstance(raw, dict):
        raise PackWrongError(name)
    for key, one in raw.items():
        _convert(one, kind, f"{prefix}{key}")
    return raw


def _convert(raw: Any, kind: type[T], path: str) -> T:
    renamed = _underscored(raw) if kind is not RulePack else _underscored_groups(raw)
    try:
        value = plain.from_builtins(renamed, kind)
    except msgspec.ValidationError as error:
        raise PackWrongError(_joined(path, _wrong_key(str(error)))) from error
    _refuse_unknown(renamed, plain.to_builtins(value), path)
    return value


def _wrong_key(message: str) -> str:
    """The key that msgspec's message speaks of: ``... field `size` - at `$.toi_mat```."""
    complaint, _, where = message.partition(" - at `$")
    missing = re.search(r"missing required field `(.+)`", complaint)
    return _joined(where.rstrip("`").lstrip("."), missing.group(1) if missing else "")


def _underscored(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return {key.replace("-", "_"): _underscored(one) for key, one in raw.items()}


def _underscored_groups(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of the pack become names of fields; ids of stamps and levels stay as they are."""
    return {
        key.replace("-", "_"): (
            {one: _underscored(entry) for one, entry in value.items()}
            if key in {"stamps", "terms"}
            else _underscored(value)
        )
        for key, value in raw.items()
    }


def _refuse_unknown(given: Any, understood: Any, path: str) -> None:
    """Refuse a key that was given and did not become part of the value."""
    if isinstance(given, dict) and isinstance(understood, dict):
        for key, one in given.items():
            if key not in understood:
                raise PackWrongError(_joined(path, key))
            _refuse_unknown(one, understood[key], _joined(path, key))
    elif isinstance(given, list) and isinstance(understood, list | tuple):
        for index, (one, other) in enumerate(zip(given, understood, strict=True)):
            _refuse_unknown(one, other, f"{path}[{index}]")


def _joined(path: str, key: str) -> str:
    return ".".join(part for part in (path, key) if part).replace("_", "-")


def _check_pack(pack: RulePack) -> None:
    for missing in sorted(_REQUIRED_STAMPS - set(pack.stamps)):
        raise PackWrongError(missing)
    names = _instrument_names(pack.instruments)
    for path, figure in pack.figures():
        _check_source(path, figure, names)
        for kind, possible in _POSSIBLE:
            if isinstance(figure, kind) and not possible(figure):
                raise PackWrongError(f"{path}.value")
    for name, stamp in pack.stamps.items():
        _check_stamp(pack, name, stamp)
    last = pack.validity.last
    if last is not None and last.value < pack.validity.first.value:
        raise PackWrongError("validity.last.value")
    if pack.page_code.floor.value > pack.page_code.side.value:
        raise PackWrongError("page-code.floor.value")
    _check_blanks("noi-nhan.copies", pack.noi_nhan.copies.value, {"copies"})
    _check_blanks("noi-nhan.drafter", pack.noi_nhan.drafter.value, {"drafter"})
    _check_blanks("dates.form", pack.dates.form.value, {"day", "month", "year"})
    _check_books(pack)


def _check_books(pack: RulePack) -> None:
    for book in COLUMN_KEYS:
        try:
            book_columns(book, getattr(pack.books, book.replace("-", "_")).value)
        except ValueError:
            raise PackWrongError(f"books.{book}.value") from None
    for name in ("first", "last", "sent"):
        try:
            day, month = map(int, getattr(pack.reporting, name).value.split("/"))
            date(2001, month, day)  # a day that every year has
        except ValueError:
            raise PackWrongError(f"reporting.{name}.value") from None


def _instrument_names(instruments: tuple[Instrument, ...]) -> frozenset[str]:
    names = frozenset(one.name for one in instruments)
    if not names or len(names) != len(instruments) or any(not one.strip() for one in names):
        raise PackWrongError("instruments")
    return names


def _check_source(path: str, figure: Figure, names: frozenset[str]) -> None:
    """Hold provenance and source together.

    ``read`` cites an instrument of the pack, ``prior-law`` one that is not of the pack,
    ``project-default`` none.
    """
    source = figure.source
    own = source.instrument == OWN_CHOICE
    fits = {
        Provenance.READ: source.instrument in names,
        Provenance.PRIOR_LAW: not own and source.instrument not in names,
        Provenance.PROJECT_DEFAULT: own,
        Provenance.AGENCY: not own,
    }[figure.provenance]
    if not fits:
        raise PackWrongError(f"{path}.provenance")
    cited, reasons = (source.clause, source.read_at), (source.why_vi, source.why_en)
    needed, barred = (reasons, cited) if own else (cited, reasons)
    if not source.instrument.strip() or not all(one.strip() for one in needed) or any(barred):
        raise PackWrongError(f"{path}.source")


def _check_stamp(pack: RulePack, name: str, stamp: StampRule) -> None:
    """Refuse a stamp whose borders leave no room inside, or whose size or rows are half given."""
    lines = stamp.lines.value
    if (stamp.gap is None) != (lines == 1):
        raise PackWrongError(f"{name}.gap")
    gap = stamp.gap.value if stamp.gap else 0.0
    border = 2 * (lines * pack.border.line.value + (lines - 1) * gap)
    size = stamp.size.value
    if any(side is not None and side <= border for side in (size.width, size.height)):
        raise PackWrongError(f"{name}.size.value")
    for side, room, called in (
        (size.width, stamp.side_room, "side-room"),
        (size.height, stamp.head_room, "head-room"),
    ):
        if (side is None) != (room is not None):
            raise PackWrongError(f"{name}.{called}")
    if size.width is not None and size.least_width is not None:
        raise PackWrongError(f"{name}.size.value")
    if stamp.circle and stamp.circle.value and (size.width is None or size.width != size.height):
        raise PackWrongError(f"{name}.size.value")
    numbered = name in {StampId.COPY_NUMBER, StampId.REPRODUCTION_NUMBER}
    _check_blanks(f"{name}.wording", stamp.wording.value, {"number"} if numbered else set())
    _check_rows(name, stamp)


def _check_rows(name: str, stamp: StampRule) -> None:
    """Hold a stamp to the rows it has to have, and rows to what they need to be drawn."""
    wanted = ROWS.get(name, {})
    for row in sorted(set(wanted) ^ set(stamp.rows)):
        raise PackWrongError(f"{name}.rows.{row}")
    for row, blanks in wanted.items():
        _check_blanks(f"{name}.rows.{row}", stamp.rows[row].value, blanks)
    for part in ("row_gap", "row_text_size", "row_bold"):
        if (getattr(stamp, part) is not None) != bool(wanted):
            raise PackWrongError(_joined(name, part))
    wraps = name == StampId.REPRODUCTION
    for part in ("row_width", "row_lines", "signature_room"):
        if (getattr(stamp, part) is not None) != wraps:
            raise PackWrongError(_joined(name, part))


def _check_blanks(path: str, text: str, blanks: Set[str]) -> None:
    """Refuse a wording whose ``{blanks}`` are not each of ``blanks``, once."""
    bare = text
    for blank in blanks:
        if bare.count(f"{{{blank}}}") != 1:
            raise PackWrongError(f"{path}.value")
        bare = bare.replace(f"{{{blank}}}", "")
    if "{" in bare or "}" in bare:
        raise PackWrongError(f"{path}.value")


def _is_length(value: float | None) -> bool:
    return value is not None and 0 < value <= _LONGEST_MM


def _is_outer_size(figure: Any) -> bool:
    size = figure.value
    given = [one for one in (size.width, size.least_width, size.height) if one is not None]
    return all(_is_length(one) for one in given)


def _is_wording(figure: Any) -> bool:
    text: str = figure.value
    return (
        bool(text.strip())
        and unicodedata.is_normalized("NFC", text)
        and not any(unicodedata.category(char).startswith("C") for char in text)
    )


_POSSIBLE: tuple[tuple[type[Figure], Callable[[Any], bool]], ...] = (
    (Length, lambda one: _is_length(one.value)),
    (LengthSpan, lambda one: _is_length(one.value.least) and one.value.least <= one.value.most),
    (LengthSpan, lambda one: _is_length(one.value.most)),
    (OuterSize, _is_outer_size),
    (TextSize, lambda one: _SMALLEST_PT <= one.value <= _LARGEST_PT),
    (Count, lambda one: 1 <= one.value <= 10),
    (Years, lambda one: 1 <= one.value <= 100),
    (Days, lambda one: 1 <= one.value <= 366),
    (InkColour, lambda one: all(0 <= part <= 255 for part in one.value)),
    (Wording, _is_wording),
)
