# SPDX-License-Identifier: Apache-2.0
"""Run on an isolated host: print, break down, close, print again; the story as JSON."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from bmnn_mark import plain
from bmnn_mark.config import Config
from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.files import work_folder
from bmnn_mark.printing.enrolment import Wish, enroll
from bmnn_mark.printing.rehearsal import private_cupsd
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Copying, Level, Urgency
from bmnn_mark.workflow import bookkeeping, printing
from bmnn_mark.workflow.enrolling import register_key, resume_printer
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder, parse_point


def states(report):
    return [copy.state.value for copy in report.copies]


def refusal(call, *arguments):
    try:
        call(*arguments)
    except BmnnMarkError as error:
        return error.code
    return ""


def main(source, other, data):
    office = office_for(Config(agency="SỞ MẪU", data_folder=data, ink=(190, 0, 20)), None)
    register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    stamp = StampOrder(
        source=Path(source), level=Level.TOI_MAT, dated=date(2026, 11, 5), urgency=Urgency.KHAN,
        copying=Copying.FORBIDDEN, drafter="Lê Bình", at=parse_point("30.5,52.5"),
    )  # fmt: skip
    recipients = tuple(Recipient(name=f"Nơi {k}") for k in (1, 2, 3))
    order = IssueOrder(stamp=stamp, number_sign="12/KH-SM", recipients=recipients, actor="An")
    story = {}
    with work_folder() as folder, private_cupsd(folder) as room:
        office = replace(office, guard=room.guard_place)
        key = register_key(register)
        enroll(Wish(queue=room.queue), key, place=room.guard_place, scheduler=room.scheduler)

        def first_then_fail(step):
            if step.phase == "print" and step.copy == 2:
                room.set_device("fail 1")

        broken = printing.print_order(office, order, on_progress=first_then_fail)
        story["broken"] = states(broken)
        story["sheets_after_break"] = len(room.sheets())
        story["spool_after_break"] = [one.name for one in room.spool.glob("d*")]
        story["open"] = [one.attempt.number for one in register.open_attempts()]
        story["paused"] = refusal(printing.print_order, office, order)
        resume_printer(office)
        room.set_device("ok")
        story["same_again"] = refusal(printing.print_order, office, order)

        document = broken.document_id
        file = Path(source)

        def again(file, number):
            return printing.print_again(office, file, document, number, actor="An")

        story["before_closing"] = refusal(again, file, 2)
        first, second, _third = broken.copies
        bookkeeping.close(office, first.attempt_id, "printed", actor="An")
        bookkeeping.close(office, second.attempt_id, "spoiled", actor="An")
        story["other_file"] = refusal(again, Path(other), None)
        repaired = again(file, None)
        story["marks"] = [plain.to_builtins(one.mark.result.marks) for one in (broken, repaired)]
        story["repaired"] = states(repaired)
        story["numbers"] = [copy.number for copy in repaired.copies]
        story["sheets"] = len(room.sheets())
        story["printed_again"] = refusal(again, file, 1)
        story["attempts"] = [
            [one.number, one.attempt, one.state.value]
            for one in register.document(document).attempts
        ]
        story["spool"] = [one.name for one in room.spool.glob("d*")]
        logs = b"".join(one.read_bytes() for one in (folder / "log").glob("*"))
        story["leaked"] = any(word.encode() in logs for word in ("Diễn tập", "mau", "Nơi 1"))
    story["intact"] = bookkeeping.verify(office).intact
    sys.stdout.write(json.dumps(story))


main(*sys.argv[1:])
