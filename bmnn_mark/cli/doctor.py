# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark doctor``: what is installed, what is missing, what to do."""

from __future__ import annotations

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(lang, "doctor", [], run)


def run(desk: Desk) -> int:
    """Show each finding with its next step; exit 70 when a needed thing is missing."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.doctor import Health, examine

    findings = examine()
    lines = []
    for one in findings:
        state = desk.word(f"cli.doctor.{one.health.value}")
        lines.append(f"{desk.word(f'cli.doctor.{one.name}')}: {state}")
        if one.step:
            step = desk.word(f"cli.doctor.next.{one.step}", package=one.what, extra=one.what)
            lines.append(f"  → {step}")
    desk.give({"findings": plain.to_builtins(findings)}, lines)
    missing = any(one.health is Health.MISSING for one in findings)
    return ExitCode.FAULT if missing else ExitCode.DONE
