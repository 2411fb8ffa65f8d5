# SPDX-License-Identifier: Apache-2.0
"""Confirming figures of the rules against the official text, and taking that back.

The register is told first: what is interrupted then is seen, and refused, as a file that the
register does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.pdf.fresh import FreshPage, write_fresh
from bmnn_mark.errors import DocumentRefused, RulesRefused, UsageRefused
from bmnn_mark.files import os_reason
from bmnn_mark.i18n import Lang
from bmnn_mark.register.ruling import RuleChange, RuleChanges
from bmnn_mark.rules import AgencyFigure, RulePack, load_pack
from bmnn_mark.rules.overlay import (
    Confirmation,
    Overlay,
    value_text,
    write_overlay,
    written,
)
from bmnn_mark.rules.values import parse_value
from bmnn_mark.stamps import preview, samples
from bmnn_mark.text import one_line
from bmnn_mark.workflow.agency import agency_overlay, overlay_path
from bmnn_mark.workflow.office import Office

#: Resolution of a preview as pixels.
PREVIEW_DPI = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One figure as an officer found it in the official text.

    Attributes:
        figure: its path.
        untrusted_value: as written; None confirms the one that is shown.
        untrusted_source: instrument, comma, clause.
    """

    figure: str
    untrusted_value: str | None
    untrusted_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Changes that were checked as a whole and not made yet.

    Attributes:
        before: the overlay that they change.
        text: the file with the changes; None for no file.
        after: what it says.
        changes: for the register.
    """

    before: Overlay
    text: bytes | None
    after: Overlay
    changes: tuple[RuleChange, ...]


def prepare(office: Office, pack_id: str, wanted: Sequence[Wanted], *, actor: str) -> Prepared:
    """Check figures to be confirmed; nothing is written.

    Raises:
        RulesRefused: ``rules.value_wrong``, ``rules.source_wrong``, ``rules.overlay_wrong``,
            ``rules.no_figure``, ``stamps.does_not_fit`` (a stamp cannot be drawn by them).
    """
    before = agency_overlay(office)
    name = one_line("--actor", actor)
    pack = load_pack(pack_id, before.figures)
    made = [Confirmation(figure=_figure(office, pack, one), by=name) for one in wanted]
    places = {one.place for one in made}
    kept = [one for one in before.confirmations if one.place not in places]
    prepared = _prepared(before, [*kept, *made], [_confirmed(one.figure) for one in made])
    for stamp in load_pack(pack_id, prepared.after.figures).stamps:
        samples.stamp_sample(load_pack(pack_id, prepared.after.figures), stamp)
    return prepared


def prepare_withdrawal(office: Office, pack_id: str, figures: Iterable[str]) -> Prepared:
    """Check confirmations to be taken back; nothing is written.

    Raises:
        RulesRefused: ``rules.not_confirmed``, ``rules.overlay_wrong`` (what is left does not go
            together).
    """
    before = agency_overlay(office)
    gone = list(dict.fromkeys(figures))
    for figure in gone:
        if before.of(pack_id, figure) is None:
            raise RulesRefused("rules.not_confirmed", pack=pack_id, figure=figure)
    kept = [one for one in before.confirmations if one.place not in {(pack_id, g) for g in gone}]
    return _prepared(before, kept, [RuleChange(pack=pack_id, figure=one) for one in gone])


def carry_out(office: Office, prepared: Prepared, *, actor: str) -> None:
    """Enter changes in the register, then put the file in its place.

    Raises:
        RulesRefused: ``rules.overlay_changed``: somebody else was faster.
        RegisterRefused: the register; nothing was written.
        DocumentRefused: ``output.unwritable``.
    """
    register, path = office.open_register(), overlay_path(office)
    files.check_target(path, overwrite=True)
    asked = RuleChanges(
        changes=prepared.changes, before=prepared.before.sha256, overlay=prepared.after.sha256
    )
    register.record_rules(asked, actor)
    _put(path, prepared.text)


def withdraw_all(office: Office, *, actor: str) -> None:
    """Take every confirmation back, whatever became of the file, and remove it.

    Raises:
        RegisterRefused: the register; nothing was changed.
        DocumentRefused: ``output.unwritable``.
    """
    everything = RuleChange(pack=None, figure=None)
    asked = RuleChanges(changes=(everything,), before=None, overlay=None, whatever=True)
    office.open_register().record_rules(asked, actor)
    _put(overlay_path(office), None)


def draw_preview(
    pack: RulePack, figures: Iterable[str], target: Path, lang: Lang, *, overwrite: bool = False
) -> tuple[str, ...]:
    """Draw the stamps that figures have a part in, at true size.

    Args:
        pack: the rules with the figures.
        figures: their paths.
        target: a ``.png`` (600 dpi) or a ``.pdf`` (A4).
        lang: of the words beside the stamps.
        overwrite: replace what is there.

    Returns:
        The ids of the stamps drawn.

    Raises:
        UsageRefused: ``rules.preview_kind``.
        DocumentRefused: ``output.exists``, ``output.unwritable``.
    """
    kind = target.suffix.lower()
    if kind not in {".png", ".pdf"}:
        raise UsageRefused("rules.preview_kind")
    files.check_target(target, overwrite=overwrite)
    groups = {path.partition(".")[0] for path in figures}
    stamps = [one for one in pack.stamps if one in groups or not groups <= set(pack.stamps)]
    rows = [[preview.stamp_block(pack, samples.stamp_sample(pack, one), lang)] for one in stamps]
    rows.append([preview.legend_block(lang)])
    with files.work_folder() as work:
        draft = work / "preview"
        if kind == ".pdf":
            write_fresh(
                [FreshPage(one.size, one.parts) for one in preview.lay_out(rows, preview.A4)], draft
            )
        else:
            (sheet,) = preview.lay_out(rows)
            picture = preview.render(sheet, PREVIEW_DPI)
            picture.save(draft, format="PNG", dpi=(PREVIEW_DPI, PREVIEW_DPI))
        files.deliver(draft, target, overwrite=overwrite)
    return tuple(stamps)


def _figure(office: Office, pack: RulePack, wanted: Wanted) -> AgencyFigure:
    known = dict(pack.figures()).get(wanted.figure)
    if known is None:
        raise RulesRefused("rules.no_figure", pack=pack.id)
    value = (
        value_text(getattr(known, "value"))  # noqa: B009 - every kind of figure has one
        if wanted.untrusted_value is None
        else value_text(parse_value(wanted.figure, type(known), wanted.untrusted_value))
    )
    instrument, clause = parse_source(wanted.untrusted_source)
    return AgencyFigure(
        pack=pack.id,
        figure=wanted.figure,
        value=value,
        instrument=instrument,
        clause=clause,
        on=office.today(),
    )


def parse_source(untrusted_text: str) -> tuple[str, str]:
    """Instrument and clause of an official text: ``Công văn 2663/VPCP-NC, Phụ lục, Mẫu 02``.

    Raises:
        RulesRefused: ``rules.source_wrong``.
        UsageRefused: ``input.*``.
    """
    instrument, _, clause = (
        part.strip() for part in one_line("--source", untrusted_text).partition(",")
    )
    if not instrument or not clause:
        raise RulesRefused("rules.source_wrong")
    return instrument, clause


def _confirmed(figure: AgencyFigure) -> RuleChange:
    return RuleChange(
        pack=figure.pack,
        figure=figure.figure,
        value=figure.value,
        source=f"{figure.instrument}, {figure.clause}",
    )


def _prepared(
    before: Overlay, confirmations: Sequence[Confirmation], changes: Sequence[RuleChange]
) -> Prepared:
    if not confirmations:
        return Prepared(before=before, text=None, after=Overlay(), changes=tuple(changes))
    text, after = written(confirmations)
    return Prepared(before=before, text=text, after=after, changes=tuple(changes))


def _put(path: Path, text: bytes | None) -> None:
    if text is not None:
        write_overlay(path, text)
        return
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            files.sync_folder(path.parent)
    except OSError as error:
        raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error
