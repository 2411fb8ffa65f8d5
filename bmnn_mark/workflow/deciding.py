# SPDX-License-Identifier: Apache-2.0
"""Decisions about a document: thu hồi, giải mật, điều chỉnh độ mật, gia hạn.

Each is entered for the document and the copies made of it. Who holds copies is told by a letter
each, and the stamp of the decision is drawn for the copies that are on paper already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.register.life import DocumentAct, DocumentActRequest, Whereabouts
from bmnn_mark.register.store import Register
from bmnn_mark.register.views import DocumentRow
from bmnn_mark.reports.letters import Change, ChangeNotice, HolderList, RecallLetter
from bmnn_mark.reports.paper import Letterhead, Paper
from bmnn_mark.reports.writing import write_paper
from bmnn_mark.rules import Level, pack_for
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.living import CopyNow, check_day, document_now
from bmnn_mark.workflow.naming import named_document
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.overprinting import ActStamp, draw_act_stamp
from bmnn_mark.workflow.papers import letterhead, listed
from bmnn_mark.workflow.terms import end_of_term

_OUT = frozenset({Whereabouts.WITH_HOLDER, Whereabouts.CARRIED_OUT, Whereabouts.PROVIDED})
_NO_PAPER = frozenset({Whereabouts.NOT_MADE, Whereabouts.DESTROYED, Whereabouts.LOST})
_CHANGES = {
    DocumentAct.RELEVELLED: Change.RELEVELLED,
    DocumentAct.DECLASSIFIED: Change.DECLASSIFIED,
    DocumentAct.EXTENDED: Change.EXTENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOrder:
    """One decision about a document.

    Attributes:
        document: which one, as it is named (:func:`bmnn_mark.workflow.naming.named_document`).
        act: what was decided.
        on: the day from which it holds.
        actor: who enters it.
        words: ``decision``, ``reason`` and so on.
        level: the new one, where it is relevelled.
        until: last day of the extended protection, or day by which copies are to be back.
        partly: only a part is declassified.
        folder: where letters and the stamp's sheet go; None writes none.
        file: the document itself, to be stamped; its page 1 says where the stamp stands.
        level_there: ``file`` bears its độ mật mark already, as a scan does.
        restamp: ``file`` bears our marks by another request: take those out first.
        overwrite: files in the folder may be replaced.
    """

    document: str
    act: DocumentAct
    on: date
    actor: str
    words: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    until: date | None = None
    partly: bool = False
    folder: Path | None = None
    file: Path | None = None
    level_there: bool = False
    restamp: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody who has to be told.

    Attributes:
        party: who.
        office: post or unit; empty where nobody said.
        copies: what is held.
    """

    party: str
    office: str
    copies: tuple[CopyNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReport:
    """What became of a decision.

    Attributes:
        document: id.
        number_sign: of the document.
        act: what was decided.
        on: from when.
        level_before: độ mật until then.
        level: độ mật from then on.
        until: as of the order.
        partly: as of the order.
        tell: who holds copies and has to be told.
        here: copies in the office that are to be stamped, or are back already.
        tell_until: last day for telling; None where no rule names one.
        tell_provenance: what is known of that rule.
        tell_source: text it was read in.
        outputs: files that were written.
        stamp: the decision's stamp; None where none was drawn.
    """

    document: str
    number_sign: str
    act: DocumentAct
    on: date
    level_before: Level
    level: Level
    until: date | None
    partly: bool
    tell: tuple[Told, ...]
    here: tuple[CopyNow, ...]
    tell_until: date | None
    tell_provenance: str | None
    tell_source: str | None
    outputs: tuple[str, ...]
    stamp: ActStamp | None


def decide(
    office: Office, order: DecisionOrder, *, on_progress: OnProgress = ignore_progress
) -> DecisionReport:
    """Enter a decision about a document; draw its stamp and write to who holds copies.

    Nothing is entered where a letter or the stamp cannot be made, and no file is left where the
    decision cannot be entered.

    Raises:
        UsageRefused: ``input.*``.
        DocumentRefused: ``file``, the stamp or the folder.
        RulesRefused: ``register.same_level``; the rules.
        RegisterRefused: what the register or the naming refuses.
    """
    check_day(office, order.on)
    register = office.open_register()
    row = _original(register, named_document(office, register, order.document))
    _check(office, order, row)
    tell, here = _concerned(register, row)
    until, provenance, source = _telling(office, order)
    with files.work_folder(memory_only=not register.rehearsal) as work:
        drafts = _letters(office, register, order, tell, until, work, on_progress)
        stamp = None
        if order.folder is not None and _has_stamp(order):
            stamp, drawn = draw_act_stamp(office, register, order, row, work, on_progress)
            drafts |= drawn
        _check_targets(order, drafts)
        register.act_on_document(_request(order, row))
        outputs = _deliver(order, drafts)
    return DecisionReport(
        document=row.document_id,
        number_sign=row.number_sign,
        act=order.act,
        on=order.on,
        level_before=row.level,
        level=order.level or row.level,
        until=order.until,
        partly=order.partly,
        tell=tell,
        here=here,
        tell_until=until,
        tell_provenance=provenance,
        tell_source=source,
        outputs=outputs,
        stamp=stamp,
    )


def _original(register: Register, document_id: str) -> DocumentRow:
    """The document itself, also where one of the copies made of it was named."""
    row = register.document(document_id).document
    return row if row.parent is None else register.document(row.parent).document


def _check(office: Office, order: DecisionOrder, row: DocumentRow) -> None:
    """See that days follow one another, before anything is made.

    Raises:
        UsageRefused: ``input.needed``, ``input.not_before``, ``input.term_not_later``,
            ``input.together``.
    """
    if order.on < row.dated:
        raise UsageRefused("input.not_before", first="--on", second="--date")
    if order.act is DocumentAct.EXTENDED:
        if order.until is None:
            raise UsageRefused("input.needed", field="term")
        end = end_of_term(row, agency_figures(office))
        if order.until <= end.day:
            raise UsageRefused("input.term_not_later", term=end.day.isoformat())
    if order.act is DocumentAct.RECALLED and order.until is not None and order.until < order.on:
        raise UsageRefused("input.not_before", first="--until", second="--on")
    if order.file is not None and order.folder is None:
        raise UsageRefused("input.together", first="FILE", second="--output")


def _concerned(
    register: Register, row: DocumentRow
) -> tuple[tuple[Told, ...], tuple[CopyNow, ...]]:
    """Who holds copies of a document or of copies made of it, and which copies are here."""
    family = [row.document_id]
    family += [one.document_id for one in register.documents() if one.parent == row.document_id]
    copies = [
        copy
        for document_id in family
        for copy in document_now(register, register.document(document_id))
        if copy.whereabouts not in _NO_PAPER
    ]
    held: dict[tuple[str, str], list[CopyNow]] = {}
    for copy in copies:
        if copy.whereabouts in _OUT:
            held.setdefault((copy.holder, copy.office), []).append(copy)
    tell = tuple(
        Told(party=party, office=post, copies=tuple(theirs))
        for (party, post), theirs in held.items()
    )
    return tell, tuple(one for one in copies if one.whereabouts is Whereabouts.IN_OFFICE)


def _telling(office: Office, order: DecisionOrder) -> tuple[date | None, str | None, str | None]:
    """By when others are to be told, and what that rests on; a recall has a day of its own."""
    if order.act is DocumentAct.RECALLED:
        return None, None, None
    rule = pack_for(order.on, agency_figures(office)).reporting.notice
    return order.on + timedelta(days=rule.value), rule.provenance.value, rule.source.text


def _has_stamp(order: DecisionOrder) -> bool:
    """A recall calls the copies back, and no form for a part that is released was read."""
    return order.act is not DocumentAct.RECALLED and not order.partly


def _request(order: DecisionOrder, row: DocumentRow) -> DocumentActRequest:
    return DocumentActRequest(
        document_id=row.document_id,
        act=order.act,
        on=order.on,
        actor=order.actor,
        words=order.words,
        level=order.level,
        term=order.until if order.act is DocumentAct.EXTENDED else None,
        partly=order.partly,
    )


def _letters(
    office: Office,
    register: Register,
    order: DecisionOrder,
    tell: Sequence[Told],
    until: date | None,
    work: Path,
    on_progress: OnProgress,
) -> dict[str, Path]:
    """Drafts of a letter for each who has to be told, and for a recall the list of them all."""
    if order.folder is None:
        return {}
    agency = register.agency
    head = letterhead(office, agency)
    papers = {
        f"thong-bao-{number:02d}.docx": _letter(order, one, head, until)
        for number, one in enumerate(tell, 1)
    }
    if order.act is DocumentAct.RECALLED and tell:
        copies = tuple(listed(one, agency=agency) for each in tell for one in each.copies)
        papers["danh-sach.docx"] = HolderList(head=head, copies=copies, until=order.until).paper()
    drafts = {}
    for name, paper in papers.items():
        drafts[name] = work / name
        write_paper(
            paper,
            drafts[name],
            rehearsal=register.rehearsal,
            limits=office.limits,
            on_progress=on_progress,
        )
    return drafts


def _letter(order: DecisionOrder, one: Told, head: Letterhead, until: date | None) -> Paper:
    copies = tuple(listed(copy, agency=head.agency) for copy in one.copies)
    addressee = ", ".join(part for part in (one.party, one.office) if part)
    if order.act is DocumentAct.RECALLED:
        return RecallLetter(
            head=head,
            addressee=addressee,
            copies=copies,
            reason=order.words.get("reason", ""),
            until=order.until,
            decision=order.words.get("decision", ""),
        ).paper()
    return ChangeNotice(
        head=head,
        addressee=addressee,
        change=Change.PARTLY_DECLASSIFIED if order.partly else _CHANGES[order.act],
        copies=copies,
        since=order.on,
        level=order.level,
        term=order.until,
        decision=order.words.get("decision", ""),
        until=until,
    ).paper()


def _check_targets(order: DecisionOrder, drafts: Mapping[str, Path]) -> None:
    if order.folder is None:
        return
    if files.is_file(order.folder):
        raise DocumentRefused("output.unwritable", reason="ENOTDIR")
    for name in drafts:
        files.check_target(
            order.folder / name, overwrite=order.overwrite, new_folder=True, source=order.file
        )


def _deliver(order: DecisionOrder, drafts: Mapping[str, Path]) -> tuple[str, ...]:
    if order.folder is None or not drafts:
        return ()
    order.folder.mkdir(mode=0o700, exist_ok=True)
    for name, draft in drafts.items():
        files.deliver(draft, order.folder / name, overwrite=order.overwrite)
    return tuple(str(order.folder / name) for name in drafts)
