# SPDX-License-Identifier: Apache-2.0
"""Figures that a request uses although nobody compared them with the official text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bmnn_mark.documents.law import act_pack_of
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import COPY_NUMBER, RulePack
from bmnn_mark.rules.model import StampId
from bmnn_mark.workflow.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """A figure that was used although nobody compared it with the official text."""

    pack: str
    figure: str
    provenance: str
    source: str


def unconfirmed_figures(
    office: Office, pack: RulePack, request: MarkRequest
) -> tuple[Unconfirmed, ...]:
    """The figures this request uses that nobody compared with the official text.

    Raises:
        RulesRefused: ``rules.unconfirmed`` where the office demands confirmed figures.
    """
    acts = act_pack_of(request) if request.act_pack else pack
    of_acts = _of_acts(request)
    if acts is pack:
        return figures_of(office, pack, (*_of_document(request), *of_acts))
    return figures_of(office, pack, _of_document(request)) + figures_of(office, acts, of_acts)


def figures_of(office: Office, pack: RulePack, used: Iterable[str]) -> tuple[Unconfirmed, ...]:
    """Those figures of a pack, by path or group, that nobody compared.

    Raises:
        RulesRefused: ``rules.unconfirmed`` where the office demands confirmed figures.
    """
    paths = pack.unconfirmed(used)
    if paths and office.config.require_confirmed_rules:
        raise RulesRefused("rules.unconfirmed", pack=pack.id, count=len(paths))
    figures = dict(pack.figures())
    return tuple(
        Unconfirmed(
            pack=pack.id,
            figure=path,
            provenance=figures[path].provenance.value,
            source=figures[path].source.text,
        )
        for path in paths
    )


def _of_document(request: MarkRequest) -> list[str]:
    """What the marks of the document's own day rest on."""
    used = ["border", "ink.red", "slots"]
    if not request.level_there:
        used.append(request.level.value)
    if request.urgency is not None:
        used.append(request.urgency.value)
    if request.term is not None:
        used += [StampId.TERM, "dates"]
    if request.copies is not None:
        used += [COPY_NUMBER, "ink.black", "page-code"]
    if request.copies is not None or request.drafter or request.copying:
        used.append("noi-nhan")
    return used


def _of_acts(request: MarkRequest) -> list[str]:
    """What the marks of later acts rest on."""
    stamps = {
        StampId.EXTENSION: request.extended,
        StampId.RELEVELLING: request.relevelling,
        StampId.DECLASSIFICATION: request.declassified,
        StampId.RECALL: request.recall,
        StampId.REPRODUCTION_NUMBER: request.reproduction,
        StampId.REPRODUCTION: request.reproduction,
    }
    used = [stamp.value for stamp, asked in stamps.items() if asked is not None]
    if not used:
        return []
    if request.relevelling is not None:
        used += [request.relevelling.old.value, request.level.value]
    if request.reproduction is not None:
        used += ["reproduction", "ink.black"]
    return [*used, "border", "ink.red", "dates"]
