# SPDX-License-Identifier: Apache-2.0
"""The agency's overlay: figures an officer confirmed, in a data file outside the package.

The file is JSON: ``format`` 1 and ``figures``, each with pack, figure, value, instrument, clause,
``by`` whom and ``on`` which day. It is checked as strictly as a pack, and a pack built with it
again as a whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from bmnn_mark import plain
from bmnn_mark.errors import RulesRefused, UsageRefused
from bmnn_mark.files import os_reason, write_whole
from bmnn_mark.rules.agency import AgencyFigure
from bmnn_mark.rules.load import load_pack, pack_ids
from bmnn_mark.text import one_line

FORMAT = 1
_LARGEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A confirmed figure, and who confirmed it."""

    figure: AgencyFigure
    by: str

    @property
    def place(self) -> tuple[str, str]:
        """Pack and path: each is confirmed once."""
        return self.figure.pack, self.figure.figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """The file as read.

    Attributes:
        confirmations: ordered by pack and path.
        sha256: of the file's bytes; None where there is no file.
    """

    confirmations: tuple[Confirmation, ...] = ()
    sha256: str | None = None

    @property
    def figures(self) -> tuple[AgencyFigure, ...]:
        """The figures alone, as requests carry them."""
        return tuple(one.figure for one in self.confirmations)

    def of(self, pack: str, figure: str) -> Confirmation | None:
        """The confirmation of one figure."""
        return next((one for one in self.confirmations if one.place == (pack, figure)), None)


def read_overlay(path: Path) -> Overlay:
    """Read the file; an empty overlay where there is none.

    Raises:
        RulesRefused: ``rules.overlay_unreadable``, ``rules.overlay_unsafe`` (others may write to
            it, or it is somebody else's), ``rules.overlay_wrong``.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid not in {0, os.getuid()} or status.st_mode & 0o022:
                raise RulesRefused("rules.overlay_unsafe")
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_BYTES:
                raise RulesRefused("rules.overlay_wrong", pack="", key="")
            data = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return Overlay()
    except OSError as error:
        raise RulesRefused("rules.overlay_unreadable", reason=os_reason(error)) from error
    return parse_overlay(data)


def parse_overlay(untrusted_data: bytes) -> Overlay:
    """The overlay that the bytes of a file describe.

    Raises:
        RulesRefused: ``rules.overlay_wrong`` with the pack and the key that is wrong.
    """
    try:
        raw = json.loads(untrusted_data, parse_constant=_refuse_constant)
        entries = raw["figures"]
        if raw != {"format": FORMAT, "figures": entries}:
            raise ValueError
        found = [_confirmation(one) for one in entries]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RulesRefused("rules.overlay_wrong", pack="", key="") from None
    return _checked(found, hashlib.sha256(untrusted_data).hexdigest())


def written(confirmations: Iterable[Confirmation]) -> tuple[bytes, Overlay]:
    """The bytes of a file with these confirmations, and what reading them gives.

    Raises:
        RulesRefused: ``rules.overlay_wrong``.
    """
    ordered = sorted(confirmations, key=lambda one: one.place)
    figures = [
        {
            "pack": one.figure.pack,
            "figure": one.figure.figure,
            "value": json.loads(one.figure.value),
            "instrument": one.figure.instrument,
            "clause": one.figure.clause,
            "by": one.by,
            "on": one.figure.on.isoformat(),
        }
        for one in ordered
    ]
    text = json.dumps({"format": FORMAT, "figures": figures}, ensure_ascii=False, indent=1)
    data = f"{text}\n".encode()
    return data, parse_overlay(data)


def write_overlay(path: Path, data: bytes) -> None:
    """Put the file in its place: whole or not at all, mode 0600, synced to the disk.

    Raises:
        DocumentRefused: ``output.unwritable``.
    """
    write_whole(path, [data], overwrite=True)


def value_text(value: object) -> str:
    """A figure's value as the JSON text that an overlay carries.

    >>> value_text({"width": 30.0, "height": 8.0})
    '{"height": 8.0, "width": 30.0}'
    """
    return json.dumps(plain.to_builtins(value), ensure_ascii=False, sort_keys=True)


def changed_figures(figures: tuple[AgencyFigure, ...]) -> tuple[AgencyFigure, ...]:
    """Those figures whose value is another than the shipped one, without who, what and when."""
    changed = []
    for pack in sorted({one.pack for one in figures}):
        shipped, now = (
            {path: plain.to_builtins(figure)["value"] for path, figure in built.figures()}
            for built in (load_pack(pack), load_pack(pack, figures))
        )
        changed += [
            dataclasses.replace(one, instrument="", clause="", on=date.min)
            for one in figures
            if one.pack == pack and shipped.get(one.figure) != now.get(one.figure)
        ]
    return tuple(changed)


def _checked(found: list[Confirmation], sha256: str) -> Overlay:
    """The overlay, once every pack loads with it.

    Raises:
        RulesRefused: ``rules.overlay_wrong``.
    """
    places = [one.place for one in found]
    for pack, figure in places:
        if places.count((pack, figure)) > 1:
            raise RulesRefused("rules.overlay_wrong", pack=pack, key=figure)
        if pack not in pack_ids():
            raise RulesRefused("rules.overlay_wrong", pack="", key="pack")
    overlay = Overlay(confirmations=tuple(found), sha256=sha256)
    for pack in {pack for pack, _ in places}:
        load_pack(pack, overlay.figures)
    return overlay


def _confirmation(raw: Any) -> Confirmation:
    """One entry of the file.

    Raises:
        ValueError, TypeError, KeyError: it is not one.
    """
    entry: Mapping[str, Any] = dict(raw)
    by = entry["by"]
    fields = {key: one for key, one in entry.items() if key != "by"}
    fields["value"] = value_text(fields["value"])
    figure = plain.from_builtins(fields, AgencyFigure)
    known = {one.name for one in dataclasses.fields(AgencyFigure)}
    named = all(_is_line(one) for one in (by, figure.instrument, figure.clause))
    if set(fields) != known or not named or figure.on < date(2020, 1, 1):
        raise ValueError
    return Confirmation(figure=figure, by=by)


def _is_line(value: object) -> bool:
    try:
        return isinstance(value, str) and one_line("overlay", value) == value
    except UsageRefused:
        return False


def _refuse_constant(_name: str) -> NoReturn:
    """``NaN`` and ``Infinity`` are no JSON."""
    raise ValueError
