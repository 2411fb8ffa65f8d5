# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark rules``: the packs, every figure with its provenance and source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli import confirm
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import group
from bmnn_mark.i18n import Lang

if TYPE_CHECKING:
    from bmnn_mark.rules import Figure, RulePack


def command(lang: Lang) -> click.Command:
    """Build the group."""
    pack = click.Argument(["pack"])
    figure = click.Argument(["figure"], metavar="FIGURE")
    return group(
        lang,
        "rules",
        [
            build(lang, "rules.list", [], list_packs),
            build(lang, "rules.show", [pack], show),
            build(lang, "rules.explain", [pack, figure], explain),
            confirm.command(lang),
        ],
    )


def list_packs(desk: Desk) -> None:
    """The packs with the days they govern."""
    from bmnn_mark.rules import load_pack, pack_ids
    from bmnn_mark.workflow.agency import agency_figures

    overlay = agency_figures(desk.office())
    packs = [load_pack(one, overlay) for one in pack_ids()]
    desk.give(
        {"packs": [_pack_plain(pack) for pack in packs]},
        [
            desk.word(
                "cli.rules.pack",
                pack=one["id"],
                first=one["first"],
                last=one["last"] or "…",
                title=one[f"title_{desk.lang.value}"],
                unconfirmed=one["unconfirmed"],
            )
            for one in map(_pack_plain, packs)
        ],
    )


def show(desk: Desk, *, pack: str) -> None:
    """Every figure of a pack."""
    from bmnn_mark.rules import load_pack
    from bmnn_mark.workflow.agency import agency_figures

    loaded = load_pack(pack, agency_figures(desk.office()))
    desk.give(
        _pack_plain(loaded) | {"figures": [_figure_plain(*one) for one in loaded.figures()]},
        [
            desk.word(
                "cli.rules.figure",
                path=path,
                value=_value(figure),
                provenance=desk.word(f"cli.provenance.{figure.provenance.value}"),
            )
            for path, figure in loaded.figures()
        ],
    )


def explain(desk: Desk, *, pack: str, figure: str) -> None:
    """One figure with its source."""
    from bmnn_mark.rules import load_pack
    from bmnn_mark.workflow.agency import agency_overlay

    overlay = agency_overlay(desk.office())
    found = load_pack(pack, overlay.figures).figure(figure)
    confirmed = overlay.of(pack, figure)
    shipped = dict(load_pack(pack).figures()).get(figure)
    by = (
        []
        if confirmed is None
        else [
            desk.word(
                "cli.rules.confirmed",
                by=confirmed.by,
                on=confirmed.figure.on.isoformat(),
                value="…" if shipped is None else _value(shipped),
            )
        ]
    )
    place = found.source.read_at
    read = [desk.word("cli.rules.read_at", place=place)] if place else []
    desk.give(
        _figure_plain(figure, found) | {"confirmed_by": confirmed.by if confirmed else None},
        [
            desk.word(
                "cli.rules.figure",
                path=figure,
                value=_value(found),
                provenance=desk.word(f"cli.provenance.{found.provenance.value}"),
            ),
            desk.word("cli.rules.source", source=found.basis.cited(desk.lang)),
            *read,
            *by,
        ],
    )


def _pack_plain(pack: RulePack) -> dict[str, Any]:
    last = pack.validity.last
    return {
        "id": pack.id,
        "title_vi": pack.title_vi,
        "title_en": pack.title_en,
        "first": pack.validity.first.value.isoformat(),
        "last": last.value.isoformat() if last else None,
        "unconfirmed": sum(not one.provenance.confirmed for _, one in pack.figures()),
    }


def _figure_plain(path: str, figure: Figure) -> dict[str, Any]:
    from bmnn_mark import plain

    return {"figure": path, **plain.to_builtins(figure)}


def _value(figure: Figure) -> str:
    from bmnn_mark.rules.values import show_value, unit_of

    return f"{show_value(figure)} {unit_of(figure)}".strip()
