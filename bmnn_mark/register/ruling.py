# SPDX-License-Identifier: Apache-2.0
"""Entering what an officer confirmed of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from bmnn_mark.errors import RulesRefused
from bmnn_mark.register.events import RuleConfirmed, RuleWithdrawn
from bmnn_mark.register.ledger import Entering
from bmnn_mark.register.schema import rules
from bmnn_mark.register.sealing import Value
from bmnn_mark.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One figure confirmed or taken back.

    Attributes:
        pack: id of the rule pack; None, as is ``figure``, takes all confirmations back.
        figure: path of the figure.
        value: its value as JSON text; None takes its confirmation back.
        source: official text and clause; needed with a value.
    """

    pack: str | None
    figure: str | None
    value: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChanges:
    """What an officer does at one time.

    Attributes:
        changes: in their order.
        before: SHA-256 of the overlay file that he saw, hexadecimal; None for no file.
        overlay: SHA-256 of the file with the changes; None for no file.
        whatever: the file that there is does not matter, as where all is taken back.
    """

    changes: tuple[RuleChange, ...]
    before: str | None
    overlay: str | None
    whatever: bool = False


def enter_rules(connection: Connection, entering: Entering, asked: RuleChanges, actor: str) -> None:
    """Enter changes of the rules.

    Raises:
        RulesRefused: ``rules.overlay_changed``: the register knows of another file.
        UsageRefused: ``input.*``: a source is no line of text.
    """
    if not asked.whatever and newest_overlay(connection) != asked.before:
        raise RulesRefused("rules.overlay_changed")
    for change in asked.changes:
        entering.enter(*_event(change, asked.overlay, actor))


def newest_overlay(connection: Connection) -> str | None:
    """SHA-256 that the overlay file must have; None where there must be none."""
    found: str | None = connection.execute(
        select(rules.c.overlay).order_by(rules.c.n.desc()).limit(1)
    ).scalar_one_or_none()
    return found or None


def _event(
    change: RuleChange, overlay: str | None, actor: str
) -> tuple[RuleConfirmed | RuleWithdrawn, Mapping[str, Value]]:
    """The event of a change, and what is sealed in it.

    Raises:
        UsageRefused: ``input.*``: the source is no line of text.
    """
    if change.value is None:
        what = RuleWithdrawn(pack=change.pack, figure=change.figure, overlay=overlay)
        return what, {"actor": actor}
    assert change.pack is not None
    assert change.figure is not None
    assert overlay is not None
    source = one_line("source", change.source or "", limit=700)
    confirmed = RuleConfirmed(pack=change.pack, figure=change.figure, overlay=overlay)
    return confirmed, {"actor": actor, "source": source, "value": change.value}
