# SPDX-License-Identifier: Apache-2.0
"""A muster: scans of what lies in a cupboard are read, judged, entered as seen and reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.register.life import CopyAct, CopyActRequest
from bmnn_mark.register.store import Register
from bmnn_mark.reports.writing import WrittenPaper, write_paper
from bmnn_mark.rules import Level
from bmnn_mark.text import shown
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.muster import (
    AccountedCopy,
    Finding,
    MusterReport,
    muster,
)
from bmnn_mark.workflow.muster_paper import NAME_CHARS, paper_of
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.tracing import Traced, trace

REPORT_NAMES = ("kiem-ke.pdf", "kiem-ke.xlsx")
SIGNATURE_NAME = "kiem-ke.sig.json"
#: Sheets that were found and entered as seen: those of copies that are there.
_SEEN = frozenset({Finding.PRESENT, Finding.INCOMPLETE, Finding.HELD_ELSEWHERE, Finding.REAPPEARED})


@dataclass(frozen=True, slots=True, kw_only=True)
class MusterOrder:
    """What is mustered, and what is done with the findings.

    Attributes:
        folder: where the scans are, in folders of it too.
        on: day of the muster.
        actor: who does it.
        holder: whose cupboard it is; empty for the office's own.
        level: only copies of this level are expected; None for all.
        record: enter what was found as seen.
        reports: folder for the report as PDF and XLSX, and the register's signature over them;
            None for none.
        overwrite: files of the same names may be replaced.
    """

    folder: Path
    on: date
    actor: str
    holder: str = ""
    level: Level | None = None
    record: bool = False
    reports: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mustered:
    """What came of a muster.

    Attributes:
        report: what was found.
        recorded: copies that were entered as seen.
        papers: the report's files.
        signature: the file that signs them; None without papers.
    """

    report: MusterReport
    recorded: int
    papers: tuple[WrittenPaper, ...]
    signature: Path | None


def muster_folder(
    office: Office, order: MusterOrder, on_progress: OnProgress = ignore_progress
) -> Mustered:
    """Read every scan below a folder and hold it against the register.

    A file that cannot be read is listed, and keeps the others from nothing.

    Args:
        office: where this is done.
        order: what is asked.
        on_progress: called for files and pages; may raise to stop. Nothing is entered then.

    Raises:
        UsageRefused: ``muster.no_folder``, ``muster.empty``, ``input.act_to_come``.
        DocumentRefused: a report's place cannot be written.
        RegisterRefused: no register, or it does not take what was found.
    """
    if order.on > office.today():
        raise UsageRefused("input.act_to_come")
    _check_reports(order)
    scans = list(_scans(order.folder))
    if not scans:
        raise UsageRefused("muster.empty")
    register = office.open_register(inspect=not order.record)
    sheets: list[Traced] = []
    unread: list[str] = []
    for place, scan in enumerate(scans, 1):
        on_progress(Progress(phase="muster", copy=place, copies=len(scans)))
        try:
            sheets += trace(office, (str(scan),), on_progress, register=register)
        except DocumentRefused:
            unread.append(shown(str(scan.relative_to(order.folder)), limit=NAME_CHARS))
    report = muster(accounts_of(register, order.level), sheets, holder=order.holder, unread=unread)
    with files.work_folder(memory_only=not register.rehearsal) as work:
        drafts = _drafts(office, order, report, register, work, on_progress)
        recorded = _record(register, order, report) if order.record else 0
        papers, signature = _deliver(order, drafts, register)
    return Mustered(report=report, recorded=recorded, papers=papers, signature=signature)


def _scans(folder: Path) -> Iterator[Path]:
    """Every file below the folder, in the order of their names; links are not followed.

    Raises:
        UsageRefused: ``muster.no_folder``.
    """
    if not files.is_folder(folder):
        raise UsageRefused("muster.no_folder")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def accounts_of(register: Register, level: Level | None = None) -> tuple[AccountedCopy, ...]:
    """The register's account of every copy that was made, of one level or of all."""
    documents = {one.document_id: one for one in register.documents()}
    return tuple(
        AccountedCopy(
            document_id=held.document_id,
            number_sign=documents[held.document_id].number_sign,
            level=documents[held.document_id].level,
            copy=held.copy,
            of=documents[held.document_id].copies,
            pages=documents[held.document_id].pages,
            whereabouts=held.whereabouts,
            holder=held.holder,
        )
        for held in register.holdings()
        if level is None or documents[held.document_id].level is level
    )


def _record(register: Register, order: MusterOrder, report: MusterReport) -> int:
    """Enter the copies that were found as seen, in one transaction."""
    seen = {
        (one.account.document_id, one.account.copy) for one in report.copies if one.finding in _SEEN
    }
    if seen:
        register.act_on_copies(
            [
                CopyActRequest(
                    document_id=document,
                    copy=copy,
                    act=CopyAct.SEEN,
                    on=order.on,
                    actor=order.actor,
                )
                for document, copy in sorted(seen)
            ]
        )
    return len(seen)


def _check_reports(order: MusterOrder) -> None:
    if order.reports is None:
        return
    if files.is_file(order.reports):
        raise DocumentRefused("output.unwritable", reason="ENOTDIR")
    for name in (*REPORT_NAMES, SIGNATURE_NAME):
        files.check_target(order.reports / name, overwrite=order.overwrite, new_folder=True)


def _drafts(
    office: Office,
    order: MusterOrder,
    report: MusterReport,
    register: Register,
    work: Path,
    on_progress: OnProgress,
) -> tuple[WrittenPaper, ...]:
    if order.reports is None:
        return ()
    paper = paper_of(report, on=order.on, agency=register.agency)
    return tuple(
        write_paper(
            paper,
            work / name,
            rehearsal=register.rehearsal,
            limits=office.limits,
            on_progress=on_progress,
        )
        for name in REPORT_NAMES
    )


def _deliver(
    order: MusterOrder, drafts: Sequence[WrittenPaper], register: Register
) -> tuple[tuple[WrittenPaper, ...], Path | None]:
    folder = order.reports
    if folder is None or not drafts:
        return (), None
    folder.mkdir(mode=0o700, exist_ok=True)
    placed = []
    for draft in drafts:
        target = folder / draft.path.name
        files.deliver(draft.path, target, overwrite=order.overwrite)
        placed.append(
            WrittenPaper(
                path=target, pages=draft.pages, sha256=draft.sha256, handle_at=draft.handle_at
            )
        )
    signature = folder / SIGNATURE_NAME
    signed = register.sign_papers({one.path.name: one.sha256 for one in placed})
    files.write_whole(signature, (signed,), overwrite=order.overwrite)
    return tuple(placed), signature
