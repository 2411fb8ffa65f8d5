# SPDX-License-Identifier: Apache-2.0
"""Documents, copies and the register, as a program has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bmnn_mark.config import Config
from bmnn_mark.documents.proposal import Proposal
from bmnn_mark.i18n import Lang
from bmnn_mark.library.office import open_office
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register.port import Recipient, RegisterPort
from bmnn_mark.register.store import Register
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow import (
    bookkeeping,
    checking,
    envelopes,
    issuing,
    proposing,
    recipients,
    stamping,
    tracing,
    unmarking,
)
from bmnn_mark.workflow.checking import CheckOrder, CheckReport
from bmnn_mark.workflow.envelopes import EnvelopeOrder, EnvelopeReport
from bmnn_mark.workflow.issuing import IssueReport
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.proposing import Preview
from bmnn_mark.workflow.stamping import StampReport
from bmnn_mark.workflow.tracing import Traced
from bmnn_mark.workflow.unmarking import UnmarkReport


def mark(
    request: StampOrder,
    target: Path,
    *,
    overwrite: bool = False,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> StampReport:
    """Mark one document and deliver the proven result at ``target``.

    Args:
        request: which document, which level, its date; a :class:`bmnn_mark.MarkRequest`.
        target: where the result goes; a ``.pdf`` name for a DOCX converts it.
        overwrite: replace what is there.
        config: the office's settings.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused, RulesRefused: nothing was written.

    >>> from datetime import date
    >>> from tempfile import TemporaryDirectory
    >>> import pikepdf
    >>> from bmnn_mark import Level, MarkRequest
    >>> with TemporaryDirectory() as name, pikepdf.new() as pdf:
    ...     source = Path(name) / "a.pdf"
    ...     _ = pdf.add_blank_page(page_size=(595, 842))
    ...     pdf.save(source)
    ...     request = MarkRequest(source=source, level=Level.MAT, dated=date(2026, 11, 5))
    ...     report = mark(request, Path(name) / "b.pdf", config=Config())
    >>> [(one.stamp, one.page, one.box.width, one.box.height) for one in report.result.marks]
    [('mat', 1, Mm(20), Mm(8))]
    """
    return stamping.stamp(
        open_office(config), request, target, overwrite=overwrite, on_progress=on_progress
    )


def propose(
    source: Path,
    *,
    password: str | None = None,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Proposal:
    """Read from a document what a person would otherwise type, each with its place.

    Number and sign, date, độ mật stated, drafter, statements and recipients of Nơi nhận, marks of
    ours. It is offered, never taken.

    Raises:
        DocumentRefused: it cannot be opened or shown.
    """
    return proposing.propose(
        open_office(config), source, password=password, on_progress=on_progress
    )


def preview(
    order: StampOrder | IssueOrder,
    picture: Path,
    *,
    register: RegisterPort | None = None,
    overwrite: bool = False,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Preview:
    """Draw page 1 with the marks in place as a PNG; deliver nothing else and spend nothing.

    Raises:
        DocumentRefused, RulesRefused, RegisterRefused: as the order itself would be refused.
    """
    return proposing.preview(
        open_office(config),
        order,
        picture,
        register=register,
        overwrite=overwrite,
        on_progress=on_progress,
    )


def check(
    order: CheckOrder,
    *,
    lang: Lang = Lang.VI,
    overwrite: bool = False,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> CheckReport:
    """Is a document in the form that the rules ask for, and what does it carry unseen?

    Args:
        order: which document, and what is to be written about it.
        lang: of the words in pictures.
        overwrite: replace pictures and cleaned copies that are there.
        config: the office's settings.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused, RulesRefused: nothing was written.
    """
    return checking.check(
        open_office(config), order, lang, overwrite=overwrite, on_progress=on_progress
    )


def unmark(
    source: Path,
    target: Path,
    *,
    overwrite: bool = False,
    password: str | None = None,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> UnmarkReport:
    """Deliver a document without our marks, and without anything else changed, at ``target``.

    Raises:
        DocumentRefused: nothing was written.
    """
    return unmarking.unmark(
        open_office(config),
        source,
        target,
        overwrite=overwrite,
        password=password,
        on_progress=on_progress,
    )


def issue_copies(
    order: IssueOrder,
    folder: Path,
    *,
    register: RegisterPort | None = None,
    overwrite: bool = False,
    keep_docx: bool = False,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> IssueReport:
    """Register a document and write its numbered, coded copies into ``folder``.

    Args:
        order: the request, number and sign, recipients.
        folder: made if missing.
        register: another vendor's; the office's own where none is given.
        overwrite: replace files of the same names.
        keep_docx: write the copies of a DOCX as DOCX too.
        config: the office's settings.
        on_progress: called for pages and copies; may raise to stop.

    Raises:
        DocumentRefused, RulesRefused, RegisterRefused: no file is left, and every number that
            was spent has ended void or spoiled.
    """
    return issuing.issue_to_folder(
        open_office(config),
        order,
        folder,
        register=register,
        overwrite=overwrite,
        keep_docx=keep_docx,
        on_progress=on_progress,
    )


def make_envelopes(
    order: EnvelopeOrder,
    folder: Path,
    *,
    overwrite: bool = False,
    password: str | None = None,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> EnvelopeReport:
    """Draw the envelopes that a document is sent in, a page for each recipient, into ``folder``.

    Raises:
        UsageRefused, RulesRefused, DocumentRefused: nothing was written.
    """
    return envelopes.make_envelopes(
        open_office(config), order, folder, overwrite=overwrite, on_progress=on_progress
    )


def read_recipients(path: Path) -> tuple[Recipient, ...]:
    """Recipients from a CSV with the columns of the command line (``ten``, ``so_ban``, …).

    Raises:
        UsageRefused: ``recipients.*``, with the line number where one applies.
    """
    return recipients.read_recipients(path, DEFAULT_LIMITS)


def trace(
    *untrusted_words: str | Path,
    register: RegisterPort | None = None,
    config: Config | None = None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[Traced, ...]:
    """From scans, photos, PDFs, typed codes and short references to rows of the register.

    Raises:
        DocumentRefused: a scan cannot be read.
        UsageRefused: a word is neither a file, a code nor a reference.
        RegisterRefused: no register, or its keys are missing.
    """
    words = tuple(str(word) for word in untrusted_words)
    return tracing.trace(open_office(config), words, on_progress, register=register)


def create_register(
    *,
    actor: str,
    agency: str | None = None,
    rehearsal: bool = False,
    passphrase: str | None = None,
    config: Config | None = None,
) -> Register:
    """Make the office's register and its keys; a ``passphrase`` guards the key files.

    Raises:
        RegisterRefused: it exists, or cannot be made.
    """
    return bookkeeping.create(
        open_office(config), agency=agency, rehearsal=rehearsal, actor=actor, passphrase=passphrase
    )


def open_register(
    *, inspect: bool = False, passphrase: str | None = None, config: Config | None = None
) -> Register:
    """Open the office's register; ``inspect`` also opens a broken one, for verifying and tracing.

    A ``passphrase`` over its keys is given here, or stands in the configuration's file.

    Raises:
        RegisterRefused: not found, key missing, rolled back.
    """
    office = open_office(config)
    if passphrase is not None:
        office = replace(office, passphrase=passphrase)
    return office.open_register(inspect=inspect)
