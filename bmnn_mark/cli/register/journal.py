# SPDX-License-Identifier: Apache-2.0
"""Between registers that may not be linked: ``register journal`` and ``register key``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.acts import read_password
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, actor_name, option, output_folder, output_path
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import UsageRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bmnn_mark.register.central import TakenIn
    from bmnn_mark.register.journal_views import ReceivedRegister
    from bmnn_mark.workflow.journal import JournalReport


def commands(lang: Lang) -> list[click.Command]:
    """Build the commands of this module."""
    actor = option(lang, "--actor", metavar="NAME")
    overwrite = option(lang, "--overwrite", is_flag=True)
    agency = option(lang, "--agency", metavar="NAME")
    return [
        build(
            lang,
            "register.journal",
            [
                click.Argument(["sources"], nargs=-1, metavar="[FILE...]"),
                option(lang, "-o", "--output", metavar="FOLDER"),
                option(lang, "--day", type=DateValue(), metavar="YYYY-MM-DD"),
                option(lang, "--since-last", is_flag=True),
                option(lang, "--import", "importing", is_flag=True),
                option(lang, "--trust", metavar="FINGERPRINT"),
                agency,
                option(lang, "--received", is_flag=True),
                overwrite,
                actor,
            ],
            journal,
        ),
        build(
            lang,
            "register.key",
            [
                option(lang, "--export", metavar="FILE"),
                option(lang, "--import", "importing", metavar="FILE"),
                option(lang, "--key-password-file", metavar="FILE"),
                option(lang, "--recipient", metavar="NAME"),
                overwrite,
                actor,
            ],
            key,
        ),
    ]


def journal(  # noqa: PLR0913 - one word for each option of the command
    desk: Desk,
    *,
    sources: tuple[str, ...],
    output: str | None,
    day: date | None,
    since_last: bool,
    importing: bool,
    trust: str | None,
    agency: str | None,
    received: bool,
    overwrite: bool,
    actor: str | None,
) -> None:
    """Write journals out, take others' in, or list whose were taken in."""
    _one_of({"-o": output is not None, "--import": importing, "--received": received})
    folder = output_folder(output)
    if folder is None:
        _nothing_with({"--day": day is not None, "--since-last": since_last}, "-o")
    if not importing:
        told = {"FILE": bool(sources), "--trust": trust is not None, "--agency": bool(agency)}
        _nothing_with(told, "--import")
    if day is not None and since_last:
        raise UsageRefused("input.either", first="--day", second="--since-last")
    if folder is not None:
        return _write(desk, folder, day, overwrite=overwrite, actor=actor)
    if importing:
        return _take_in(desk, sources, trust, agency or "", actor)
    return _list_received(desk)


def _one_of(chosen: dict[str, bool]) -> None:
    """See that exactly one way of the command was asked for."""
    asked = [name for name, is_asked in chosen.items() if is_asked]
    if len(asked) > 1:
        raise UsageRefused("input.either", first=asked[0], second=asked[1])
    if not asked:
        raise UsageRefused("input.together", first="register", second=" | ".join(chosen))


def _nothing_with(given: dict[str, bool], wanted: str) -> None:
    """See that no word was given that only goes with another one."""
    for name, is_given in given.items():
        if is_given:
            raise UsageRefused("input.together", first=name, second=wanted)


def _write(
    desk: Desk, folder: Path, day: date | None, *, overwrite: bool, actor: str | None
) -> None:
    from bmnn_mark.cli.contract import notices_plain
    from bmnn_mark.cli.reporting import say_notices
    from bmnn_mark.workflow.journal import write_journals

    report = write_journals(
        desk.office(),
        folder,
        day=day,
        actor=actor_name(actor),
        overwrite=overwrite,
        on_progress=desk.progress(),
    )
    say_notices(desk, report.notices)
    told = {
        "register": report.register,
        "fingerprint": report.fingerprint,
        "journals": _journals_plain(report),
        "notices": notices_plain(desk, report.notices),
    }
    desk.give(told, _made_lines(desk, report))


def _journals_plain(report: JournalReport) -> list[dict[str, Any]]:
    return [
        {
            "journal": one.journal,
            "file": str(one.file),
            "sheets": None if one.sheets is None else str(one.sheets),
            "start": one.start,
            "size": one.size,
            "codes": one.codes,
            "pages": one.pages,
            "bytes": one.packed_bytes,
        }
        for one in report.journals
    ]


def _made_lines(desk: Desk, report: JournalReport) -> Iterator[str]:
    for one in report.journals:
        yield desk.word(
            "cli.journal.made",
            journal=one.journal,
            first=one.start,
            last=one.size - 1,
            file=shown(str(one.file), limit=400),
        )
        if one.sheets is not None:
            sheets = shown(str(one.sheets), limit=400)
            yield desk.word("cli.journal.sheets", pages=one.pages, codes=one.codes, file=sheets)
    yield desk.word("cli.register.fingerprint", fingerprint=report.fingerprint)


def _take_in(
    desk: Desk, sources: tuple[str, ...], trust: str | None, agency: str, actor: str | None
) -> None:
    from bmnn_mark import plain
    from bmnn_mark.workflow.journal import import_journals

    if not sources:
        raise UsageRefused("input.together", first="--import", second="FILE")
    taken = import_journals(
        desk.office(),
        [Path(source) for source in sources],
        actor=actor_name(actor),
        trust=trust,
        agency=agency,
        on_progress=desk.progress(),
    )
    desk.give(
        {"journals": plain.to_builtins(taken)},
        [line for one in taken for line in _taken_lines(desk, one)],
    )


def _taken_lines(desk: Desk, one: TakenIn) -> Iterator[str]:
    yield desk.word(
        f"cli.journal.taken.{one.taken.value}",
        register=one.register,
        events=one.events,
        size=one.size,
    )
    if one.trusted:
        yield desk.word("cli.journal.trusted", fingerprint=one.fingerprint)


def _list_received(desk: Desk) -> None:
    from bmnn_mark import plain
    from bmnn_mark.workflow.journal import received_registers

    rows = received_registers(desk.office())
    desk.give(
        {"registers": plain.to_builtins(rows)},
        [line for row in rows for line in _received_lines(desk, row)]
        or [desk.word("cli.journal.none")],
    )


def _received_lines(desk: Desk, row: ReceivedRegister) -> Iterator[str]:
    yield desk.word(
        "cli.journal.following",
        register=row.register,
        agency=f"({row.agency})" if row.agency else "",
        first=row.first,
        last=row.size - 1,
        journals=row.journals,
        at=row.at[:19].replace("T", " "),
        fingerprint=row.fingerprint,
    )
    if row.first:
        yield desk.word("cli.journal.before", first=row.first)


def key(
    desk: Desk,
    *,
    export: str | None,
    importing: str | None,
    key_password_file: str | None,
    recipient: str | None,
    overwrite: bool,
    actor: str | None,
) -> None:
    """Hand the register's trace keys out under a passphrase, or take another's in."""
    from bmnn_mark import plain
    from bmnn_mark.workflow.trace_keys import export_keys, import_keys

    _one_of({"--export": export is not None, "--import": importing is not None})
    target, source = output_path(export, "--export"), output_path(importing, "--import")
    if target is not None:
        desk.say("cli.key.can_forge")
        report = export_keys(
            desk.office(),
            target,
            _passphrase(desk, key_password_file, new=True),
            actor=actor_name(actor),
            recipient=recipient or "",
            overwrite=overwrite,
        )
        line = desk.word(
            "cli.key.exported", count=len(report.keys), file=shown(str(target), limit=400)
        )
    else:
        assert source is not None
        _nothing_with({"--recipient": recipient is not None}, "--export")
        word = _passphrase(desk, key_password_file, new=False)
        report = import_keys(desk.office(), source, word, actor=actor_name(actor))
        line = desk.word(
            "cli.key.imported", new=report.new, count=len(report.keys), agency=report.agency
        )
    desk.give(plain.to_builtins(report), [line])


def _passphrase(desk: Desk, place: str | None, *, new: bool) -> str:
    """The passphrase from its file, or as somebody types it; a new one is typed twice.

    Raises:
        UsageRefused: as :func:`bmnn_mark.cli.acts.read_password`, and
            ``trace_key.passphrases_differ``.
    """
    typed = place in {None, "-"}
    word = read_password(desk, "-" if place is None else place, "cli.key.passphrase")
    if typed and new and read_password(desk, "-", "cli.key.passphrase_again") != word:
        raise UsageRefused("trace_key.passphrases_differ")
    assert word is not None
    return word
