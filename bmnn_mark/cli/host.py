# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark host``: is this machine offline, and how do we know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmnn_mark.cli import commission
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, group, option, output_path
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang, words
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
    paper = click.Option(
        ["--output", "-o"], required=True, metavar="FILE", help=words("cli.opt.host-paper", lang)
    )
    return group(
        lang,
        "host",
        [
            build(lang, "host.check", [option(lang, "--direct", is_flag=True)], check),
            build(
                lang,
                "host.report",
                [
                    paper,
                    option(lang, "--user", metavar="NAME", default=""),
                    option(lang, "--use", metavar="TEXT", default=""),
                    option(lang, "--direct", is_flag=True),
                    option(lang, "--overwrite", is_flag=True),
                    option(lang, "--actor", metavar="NAME"),
                ],
                report,
            ),
            commission.command(lang),
        ],
    )


def check(desk: Desk, *, direct: bool) -> int:
    """Collect, judge, and show every finding, the hardest first."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.hosting import check_host

    report = check_host(desk.office(), direct=direct)
    desk.give(
        plain.to_builtins(report),
        [
            *finding_lines(desk, report.evidence),
            desk.word(f"cli.host.verdict.{report.verdict.value}", policy=report.policy.value),
        ],
    )
    return _EXIT[report.verdict.value]


def report(
    desk: Desk,
    *,
    output: str,
    user: str,
    use: str,
    direct: bool,
    overwrite: bool,
    actor: str | None,
) -> int:
    """Write what a self-inspection asks of this machine as a paper; exit code as ``check``."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.host_report import HostUse, write_host_report

    target = output_path(output)
    assert target is not None
    made = write_host_report(
        desk.office(),
        Path(target),
        HostUse(actor=actor_name(actor), user=user, use=use),
        direct=direct,
        overwrite=overwrite,
        lang=desk.lang,
        on_progress=desk.progress(),
    )
    desk.give(
        plain.to_builtins(made),
        [
            desk.word(
                "cli.host.reported",
                file=shown(str(made.paper.path), limit=400),
                sha256=made.report.snapshot_sha256,
            ),
            desk.word(
                f"cli.host.verdict.{made.report.verdict.value}", policy=made.report.policy.value
            ),
        ],
    )
    return _EXIT[made.report.verdict.value]


def finding_lines(desk: Desk, evidence: Iterable[Evidence]) -> list[str]:
    """One line a kind of finding, the hardest first, with up to three of what it was found on."""
    from bmnn_mark.printing.model import Severity

    hardness = [Severity.BLOCK, Severity.UNVERIFIED, Severity.WARN, Severity.INFO]
    ordered = sorted(evidence, key=lambda one: (hardness.index(one.severity), one.code))
    counts = Counter((one.severity, one.code, one.would_be) for one in ordered)
    lines = []
    for (severity, code, would_be), count in counts.items():
        subjects = [shown(one.subject) for one in ordered if one.code == code and one.subject]
        named = ", ".join(dict.fromkeys(subjects[:3])) + (" …" if len(subjects) > 3 else "")
        line = f"[{desk.word(f'cli.host.severity.{severity.value}')}] {desk.word(f'host.{code}')}"
        line += f" ({count}: {named})" if named else ""
        if would_be is not None:
            harder = desk.word(f"cli.host.severity.{would_be.value}")
            line += " " + desk.word("cli.host.would_block", severity=harder)
        lines.append(line)
    return lines
