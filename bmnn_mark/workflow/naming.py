# SPDX-License-Identifier: Apache-2.0
"""Which document or copy somebody means: by id, number and sign, code, reference or scan."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.errors import RegisterRefused, UsageRefused
from bmnn_mark.register.life import Whereabouts
from bmnn_mark.register.port import CopyState, FoundCopy
from bmnn_mark.register.store import Register
from bmnn_mark.tracking.code import PREFIX
from bmnn_mark.tracking.reference import parse_reference
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.tracing import ALARMS, Trace, Traced, trace, trace_typed

_ID = re.compile(r"[0-9a-f]{32}")
_DEAD = frozenset({CopyState.SPOILED, CopyState.VOID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How copies are named on a command line.

    Attributes:
        words: each an id, a number and sign, a page code or a short reference, as typed.
        copies: numbers of copies of the one document that ``words`` names.
        scans: files whose page codes name copies.
        every: every copy there is of the document named.
    """

    words: tuple[str, ...] = ()
    copies: tuple[int, ...] = ()
    scans: tuple[Path, ...] = ()
    every: bool = False


@dataclass(frozen=True, slots=True, order=True)
class NamedCopy:
    """A copy that was named: its document's id and its number."""

    document_id: str
    number: int


def named_copies(
    office: Office,
    register: Register,
    naming: Naming,
    on_progress: OnProgress = ignore_progress,
) -> tuple[NamedCopy, ...]:
    """The copies that are meant, each once, in the order in which they were named.

    Raises:
        UsageRefused: ``input.copy_needed`` (nothing names a copy), ``input.one_document``
            (numbers of copies with several documents), ``input.either`` (numbers and all of them).
        RegisterRefused: ``register.no_such_document``, ``register.ambiguous``,
            ``register.which_copy``, ``register.code_leads_nowhere``, ``register.dead_sheet``.
        DocumentRefused: a scan cannot be read.
    """
    if not naming.words and not naming.scans:
        raise UsageRefused("input.copy_needed")
    if naming.copies and naming.every:
        raise UsageRefused("input.either", first="--copy", second="--all")
    numbered = bool(naming.copies) or naming.every
    if numbered and (len(naming.words) != 1 or naming.scans):
        raise UsageRefused("input.one_document")
    found: dict[NamedCopy, None] = {}
    for word in naming.words:
        sheet = None if numbered else _sheet(register, word)
        if sheet is not None:
            found[_copy_of(sheet)] = None
        else:
            document_id = named_document(office, register, word)
            found |= dict.fromkeys(_copies_of(register, document_id, naming))
    for path in naming.scans:
        sheets = trace(office, (str(path),), on_progress, register=register)
        found |= dict.fromkeys(_copies_on(sheets))
    return tuple(found)


def named_document(office: Office, register: Register, untrusted_word: str) -> str:
    """The id of the document that is meant: named itself, or through one of its copies.

    Raises:
        RegisterRefused: ``register.no_such_document``, ``register.ambiguous``,
            ``register.code_leads_nowhere``.
    """
    word = untrusted_word.strip()
    if _ID.fullmatch(word):
        return register.document(word).document.document_id
    sheet = _sheet(register, word)
    if sheet is not None:
        return _found(sheet).document_id
    wanted = _folded(word)
    ids = [
        row.document_id
        for row in register.documents()
        if row.parent is None and _folded(row.number_sign) == wanted
    ]
    if not ids:
        raise RegisterRefused("register.no_such_document")
    if len(ids) > 1:
        raise RegisterRefused("register.ambiguous", documents=len(ids))
    return ids[0]


def named_thing(
    office: Office,
    register: Register,
    naming: Naming,
    on_progress: OnProgress = ignore_progress,
) -> tuple[str, int | None]:
    """The one document that is meant, by id, and the number of its copy where one is.

    Raises:
        UsageRefused: ``input.one_copy``, or as :func:`named_copies`.
        RegisterRefused, DocumentRefused: as :func:`named_copies`.
    """
    alone = len(naming.words) == 1 and not (naming.copies or naming.scans or naming.every)
    if alone and _sheet(register, naming.words[0]) is None:
        return named_document(office, register, naming.words[0]), None
    found = named_copies(office, register, naming, on_progress)
    if len(found) != 1:
        raise UsageRefused("input.one_copy")
    return found[0].document_id, found[0].number


def _sheet(register: Register, word: str) -> Traced | None:
    """What a typed code or reference led to; None where the word is neither."""
    typed = word.strip()
    if not typed.startswith(PREFIX):
        try:
            parse_reference(typed)
        except UsageRefused:
            return None
    return trace_typed(register, typed)


def _found(sheet: Traced) -> FoundCopy:
    if sheet.copy is None:
        raise RegisterRefused("register.code_leads_nowhere", trace=sheet.trace.value)
    return sheet.copy


def _copies_on(sheets: Sequence[Traced]) -> list[NamedCopy]:
    """The copies that a scan's pages lead to; backs without a code and others' codes are nothing.

    Raises:
        RegisterRefused: ``register.code_leads_nowhere``: no page does, or one is an alarm.
    """
    alarm = next((one for one in sheets if one.trace in ALARMS), None)
    leading = [one for one in sheets if one.copy is not None]
    if alarm is not None or not leading:
        told = alarm or sheets[0]
        raise RegisterRefused("register.code_leads_nowhere", trace=told.trace.value)
    return [_copy_of(one) for one in leading]


def _copy_of(sheet: Traced) -> NamedCopy:
    copy = _found(sheet)
    if sheet.trace is Trace.CONSISTENT and (copy.superseded or copy.state in _DEAD):
        raise RegisterRefused("register.dead_sheet", copy=copy.number)
    return NamedCopy(copy.document_id, copy.number)


def _copies_of(register: Register, document_id: str, naming: Naming) -> list[NamedCopy]:
    if naming.copies:
        return [NamedCopy(document_id, number) for number in naming.copies]
    there = [
        NamedCopy(document_id, row.copy)
        for row in register.holdings(document_id)
        if row.whereabouts not in {Whereabouts.NOT_MADE, Whereabouts.DESTROYED}
    ]
    if not there or (len(there) > 1 and not naming.every):
        raise RegisterRefused("register.which_copy", copies=len(there))
    return there


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
