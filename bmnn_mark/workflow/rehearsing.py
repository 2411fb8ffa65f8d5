# SPDX-License-Identifier: Apache-2.0
"""Print in a rehearsal: on a host of its own without network, against a scheduler of its own.

:func:`rehearse_print` runs this module again inside the isolated host; what happens there is the
same :func:`bmnn_mark.workflow.printing.print_order` that a clerk runs.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bmnn_mark import plain, proc
from bmnn_mark.config import Config
from bmnn_mark.errors import REFUSALS, BmnnMarkError, Fault, Scalar
from bmnn_mark.files import work_folder, write_whole
from bmnn_mark.printing.model import Verdict
from bmnn_mark.printing.printer.enrolment import Wish, enroll
from bmnn_mark.printing.rehearsal import isolated, private_cupsd
from bmnn_mark.register.port import CopyState, Recipient
from bmnn_mark.rules import Level
from bmnn_mark.workflow.enrolling import register_key
from bmnn_mark.workflow.hosting import check_host
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.printing import print_order

_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalOrder:
    """What to print in the rehearsal, and where the paper goes."""

    config: Config
    source: str
    level: Level
    dated: date
    number_sign: str
    recipients: tuple[Recipient, ...]
    actor: str
    tray: str
    """Folder that stands for the printer's tray."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalReport:
    """What happened on the isolated host.

    Attributes:
        verdict: the judge's on that host.
        would_block: codes that would block on a real host.
        states: of the copies, in order.
        sheets: names of the files in the tray.
    """

    verdict: Verdict
    would_block: tuple[str, ...]
    states: tuple[CopyState, ...]
    sheets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    report: RehearsalReport | None = None
    refusal: str = ""
    code: str = ""
    detail: dict[str, Scalar] | None = None


def rehearse_print(order: RehearsalOrder) -> RehearsalReport:
    """Print on an isolated host and return what happened there.

    Raises:
        PrinterRefused: ``print.needs_root``, or whatever the print refused with.
        Fault: ``fault.rehearsal``: the isolated host did not answer.
    """
    with work_folder() as home:
        command = [sys.executable, "-I", "-m", "bmnn_mark.workflow.rehearsing"]
        done = proc.run(isolated(command), home=home, seconds=_SECONDS, stdin=plain.encode(order))
    try:
        answer = plain.decode(done.stdout, _Answer)
    except ValueError as error:
        raise Fault("fault.rehearsal", status=done.returncode) from error
    if answer.report is None:
        raise REFUSALS[answer.refusal](answer.code, **(answer.detail or {}))
    return answer.report


def _run(order: RehearsalOrder) -> RehearsalReport:
    office = office_for(order.config, None)
    host = check_host(office)
    with work_folder() as folder, private_cupsd(folder) as room:
        office = replace(office, guard=room.guard_place)
        key = register_key(office.open_register())
        enroll(Wish(queue=room.queue), key, place=room.guard_place, scheduler=room.scheduler)
        printed = print_order(
            office,
            IssueOrder(
                stamp=StampOrder(source=Path(order.source), level=order.level, dated=order.dated),
                number_sign=order.number_sign,
                recipients=order.recipients,
                actor=order.actor,
            ),
        )
        sheets = []
        for place, sheet in enumerate(room.sheets(), 1):
            name = f"to-giay-{place:02}.pdf"
            write_whole(Path(order.tray) / name, [sheet], overwrite=True)
            sheets.append(name)
    softened = {one.code for one in host.evidence if one.would_be is not None}
    return RehearsalReport(
        verdict=host.verdict,
        would_block=tuple(sorted(softened)),
        states=tuple(copy.state for copy in printed.copies),
        sheets=tuple(sheets),
    )


def _answer() -> _Answer:
    try:
        return _Answer(report=_run(plain.decode(sys.stdin.buffer.read(), RehearsalOrder)))
    except BmnnMarkError as error:
        return _Answer(refusal=type(error).__name__, code=error.code, detail=dict(error.detail))


if __name__ == "__main__":
    out = os.dup(1)
    os.dup2(2, 1)
    os.write(out, plain.encode(_answer()))
