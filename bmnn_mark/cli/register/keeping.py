# SPDX-License-Identifier: Apache-2.0
"""Keeping the register itself: its keys, its passphrase, erasing, backing up, restoring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import actor_name, option, output_path
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.workflow.keeping import TwoPeople


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    people: list[click.Parameter] = [
        option(lang, "--actor", metavar="NAME"),
        option(lang, "--second-actor", metavar="NAME"),
    ]
    reason = option(lang, "--reason", metavar="TEXT")
    sealed = option(lang, "--backup-passphrase-file", metavar="FILE")
    return [
        build(
            lang,
            "register.rotate-key",
            [
                option(lang, "--key", type=click.Choice(["sealing", "trace"]), default="sealing"),
                *people,
                reason,
            ],
            rotate_key,
        ),
        build(
            lang,
            "register.erase",
            [
                option(lang, "--of-document", "document", metavar="ID"),
                option(lang, "--event", type=int, metavar="N"),
                option(lang, "--field", "fields", multiple=True, metavar="NAME"),
                *people,
                reason,
            ],
            erase,
        ),
        build(
            lang,
            "register.passphrase",
            [
                option(lang, "--new-passphrase-file", "file", metavar="FILE"),
                option(lang, "--remove", is_flag=True),
            ],
            passphrase,
        ),
        build(
            lang,
            "register.backup",
            [
                option(lang, "-o", "--output", metavar="OUT", required=True),
                option(lang, "--overwrite", is_flag=True),
                option(lang, "--without-keys", is_flag=True),
                sealed,
                option(lang, "--actor", metavar="NAME"),
            ],
            backup,
        ),
        build(
            lang,
            "register.restore",
            [
                click.Argument(["backup_file"], metavar="FILE"),
                option(lang, "--explain", metavar="REASON"),
                sealed,
                *people,
            ],
            restore,
        ),
    ]


def _people(actor: str | None, second_actor: str | None, reason: str | None) -> TwoPeople:
    from bmnn_mark.workflow.keeping import TwoPeople

    return TwoPeople(actor=actor_name(actor), second_actor=second_actor or "", reason=reason or "")


def rotate_key(
    desk: Desk, *, key: str, actor: str | None, second_actor: str | None, reason: str | None
) -> None:
    """Replace a key of the register."""
    from bmnn_mark.register.keeping_events import KeyKind
    from bmnn_mark.workflow import keeping

    people = _people(actor, second_actor, reason)
    number = keeping.rotate_key(desk.office(), KeyKind(key), people)
    desk.give(
        {"key": key, "number": number}, [desk.word(f"cli.register.rotated.{key}", number=number)]
    )


def erase(
    desk: Desk,
    *,
    document: str | None,
    event: int | None,
    fields: tuple[str, ...],
    actor: str | None,
    second_actor: str | None,
    reason: str | None,
) -> None:
    """Forget sealed fields."""
    from bmnn_mark.workflow import keeping

    people = _people(actor, second_actor, reason)
    done = keeping.erase(desk.office(), fields, people, document=document, event=event)
    desk.give(
        {"events": list(done), "fields": sorted(fields)},
        [desk.word("cli.register.erased", events=", ".join(str(n) for n in done))],
    )
    desk.say("cli.register.erased_note")


def passphrase(desk: Desk, *, file: str | None, remove: bool) -> None:
    """Set, change or take away the passphrase over this machine's key files."""
    from bmnn_mark.workflow import keeping

    office = desk.office()
    office.open_register()  # asks for the one that is set, if one is
    new = None if remove else desk.new_passphrase(file)
    keeping.set_passphrase(office, new)
    kind = "removed" if remove else "set"
    desk.give({"passphrase": not remove}, [desk.word(f"cli.register.passphrase.{kind}")])


def backup(
    desk: Desk,
    *,
    output: str,
    overwrite: bool,
    without_keys: bool,
    backup_passphrase_file: str | None,
    actor: str | None,
) -> None:
    """Write the register as a sealed backup that was shown to restore."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import keeping

    target = output_path(output) or Path(output)
    report = keeping.back_up(
        desk.office(),
        target,
        actor=actor_name(actor),
        passphrase=None if without_keys else desk.new_passphrase(backup_passphrase_file),
        overwrite=overwrite,
        on_progress=desk.progress(),
    )
    desk.give(
        plain.to_builtins(report) | {"output": str(target)},
        [
            desk.word(
                f"cli.register.backed_up.{report.key.value}",
                file=shown(str(target), limit=400),
                events=report.events,
            )
        ],
    )


def restore(
    desk: Desk,
    *,
    backup_file: str,
    explain: str | None,
    backup_passphrase_file: str | None,
    actor: str | None,
    second_actor: str | None,
) -> int:
    """Put the register back from a backup."""
    from bmnn_mark import plain
    from bmnn_mark.workflow import keeping

    told, report = keeping.restore(
        desk.office(),
        Path(backup_file),
        backup_passphrase=lambda: desk.backup_passphrase(backup_passphrase_file),
        explained=None if explain is None else _people(actor, second_actor, explain),
        on_progress=desk.progress(),
    )
    kind = "lost" if told.lost else "whole"
    desk.give(
        plain.to_builtins(told) | {"intact": report.intact},
        [desk.word(f"cli.register.restored.{kind}", events=told.events, lost=told.lost)],
    )
    return ExitCode.DONE if report.intact else ExitCode.REGISTER
