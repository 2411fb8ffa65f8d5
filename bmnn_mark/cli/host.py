# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark host``: is this machine offline, and how do we know."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.cli.options import group
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.printing.model import Evidence

_EXIT = {
    "OFFLINE": ExitCode.DONE,
    "ONLINE": ExitCode.HOST_ONLINE,
    "UNKNOWN": ExitCode.HOST_UNKNOWN,
}


def command(lang: Lang) -> click.Command:
    """Build the group."""
    return group(lang, "host", [build(lang, "host.check", [], check)])


def check(desk: Desk) -> int:
    """Collect, judge, and show every finding, the hardest first."""
    from bmnn_mark import plain
    from bmnn_mark.printing.model import Severity
    from bmnn_mark.workflow.hosting import check_host

    report = check_host(desk.office())
    hardness = [Severity.BLOCK, Severity.UNVERIFIED, Severity.WARN, Severity.INFO]
    ordered = sorted(report.evidence, key=lambda one: (hardness.index(one.severity), one.code))
    desk.give(
        plain.to_builtins(report),
        [
            *_lines(desk, ordered),
            desk.word(f"cli.host.verdict.{report.verdict.value}", policy=report.policy.value),
        ],
    )
    return _EXIT[report.verdict.value]


def _lines(desk: Desk, evidence: list[Evidence]) -> list[str]:
    """One line a kind of finding, with up to three of what it was found on."""
    counts = Counter((one.severity, one.code, one.would_be) for one in evidence)
    lines = []
    for (severity, code, would_be), count in counts.items():
        subjects = [shown(one.subject) for one in evidence if one.code == code and one.subject]
        named = ", ".join(dict.fromkeys(subjects[:3])) + (" …" if len(subjects) > 3 else "")
        line = f"[{desk.word(f'cli.host.severity.{severity.value}')}] {desk.word(f'host.{code}')}"
        line += f" ({count}: {named})" if named else ""
        if would_be is not None:
            harder = desk.word(f"cli.host.severity.{would_be.value}")
            line += " " + desk.word("cli.host.would_block", severity=harder)
        lines.append(line)
    return lines
