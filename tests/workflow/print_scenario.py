# SPDX-License-Identifier: Apache-2.0
"""Run on an isolated host: print, break down, close, print again; the story as JSON."""

import json
import multiprocessing
import os
import signal
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from bmnn_mark import plain
from bmnn_mark.config import Config
from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.files import work_folder
from bmnn_mark.printing.printer.enrolment import Wish, enroll
from bmnn_mark.printing.rehearsal import private_cupsd
from bmnn_mark.printing.scheduler.cups import Server
from bmnn_mark.register.port import CopyRecord, CopyState, Recipient
from bmnn_mark.rules import Copying, Level, Urgency
from bmnn_mark.testing.asking import request
from bmnn_mark.workflow import bookkeeping, printing
from bmnn_mark.workflow.enrolling import register_key, resume_printer
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder, parse_point
from bmnn_mark.workflow.turns import printing_turn


def states(report):
    return [copy.state.value for copy in report.copies]


def refusal(call, *arguments):
    try:
        call(*arguments)
    except BmnnMarkError as error:
        return error.code
    return ""


def attempts(register, document):
    return [[one.number, one.state.value] for one in register.document(document).attempts]


def after_a_crash(office, register, order, room):
    """A print is killed as it lets its first job go; the next one settles that and prints."""
    known = {one.document_id for one in register.documents()}
    child = multiprocessing.get_context("fork").Process(
        target=print_and_die, args=(office, replace(order, number_sign="13/KH-SM"))
    )
    child.start()
    child.join(120)
    (crashed,) = {one.document_id for one in register.documents()} - known
    foreign = register.reserve(request(1)).copies[0].attempt_id
    created = {"ticket": "0" * 64, "host": "f" * 32}
    register.record((step(foreign, CopyState.CREATED, created),))
    left = attempts(register, crashed)
    notices = []
    told = replace(office, on_notice=lambda code, detail: notices.append([code, dict(detail)]))
    sheets = len(room.sheets())
    next_one = printing.print_order(told, replace(order, number_sign="14/KH-SM"))
    waiting = [one for one in register.open_attempts() if one.attempt.attempt_id == foreign]
    return {
        "killed": child.exitcode, "crashed": left, "settled": attempts(register, crashed),
        "notices": notices, "next": states(next_one), "next_sheets": len(room.sheets()) - sheets,
        "of_another_machine": [one.attempt.state.value for one in waiting],
    }  # fmt: skip


def print_and_die(office, order):
    def die(_server, _job):
        os.kill(os.getpid(), signal.SIGKILL)

    Server.release = die
    printing.print_order(office, order)


def step(attempt_id, state, detail):
    return CopyRecord(attempt_id=attempt_id, state=state, actor="An", detail=detail)


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
        story["alone"] = refusal(
            lambda: bookkeeping.close(office, second.attempt_id, "spoiled", actor="An")
        )
        words = {"second_actor": "Bình", "reason": "kẹt giấy, đã huỷ"}
        bookkeeping.close(office, second.attempt_id, "spoiled", actor="An", words=words)
        with printing_turn(office):
            story["running"] = refusal(again, file, None)
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
        story["beyond"] = refusal(again, file, 4)
        story.update(after_a_crash(office, register, order, room))
        story["spool"] = [one.name for one in room.spool.glob("d*")]
        logs = b"".join(one.read_bytes() for one in (folder / "log").glob("*"))
        story["leaked"] = any(word.encode() in logs for word in ("Diễn tập", "mau", "Nơi 1"))
    story["intact"] = bookkeeping.verify(office).intact
    sys.stdout.write(json.dumps(story))


main(*sys.argv[1:])
