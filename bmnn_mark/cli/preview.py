# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark stamp --preview``: a picture of page 1 with the marks in place, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.reporting import placed_lines, tell_notices
from bmnn_mark.errors import ExitCode
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.documents.proposal import Proposal, Read
    from bmnn_mark.workflow.orders import IssueOrder, StampOrder
    from bmnn_mark.workflow.proposing import Preview

#: What is read off a document, with the option that takes it.
_OPTIONS = {
    "number_sign": "--number-sign",
    "dated": "--date",
    "drafter": "--drafter",
    "copying": "--copying",
    "copies": "--copies",
}


def show(desk: Desk, order: StampOrder | IssueOrder, picture: Path, *, overwrite: bool) -> ExitCode:
    """Write the picture; say what would be done, and what the document says of itself."""
    from bmnn_mark.workflow import proposing
    from bmnn_mark.workflow.orders import IssueOrder

    office = desk.office()
    made = proposing.preview(
        office, order, picture, overwrite=overwrite, on_progress=desk.progress()
    )
    stamp = order.stamp if isinstance(order, IssueOrder) else order
    read = proposing.propose(
        office, stamp.source, password=stamp.password, on_progress=desk.progress()
    )
    tell_notices(desk, made.mark)
    desk.give(_plain(desk, made, read), _lines(desk, made, read))
    return ExitCode.DONE


def _plain(desk: Desk, made: Preview, read: Proposal) -> dict[str, Any]:
    from bmnn_mark import plain
    from bmnn_mark.cli import contract

    return contract.stamped(desk, [made.mark]) | {
        "preview": str(made.picture),
        "copies": made.copies,
        "proposal": plain.to_builtins(read),
    }


def _lines(desk: Desk, made: Preview, read: Proposal) -> list[str]:
    lines = [desk.word("cli.preview.done", file=shown(str(made.picture), limit=400))]
    lines += placed_lines(desk, made.mark)
    if made.copies is not None:
        lines.append(desk.word("cli.preview.copies", copies=made.copies))
    lines += [
        desk.word(
            "cli.preview.read",
            what=desk.word(f"cli.read.{name}"),
            value=found.value,
            page=found.page,
            option=option,
        )
        for name, option in _OPTIONS.items()
        if (found := _read(read, name)) is not None
    ]
    return lines


def _read(read: Proposal, name: str) -> Read | None:
    found: Read | None = getattr(read, name)
    return found
