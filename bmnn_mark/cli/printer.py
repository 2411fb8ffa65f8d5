# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark printer``: exactly one permitted printer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import group, option
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang, next_step
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.printing.scheduler.cups import Queue


def command(lang: Lang) -> click.Command:
    """Build the group."""
    return group(
        lang,
        "printer",
        [
            build(lang, "printer.list", [option(lang, "--socket", metavar="PATH")], list_queues),
            build(
                lang,
                "printer.enroll",
                [
                    option(lang, "--queue", required=True, metavar="NAME"),
                    option(lang, "--device", metavar="URI"),
                    option(lang, "--ppd", metavar="FILE"),
                    option(lang, "--any-port", is_flag=True),
                    option(lang, "--register-key", metavar="KEY"),
                ],
                enroll,
            ),
            build(
                lang,
                "printer.confirm-page",
                [
                    option(lang, "--across", required=True, type=_millimetres, metavar="MM"),
                    option(lang, "--down", required=True, type=_millimetres, metavar="MM"),
                ],
                confirm_page,
            ),
            build(lang, "printer.key", [], key),
            build(lang, "printer.check", [], check),
            build(lang, "printer.resume", [], resume),
        ],
    )


def list_queues(desk: Desk, *, socket: str | None) -> None:
    """The queues of the scheduler at a socket."""
    from bmnn_mark import plain
    from bmnn_mark.printing.printer.record import list_queues as queues_of
    from bmnn_mark.printing.scheduler.peer import SYSTEM_SOCKET

    queues = queues_of(Path(socket) if socket else SYSTEM_SOCKET)
    desk.give(
        {"queues": plain.to_builtins(queues)},
        [line for one in queues for line in _queue_lines(desk, one)]
        or [desk.word("cli.printer.none")],
    )


def _queue_lines(desk: Desk, queue: Queue) -> list[str]:
    """A queue, and what can be asked of it."""
    can = queue.capabilities
    return [
        desk.word("cli.printer.queue", queue=shown(queue.name), device=shown(queue.device_uri)),
        "    "
        + desk.word(
            "cli.printer.can",
            ink=desk.word("cli.printer.colour" if can.colour else "cli.printer.no_colour"),
            dpi=can.raster_dpi,
            sides=shown(", ".join(can.sides)),
            media=shown(", ".join(can.media), limit=400),
            trays=shown(", ".join(can.trays)) or "-",
        ),
    ]


def key(desk: Desk) -> None:
    """The register's public key, for the officer who enrolls its printer."""
    from bmnn_mark.workflow.enrolling import register_key

    text = register_key(desk.office().open_register()).text
    desk.give({"register_key": text}, [text])


def enroll(
    desk: Desk,
    *,
    queue: str,
    device: str | None,
    ppd: str | None,
    any_port: bool,
    register_key: str | None,
) -> None:
    """Write a queue through the gate and make it the permitted one."""
    from bmnn_mark import plain
    from bmnn_mark.printing.printer.enrolment import RegisterKey, Wish
    from bmnn_mark.workflow.enrolling import enroll_printer

    description = Path(ppd) if ppd else None
    wish = Wish(queue=queue, device_uri=device, description=description, any_port=any_port)
    told = RegisterKey.from_text(register_key) if register_key else None
    done = enroll_printer(desk.office(), wish, key=told)
    record, proof = done.printer, done.printer.proof
    known = desk.word(
        "cli.printer.enrolled", queue=shown(record.queue), device=shown(record.device_uri)
    )
    measured = (
        desk.word("cli.printer.sheet_sent")
        if proof is None
        else desk.word("cli.printer.measured", deviation_mm=proof.deviation_mm)
    )
    kind = [desk.word("cli.printer.for_rehearsal")] if record.rehearsal else []
    desk.give(plain.to_builtins(done), [known, *kind, measured])


def _millimetres(untrusted_text: str) -> float:
    value = float(untrusted_text)
    if not 0 < value < math.inf:
        raise ValueError
    return value


def confirm_page(desk: Desk, *, across: float, down: float) -> None:
    """Enter what was measured on the printed test sheet."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.enrolling import confirm_page as confirm

    record = confirm(desk.office(), across, down)
    assert record.proof is not None
    desk.give(
        {"printer": plain.to_builtins(record)},
        [desk.word("cli.printer.measured", deviation_mm=record.proof.deviation_mm)],
    )


def resume(desk: Desk) -> None:
    """Let the permitted queue work again after a run paused it; never with a job in it."""
    from bmnn_mark.workflow.enrolling import resume_printer

    record = resume_printer(desk.office())
    desk.give({"queue": record.queue}, [desk.word("cli.printer.resumed", queue=record.queue)])


def check(desk: Desk) -> int:
    """Compare the printer with its record; exit 7 with every finding."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.enrolling import check_printer

    findings = check_printer(desk.office())
    lines = []
    for one in findings:
        lines.append(f"{desk.word(one.code, **one.detail)}  [{one.code}]")
        lines.append("  → " + next_step(one.code, desk.lang, **one.detail))
    desk.give(
        {"findings": plain.to_builtins(findings)}, lines or [desk.word("cli.printer.as_enrolled")]
    )
    return ExitCode.PRINTER if findings else ExitCode.DONE
