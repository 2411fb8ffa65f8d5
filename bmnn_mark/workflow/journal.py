# SPDX-License-Identifier: Apache-2.0
"""Between registers that may not be linked: journals go out as files and sheets, and come in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.model import Notice
from bmnn_mark.errors import DocumentRefused, RegisterRefused
from bmnn_mark.register.central import TakenIn, checked_fingerprint
from bmnn_mark.register.journal import Journal, read_journal
from bmnn_mark.register.journal_views import ReceivedRegister
from bmnn_mark.tracking.packing import MAGIC, PackError, pack, unpack
from bmnn_mark.tracking.parts import join, series_name, split
from bmnn_mark.tracking.reading import read_series
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.journal_sheets import MOST_SHEETS, sheets_for, write_sheets
from bmnn_mark.workflow.office import Office

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeJournal:
    """One journal as it was written out.

    Attributes:
        journal: its id, 16 digits; stands on each sheet.
        file: the file for a medium.
        sheets: the PDF to be printed; None where it would be too long.
        start: number of its first event.
        size: number of the register's events after its last one.
        codes: how many codes there are on the sheets.
        pages: how many sheets.
        packed_bytes: length of the file.
    """

    journal: str
    file: Path
    sheets: Path | None
    start: int
    size: int
    codes: int
    pages: int
    packed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalReport:
    """Journals that were written out.

    Attributes:
        register: id of the register.
        fingerprint: of its key, for the other side to compare.
        journals: in the order of their events.
        notices: journals that are not on paper.
    """

    register: str
    fingerprint: str
    journals: tuple[MadeJournal, ...]
    notices: tuple[Notice, ...]


def write_journals(
    office: Office,
    folder: Path,
    *,
    day: date | None = None,
    actor: str,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> JournalReport:
    """Write the register's events as journals: a file each, and sheets where they are not too many.

    They are entered as issued once they are on the disk: what an interruption leaves out is in the
    next journal, and the other side takes what it has already as it is.

    Args:
        office: whose register.
        folder: made if missing.
        day: events of one day, where the machine stands; None for all since the last journal.
        actor: who does it.
        overwrite: replace files of the same names.
        on_progress: called for sheets.

    Raises:
        RegisterRefused: ``journal.nothing_new``, ``journal.nothing_that_day``; not found, key
            missing, broken, rolled back.
        DocumentRefused: ``output.*``.
    """
    register = office.open_register()
    desk = register.journals
    journals = desk.since_last() if day is None else desk.of_time(*_bounds(day))
    plans = [_plan(journal, folder) for journal in journals]
    for plan in plans:
        for target in plan.targets():
            files.check_target(target, overwrite=overwrite, new_folder=True)
    with files.work_folder() as work:
        for number, plan in enumerate(plans, 1):
            on_progress(Progress(phase="write", page=number, pages=len(plans)))
            plan.write(work)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DocumentRefused("output.unwritable", reason=files.os_reason(error)) from error
        for target in (one for plan in plans for one in plan.targets()):
            files.deliver(work / target.name, target, overwrite=overwrite)
    desk.record_issued(journals, actor)
    return JournalReport(
        register=register.register_id,
        fingerprint=desk.fingerprint,
        journals=tuple(plan.made() for plan in plans),
        notices=tuple(_notices(plans)),
    )


def _bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day and that of the next one, where the machine stands.

    Raises:
        RegisterRefused: ``journal.nothing_that_day``: it is a day at the end of the calendar.
    """
    try:
        first, last = (datetime.combine(one, time()) for one in (day, day + timedelta(days=1)))
        return first.astimezone(UTC), last.astimezone(UTC)
    except (OverflowError, ValueError):
        raise RegisterRefused("journal.nothing_that_day") from None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A journal on its way to the disk."""

    journal: Journal
    packed: bytes
    texts: tuple[str, ...]
    file: Path

    @property
    def sheets(self) -> Path | None:
        too_many = sheets_for(len(self.texts)) > MOST_SHEETS
        return None if too_many else self.file.with_suffix(".pdf")

    def targets(self) -> Iterator[Path]:
        yield self.file
        if self.sheets is not None:
            yield self.sheets

    def write(self, work: Path) -> None:
        (work / self.file.name).write_bytes(self.packed)
        if self.sheets is not None:
            write_sheets(self.journal, self.packed, self.texts, work / self.sheets.name)

    def made(self) -> MadeJournal:
        return MadeJournal(
            journal=series_name(self.packed),
            file=self.file,
            sheets=self.sheets,
            start=self.journal.start,
            size=self.journal.size,
            codes=len(self.texts),
            pages=sheets_for(len(self.texts)),
            packed_bytes=len(self.packed),
        )


def _plan(journal: Journal, folder: Path) -> _Plan:
    packed = pack(journal.lines())
    name = f"nhat-ky-{journal.fingerprint[:8]}-{journal.start}-{journal.size}.bmj"
    return _Plan(journal, packed, tuple(split(packed)), folder / name)


def _notices(plans: Iterable[_Plan]) -> Iterator[Notice]:
    for plan in plans:
        if plan.sheets is None:
            yield Notice(
                code="journal.too_many_sheets",
                detail={
                    "start": plan.journal.start,
                    "size": plan.journal.size,
                    "sheets": sheets_for(len(plan.texts)),
                    "limit": MOST_SHEETS,
                },
            )


def import_journals(
    office: Office,
    sources: Sequence[Path],
    *,
    actor: str,
    trust: str | None = None,
    agency: str = "",
    on_progress: OnProgress = ignore_progress,
) -> tuple[TakenIn, ...]:
    """Take in journals of other registers from files and scans; all of them or none.

    Sheets of several journals may lie among one another, in any order and in several scans.

    Args:
        office: whose register takes them in.
        sources: files of journals; PNG, JPEG, TIFF or PDF of their sheets.
        actor: who does it.
        trust: fingerprint, as typed, of the key of a register that is not followed yet.
        agency: whose register that is; empty where nobody says.
        on_progress: called for pages of scans.

    Raises:
        RegisterRefused: ``journal.*``; not found, key missing, broken, rolled back.
        DocumentRefused: a source cannot be read.
        UsageRefused: ``journal.fingerprint_wrong``, ``input.*``.
    """
    compared = None if trust is None else checked_fingerprint(trust)
    register = office.open_register()
    texts: list[str] = []
    packed: dict[bytes, None] = {}
    for number, source in enumerate(sources, 1):
        if (data := _journal_bytes(office, source)) is not None:
            packed[data] = None
        else:
            texts += _scanned(office, source, number, on_progress)
    packed.update(dict.fromkeys(_wholes(texts)))
    journals = [_unpacked(office, data) for data in packed]
    return register.journals.take_in(journals, actor=actor, trust=compared, agency=agency)


def _journal_bytes(office: Office, source: Path) -> bytes | None:
    """The bytes of a file that says it is a journal; None for another one."""
    size = files.check_size(source, office.limits)
    try:
        with source.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
            _check_size(office, size)
            file.seek(0)
            data = file.read(office.limits.journal_bytes + 1)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=files.os_reason(error)) from error
    _check_size(office, len(data))
    return data


def _check_size(office: Office, size: int) -> None:
    if size > office.limits.journal_bytes:
        raise RegisterRefused("journal.too_large", limit=office.limits.journal_bytes >> 20)


def _scanned(office: Office, source: Path, number: int, on_progress: OnProgress) -> list[str]:
    with files.work_folder() as home:
        sheets = read_series(
            source.absolute(), home=home, limits=office.limits, on_progress=on_progress
        )
    texts = [text for sheet in sheets for text in sheet.texts]
    if not join(texts):
        raise RegisterRefused("journal.no_codes", scan=number)
    return texts


def _wholes(texts: Iterable[str]) -> Iterator[bytes]:
    """The bytes of each series, all of which must be there."""
    for series in join(texts):
        if series.missing:
            named = ", ".join(map(str, series.missing[:_MOST_NAMED]))
            more = len(series.missing) > _MOST_NAMED
            raise RegisterRefused(
                "journal.part_missing",
                journal=series.name,
                parts=f"{named}, …" if more else named,
                of=series.parts,
            )
        if series.whole is None:
            raise RegisterRefused("journal.damaged")
        yield series.whole


def _unpacked(office: Office, untrusted_data: bytes) -> Journal:
    try:
        lines = unpack(untrusted_data, limit=office.limits.journal_bytes)
    except PackError:
        raise RegisterRefused("journal.damaged") from None
    return read_journal(lines)


def received_registers(office: Office) -> tuple[ReceivedRegister, ...]:
    """The registers that the office's follows, and how far.

    Raises:
        RegisterRefused: not found, key missing, broken, rolled back.
    """
    return office.open_register().journals.received()
