# SPDX-License-Identifier: Apache-2.0
"""Give out numbered copies: prove a template, spend the numbers, splice, prove again, record.

The order is ADR 7's: nothing is spent on a document that cannot be marked, and no coded sheet
exists whose reservation is not in the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused, RulesRefused
from bmnn_mark.register.port import CopyState, RegisterPort
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import IssueOrder
from bmnn_mark.workflow.producing import (
    MadeCopy,
    copy_values,
    make_copies,
    record_all,
    settled_on_failure,
)
from bmnn_mark.workflow.stamping import StampReport
from bmnn_mark.workflow.template import Template, issue_request, prepared
from bmnn_mark.workflow.turns import making_turn
from bmnn_mark.workflow.word_copies import WordTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCopy:
    """One copy that was made.

    Attributes:
        number: k of n.
        attempt_id: the register's id of this attempt.
        reference: short reference beside the code.
        recipient: who it is for; empty where that is entered at hand-over.
        file: name of its file in the folder.
        sha256: of its bytes.
        position: of the register, as its page codes say.
        codes: the page codes' texts, by page; empty where the office leaves them off.
    """

    number: int
    attempt_id: str
    reference: str
    recipient: str
    file: str
    sha256: str
    position: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReport:
    """What became of an order for numbered copies.

    Attributes:
        document_id: the register's id of the document.
        folder: where the copies are.
        copies: in the order of their numbers.
        mark: what was put on the template and how it was shown.
    """

    document_id: str
    folder: Path
    copies: tuple[IssuedCopy, ...]
    mark: StampReport


def default_folder(source: Path) -> Path:
    """Beside the document, named after it."""
    return source.parent / f"{source.stem}.copies"


def issue_to_folder(
    office: Office,
    order: IssueOrder,
    folder: Path,
    *,
    register: RegisterPort | None = None,
    overwrite: bool = False,
    keep_docx: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> IssueReport:
    """Register the document and write its numbered copies as PDF files into ``folder``.

    Args:
        office: where this is done.
        order: what is asked.
        folder: made if missing.
        register: another vendor's register; the office's own where none is given.
        overwrite: replace files of the same names.
        keep_docx: write the copies of a DOCX as DOCX too.
        on_progress: called for pages and copies; may raise to stop.

    Raises:
        DocumentRefused, RulesRefused, RegisterRefused: no file is left. Before the reservation
            nothing was spent; after it the attempts end VOID, or SPOILED where they had been
            entered as exported, and the same numbers may be tried again.
    """
    if not office.config.allow_export:
        raise RulesRefused("export.forbidden")
    book = register or office.open_register()
    with prepared(office, book, order, on_progress) as template, making_turn(office):
        names = [
            copy_name(order.stamp.source, number, order.copies)
            for number in range(1, order.copies + 1)
        ]
        also = [Path(name).with_suffix(".docx").name for name in names] if keep_docx else []
        check_folder(folder, names + also, overwrite=overwrite)
        word = _word_template(office, template, on_progress) if keep_docx else None
        reservation = book.reserve(issue_request(book, order, template))
        with (
            settled_on_failure(book, reservation.copies, order.actor) as reached,
            files.draft_folder(folder if files.is_folder(folder) else folder.parent) as drafts,
        ):
            made = make_copies(
                template, book, reservation.copies, order.copies, drafts, on_progress
            )
            finished = [path for _, path, _ in made]
            as_docx: dict[str, str] = {}
            if word is not None:
                for copy, path, _ in made:
                    finished.append(path.with_suffix(".docx"))
                    as_docx[copy.attempt_id] = word.write(book, copy, order.copies, finished[-1])
                word.sync()
            reached(CopyState.PRODUCED)
            record_all(book, made, CopyState.PRODUCED, order.actor, as_docx)
            reached(CopyState.EXPORTED)
            record_all(book, made, CopyState.EXPORTED, order.actor)
            place_copies(finished, folder, names + also, overwrite=overwrite)
    return IssueReport(
        document_id=reservation.document_id,
        folder=folder,
        copies=issued_copies(template, book, order.copies, names, made),
        mark=template.report,
    )


def issued_copies(
    template: Template,
    register: RegisterPort,
    of: int,
    names: Sequence[str],
    made: Sequence[MadeCopy],
) -> tuple[IssuedCopy, ...]:
    """The copies that were made, as a report tells of them; ``names`` are their files'."""
    return tuple(
        IssuedCopy(
            number=copy.number,
            attempt_id=copy.attempt_id,
            reference=copy.reference,
            recipient=copy.recipient,
            file=name,
            sha256=digest,
            position=copy.position,
            codes=copy_values(template, register, copy, of).codes,
        )
        for name, (copy, _, digest) in zip(names, made, strict=True)
    )


def _word_template(office: Office, template: Template, on_progress: OnProgress) -> WordTemplate:
    """The same marks on the DOCX itself.

    Raises:
        DocumentRefused: ``export.not_docx`` for a PDF; as the Word room refuses.
    """
    if template.source == template.taken:
        raise DocumentRefused("export.not_docx")
    return WordTemplate(office, template.taken, template.work, template.request, on_progress)


def place_copies(drafts: list[Path], folder: Path, names: list[str], *, overwrite: bool) -> None:
    """Give finished copies their names in ``folder``: all of them or none.

    What they replace waits beside the drafts until all are in place, and comes back otherwise.
    """
    placed: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for draft, name in zip(drafts, names, strict=True):
            target, replaced = folder / name, draft.with_name(f"replaced-{draft.name}")
            files.check_target(target, overwrite=overwrite)
            if target.exists():
                target.replace(replaced)
            placed.append((target, replaced))
            draft.replace(target)
        files.sync_folder(folder)
    except BaseException as error:
        for target, replaced in placed:
            target.unlink(missing_ok=True)
            if replaced.exists():
                replaced.replace(target)
        if isinstance(error, OSError):
            raise DocumentRefused("output.unwritable", reason=files.os_reason(error)) from error
        raise


def copy_name(source: Path, number: int, copies: int, kind: str = "ban-so") -> str:
    """The name of a copy's file."""
    digits = max(2, len(str(copies)))
    return f"{source.stem}.{kind}-{number:0{digits}}.pdf"


def check_folder(folder: Path, names: list[str], *, overwrite: bool) -> None:
    """Refuse early what :func:`place_copies` would refuse late.

    Raises:
        DocumentRefused: ``output.*``.
    """
    if files.is_file(folder):
        raise DocumentRefused("output.unwritable", reason="ENOTDIR")
    for name in names:
        files.check_target(folder / name, overwrite=overwrite, new_folder=True)
