# SPDX-License-Identifier: Apache-2.0
"""Documents from elsewhere: entered with số đến and, where their paper bears a code, heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register.life import ReceiveRequest
from bmnn_mark.register.store import Register
from bmnn_mark.rules import Level, pack_for
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.living import check_day
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.tracing import FOREIGN_ALARMS, Trace, Traced, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveOrder:
    """A document that came in.

    Attributes:
        agency: who issued it.
        number_sign: its số, ký hiệu.
        dated: its date.
        level: its độ mật.
        arrived: day of arrival; its rules say whether a title may be kept.
        actor: who receives it.
        number: số đến; None takes the year's next one.
        copies: numbers of the copies received; none takes those that the paper's codes name, or 1.
        pages: of each copy; 0 where nobody counted.
        title: loại and trích yếu.
        unit: who it is for.
        note: ghi chú.
        scan: of its paper; None where none was made.
    """

    agency: str
    number_sign: str
    dated: date
    level: Level
    arrived: date
    actor: str
    number: int | None = None
    copies: tuple[int, ...] = ()
    pages: int = 0
    title: str | None = None
    unit: str | None = None
    note: str | None = None
    scan: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """What was entered of a document that came in; the ten columns are made of it.

    Attributes:
        document: its id here.
        number: số đến, for the dấu đến.
        arrived: ngày đến, for the dấu đến.
        agency: who issued it.
        number_sign: its số, ký hiệu.
        dated: its date.
        level: its độ mật.
        copies: numbers of the copies received.
        pages: of each copy; 0 where nobody counted.
        unit: who it is for; empty where nobody said.
        codes: what the codes of the scan led to; none without a scan.
    """

    document: str
    number: int
    arrived: date
    agency: str
    number_sign: str
    dated: date
    level: Level
    copies: tuple[int, ...]
    pages: int
    unit: str
    codes: tuple[Traced, ...]


def receive(
    office: Office, order: ReceiveOrder, *, on_progress: OnProgress = ignore_progress
) -> ReceiveReport:
    """Enter a document from elsewhere in the register.

    Raises:
        UsageRefused: ``input.*``.
        DocumentRefused: the scan cannot be read.
        RegisterRefused: ``register.own_document`` (the scan bears codes of this register),
            ``register.code_leads_nowhere`` (a code that says it is ours and is not), or as the
            register refuses.
        RulesRefused: ``register.no_title_for_tuyet_mat``; no rules for the day.
    """
    check_day(office, order.arrived)
    if order.dated > order.arrived:
        raise UsageRefused("input.not_before", first="--arrived", second="--date")
    pack = pack_for(order.arrived, agency_figures(office))
    register = office.open_register()
    codes = _codes(office, register, order.scan, on_progress)
    copies = order.copies or _named_by(codes) or (1,)
    document, number = register.receive(
        ReceiveRequest(
            agency=order.agency,
            number_sign=order.number_sign,
            dated=order.dated,
            level=order.level,
            pack=pack.id,
            arrived=order.arrived,
            actor=order.actor,
            number=order.number,
            numbers=copies,
            pages=order.pages,
            title=order.title,
            unit=order.unit,
            note=order.note,
            source_sha256=None if order.scan is None else files.sha256_of(order.scan),
        )
    )
    return ReceiveReport(
        document=document,
        number=number,
        arrived=order.arrived,
        agency=order.agency,
        number_sign=order.number_sign,
        dated=order.dated,
        level=order.level,
        copies=copies,
        pages=order.pages,
        unit=order.unit or "",
        codes=codes,
    )


def _codes(
    office: Office, register: Register, scan: Path | None, on_progress: OnProgress
) -> tuple[Traced, ...]:
    """What the scan's codes lead to; a sheet of this register does not come from elsewhere."""
    if scan is None:
        return ()
    codes = trace(office, (str(scan),), on_progress, register=register)
    for one in codes:
        if one.copy is not None:
            raise RegisterRefused("register.own_document", copy=one.copy.number)
        if one.trace not in _FROM_ELSEWHERE:
            raise RegisterRefused("register.code_leads_nowhere", trace=one.trace.value)
        if one.foreign is not None and one.foreign.heard in FOREIGN_ALARMS:
            raise RegisterRefused("register.code_leads_nowhere", trace=one.foreign.heard.value)
    return codes


def _named_by(codes: Iterable[Traced]) -> tuple[int, ...]:
    """Numbers of the copies, as the journals of the register that they are from tell of them."""
    named = {one.foreign.copy for one in codes if one.foreign is not None}
    return tuple(sorted(copy for copy in named if copy is not None))


_FROM_ELSEWHERE = frozenset({Trace.NOT_FOUND, Trace.NOT_OURS})
