# SPDX-License-Identifier: Apache-2.0
"""From a sheet back to its row: read codes, open them, ask the register, hear the witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from bmnn_mark.errors import UsageRefused
from bmnn_mark.files import is_file, work_folder
from bmnn_mark.register.journal_views import ForeignSheet, Heard
from bmnn_mark.register.life import Whereabouts
from bmnn_mark.register.port import CopyState, FoundCopy, RegisterPort, Witness
from bmnn_mark.register.store import Register
from bmnn_mark.tracking.code import PREFIX, Outcome, open_code
from bmnn_mark.tracking.reading import read_scan
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.office import Office


class Trace(StrEnum):
    """How the tracing of one code ended."""

    CONSISTENT = "consistent"
    """Ours; the register's history is what it was when the sheet was made."""
    REFERENCE = "reference"
    """A short reference led to a row; it proves nothing."""
    NOT_FOUND = "not-found"
    """There is no code on this page, or no such reference in the register."""
    NOT_OURS = "not-ours"
    FORGED = "forged"
    REWRITTEN = "register-rewritten"
    TRUNCATED = "register-truncated"
    NEVER_ISSUED = "never-issued"


class Alarm(StrEnum):
    """Why the paper that a code was read from should not be there."""

    LOST = "lost"
    DESTROYED = "destroyed"
    DEAD_SHEET = "dead-sheet"
    """It is of a spoiled or void attempt."""


#: Endings that say something is wrong.
ALARMS = frozenset({Trace.FORGED, Trace.REWRITTEN, Trace.TRUNCATED, Trace.NEVER_ISSUED})
#: Endings that lead to a row.
LEADS = frozenset({Trace.CONSISTENT, Trace.REFERENCE})
#: What another register's sheet may say when something is wrong.
FOREIGN_ALARMS = frozenset({Heard.REWRITTEN, Heard.NEVER_ISSUED, Heard.FORGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What one code led to.

    Attributes:
        source: place of the code among what was given: file name, or the typed code.
        scan_page: page of the scan it was found on; 0 for a typed code.
        trace: how it ended.
        rehearsal: the code names a rehearsal register's key.
        page: page of the copy that the code names; 0 a cover, 65535 the whole copy, None unknown.
        copy: the register's row; None where none was reached.
        code: the text of the code; empty where a page bears none, and for a short reference.
        foreign: what another register's trace key tells of a code that is not ours; None where
            no such key is here.
    """

    source: str
    scan_page: int
    trace: Trace
    rehearsal: bool = False
    page: int | None = None
    copy: FoundCopy | None = None
    code: str = ""
    foreign: ForeignSheet | None = None

    @property
    def alarm(self) -> Alarm | None:
        """Why this paper should not be there; None where nothing says so.

        A typed reference is no paper.
        """
        if self.copy is None or self.trace is not Trace.CONSISTENT:
            return None
        if self.copy.state in _DEAD:
            return Alarm.DEAD_SHEET
        return _GONE.get(self.copy.whereabouts)


_DEAD = frozenset({CopyState.SPOILED, CopyState.VOID})
_GONE: Mapping[Whereabouts | None, Alarm] = {
    Whereabouts.LOST: Alarm.LOST,
    Whereabouts.DESTROYED: Alarm.DESTROYED,
}


def trace(
    office: Office,
    untrusted_words: tuple[str, ...],
    on_progress: OnProgress = ignore_progress,
    *,
    register: RegisterPort | None = None,
) -> tuple[Traced, ...]:
    """Trace scans, photos, PDFs, typed codes and short references, in the order given.

    Args:
        office: where this is done.
        untrusted_words: paths, codes, references; blanks round a code or a reference are nothing.
        on_progress: called for pages of scans.
        register: another vendor's register; the office's own where none is given.

    Raises:
        DocumentRefused: a scan cannot be read.
        UsageRefused: a word is neither a file, a code nor a reference.
        RegisterRefused: no register, or its keys are missing.
    """
    book = register or office.open_register(inspect=True)
    found: list[Traced] = []
    for word in untrusted_words:
        path = Path(word)
        if word.strip().startswith(PREFIX):
            found.append(trace_typed(book, word))
        elif is_file(path):
            found += _scan(office, book, path, on_progress)
        elif "/" in word or path.suffix:
            raise UsageRefused("input.no_such_file")
        else:
            found.append(trace_typed(book, word))
    return tuple(found)


def trace_typed(register: RegisterPort, untrusted_word: str) -> Traced:
    """Trace a typed code or short reference; a file that bears the same name is nothing to it.

    Raises:
        UsageRefused: ``trace.reference_wrong``.
    """
    typed = untrusted_word.strip()
    if typed.startswith(PREFIX):
        return _open(register, typed, typed, 0)
    return _reference(register, typed)


def _scan(
    office: Office, register: RegisterPort, path: Path, on_progress: OnProgress
) -> list[Traced]:
    with work_folder(memory_only=not register.rehearsal) as home:
        sheets = read_scan(
            path.absolute(), home=home, limits=office.limits, on_progress=on_progress
        )
    return [
        _open(register, text, path.name, sheet.page)
        for sheet in sheets
        for text in sheet.texts or ("",)
    ]


def _open(register: RegisterPort, untrusted_text: str, source: str, scan_page: int) -> Traced:
    reading = open_code(untrusted_text, register.trace_keys())
    if reading.outcome is Outcome.NOT_OURS and reading.key_id and isinstance(register, Register):
        theirs = _open_theirs(register, untrusted_text, reading.key_id)
        if theirs is not None:
            return replace(theirs, source=source, scan_page=scan_page, rehearsal=reading.rehearsal)
    if reading.outcome is not Outcome.OURS or reading.code is None:
        ended = {
            Outcome.FORGED: Trace.FORGED,
            Outcome.NOT_FOUND: Trace.NOT_FOUND,
        }.get(reading.outcome, Trace.NOT_OURS)
        return Traced(
            source=source,
            scan_page=scan_page,
            trace=ended,
            rehearsal=reading.rehearsal,
            code=untrusted_text,
        )
    found = register.find_code(reading.code)
    return Traced(
        source=source,
        scan_page=scan_page,
        trace=_HEARD[found.witness],
        rehearsal=reading.rehearsal,
        page=reading.code.page,
        copy=found.copy,
        code=untrusted_text,
    )


def _open_theirs(register: Register, untrusted_text: str, key_id: bytes) -> Traced | None:
    """What another register's key tells of a code; None where no key of that id is here."""
    keys = register.journals.foreign_keys(key_id)
    for one in keys:
        reading = open_code(untrusted_text, (one.key,))
        if reading.code is not None:
            return Traced(
                source="",
                scan_page=0,
                trace=Trace.NOT_OURS,
                page=reading.code.page,
                code=untrusted_text,
                foreign=register.journals.hear(one, reading.code),
            )
    if not keys:
        return None
    forged = ForeignSheet(
        register=keys[0].register,
        agency=keys[0].agency,
        position=0,
        attempt=0,
        heard=Heard.FORGED,
    )
    return Traced(source="", scan_page=0, trace=Trace.NOT_OURS, code=untrusted_text, foreign=forged)


_HEARD = {
    Witness.AGREES: Trace.CONSISTENT,
    Witness.REWRITTEN: Trace.REWRITTEN,
    Witness.TRUNCATED: Trace.TRUNCATED,
    Witness.NEVER_ISSUED: Trace.NEVER_ISSUED,
}


def _reference(register: RegisterPort, untrusted_text: str) -> Traced:
    copy = register.find_reference(untrusted_text)
    return Traced(
        source=untrusted_text,
        scan_page=0,
        trace=Trace.NOT_FOUND if copy is None else Trace.REFERENCE,
        rehearsal=register.rehearsal,
        copy=copy,
    )
