# SPDX-License-Identifier: Apache-2.0
"""Give out numbered copies: prove a template, spend the numbers, splice, prove again, record.

The order is ADR 7's: nothing is spent on a document that cannot be marked, and no coded sheet
exists whose reservation is not in the register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bmnn_mark import files
from bmnn_mark.documents import confined
from bmnn_mark.documents.copies import (
    CopyTemplate,
    CopyValues,
    CopyWriter,
    ProveCopyTask,
    prove_copy_bytes,
)
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.errors import DocumentRefused, RulesRefused, Scalar
from bmnn_mark.files import FileKind
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    DocumentIdentity,
    IssueRequest,
    RegisterPort,
    ReservedCopy,
)
from bmnn_mark.tracking.code import Outcome, open_code, seal_pages
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import IssueOrder
from bmnn_mark.workflow.stamping import (
    StampReport,
    document_kind,
    mark_as_pdf,
    mark_request,
    pack_of,
    unconfirmed_figures,
    with_id,
)
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
    """

    number: int
    attempt_id: str
    reference: str
    recipient: str
    file: str
    sha256: str


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


def plain(report: IssueReport) -> dict[str, Any]:
    """The part of the report about copies, for ``--json``."""
    from bmnn_mark.plain import to_builtins  # noqa: PLC0415  # the module shares the name

    return {
        "document": report.document_id,
        "folder": str(report.folder),
        "copies": to_builtins(report.copies),
    }


def default_folder(source: Path) -> Path:
    """Beside the document, named after it."""
    return source.parent / f"{source.stem}.copies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A proven base of numbered copies.

    Attributes:
        source: what was marked: the PDF, or the PDF made of the DOCX.
        path: the marked base.
        request: what was asked of the document room.
        report: what was put on it and how it was shown.
        work: private folder they lie in.
    """

    source: Path
    path: Path
    request: MarkRequest
    report: StampReport
    work: Path


@contextmanager
def prepared(
    office: Office,
    register: RegisterPort,
    order: IssueOrder,
    on_progress: OnProgress,
    *,
    again: bool = False,
) -> Iterator[Template]:
    """Mark and prove the template of an order's copies; nothing is spent yet.

    Args:
        office: where this is done.
        register: whose copies they will be.
        order: what is asked.
        on_progress: called for pages.
        again: the document is in the register already and more attempts are wanted.

    Raises:
        DocumentRefused, RulesRefused, RegisterRefused: register and files are unchanged.
    """
    pack = pack_of(order.stamp)
    kind = document_kind(office, order.stamp.source)
    if not again:
        register.check_new(identity_of(register, order))
    request = with_id(
        replace(
            mark_request(office, order.stamp, pack),
            copies=order.copies,
            page_code=office.config.page_code,
            rehearsal=register.rehearsal,
        )
    )
    unconfirmed = unconfirmed_figures(office, pack, request)
    with files.work_folder() as work:
        base = work / "base.pdf"
        result = mark_as_pdf(office, order.stamp.source, kind, base, work, request, on_progress)
        if result.unchanged:
            raise DocumentRefused("marks.already_marked", marks=len(result.marks))
        yield Template(
            source=order.stamp.source if kind is FileKind.PDF else work / "converted.pdf",
            path=base,
            request=request,
            work=work,
            report=StampReport(
                source=order.stamp.source,
                output=None,
                level=order.stamp.level,
                pack=pack.id,
                unconfirmed=unconfirmed,
                result=result,
            ),
        )


def identity_of(register: RegisterPort, order: IssueOrder) -> DocumentIdentity:
    """What makes the document that one: agency, number and sign, date."""
    return DocumentIdentity(
        agency=register.agency, number_sign=order.number_sign, dated=order.stamp.dated
    )


def issue_request(register: RegisterPort, order: IssueOrder, template: Template) -> IssueRequest:
    """The order as the register wants it."""
    return IssueRequest(
        identity=identity_of(register, order),
        level=order.stamp.level,
        pack=template.report.pack,
        recipients=order.recipients,
        copies=order.copies,
        pages=template.report.result.pages,
        source_sha256=template.report.result.source_sha256,
        actor=order.actor,
        copying=order.stamp.copying,
        title=order.title,
        drafter=order.stamp.drafter,
        ground=order.ground,
        approved_by=order.approved_by,
        approved_on=order.approved_on,
    )


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
        DocumentRefused, RulesRefused: nothing was written, nothing spent.
        RegisterRefused: likewise.
    """
    if not office.config.allow_export:
        raise RulesRefused("export.forbidden")
    book = register or office.open_register()
    with prepared(office, book, order, on_progress) as template:
        names = [_file_name(order, number) for number in range(1, order.copies + 1)]
        also = [Path(name).with_suffix(".docx").name for name in names] if keep_docx else []
        _check_folder(folder, names + also, overwrite=overwrite)
        word = _word_template(office, order, template, on_progress) if keep_docx else None
        reservation = book.reserve(issue_request(book, order, template))
        with (
            settled_on_failure(book, reservation.copies, order.actor) as reached,
            files.draft_folder(folder if folder.is_dir() else folder.parent) as drafts,
        ):
            made = make_copies(
                template, book, reservation.copies, order.copies, drafts, on_progress
            )
            finished = [path for _, path, _ in made]
            if word is not None:
                for copy, path, _ in made:
                    finished.append(path.with_suffix(".docx"))
                    word.write(book, copy, order.copies, finished[-1])
            reached(CopyState.PRODUCED)
            record_all(book, made, CopyState.PRODUCED, order.actor)
            reached(CopyState.EXPORTED)
            record_all(book, made, CopyState.EXPORTED, order.actor)
            _place(finished, folder, names + also, overwrite=overwrite)
    return IssueReport(
        document_id=reservation.document_id,
        folder=folder,
        copies=tuple(
            IssuedCopy(
                number=copy.number,
                attempt_id=copy.attempt_id,
                reference=copy.reference,
                recipient=copy.recipient,
                file=name,
                sha256=digest,
            )
            for name, (copy, _, digest) in zip(names, made, strict=True)
        ),
        mark=template.report,
    )


def _word_template(
    office: Office, order: IssueOrder, template: Template, on_progress: OnProgress
) -> WordTemplate:
    """The same marks on the DOCX itself.

    Raises:
        DocumentRefused: ``export.not_docx`` for a PDF; as the Word room refuses.
    """
    if template.source == order.stamp.source:
        raise DocumentRefused("export.not_docx")
    return WordTemplate(office, order.stamp.source, template.work, template.request, on_progress)


#: A copy with its draft file and the SHA-256 of its bytes.
MadeCopy = tuple[ReservedCopy, Path, str]


def make_copies(
    template: Template,
    register: RegisterPort,
    copies: tuple[ReservedCopy, ...],
    of: int,
    folder: Path,
    on_progress: OnProgress,
) -> list[MadeCopy]:
    """Splice the copies into ``folder`` and prove them: bytes each, pixels the first and last.

    Raises:
        DocumentRefused: ``proof.*``, ``output.unwritable``.
    """
    result = template.report.result
    made: list[MadeCopy] = []
    with CopyTemplate(template.path, result.slots) as base:
        writer = CopyWriter(base)
        for place, copy in enumerate(copies, 1):
            values = copy_values(template, register, copy, of)
            slots = base.slot_values(template.request, values)
            path = folder / f"{copy.number}.pdf"
            writer.write_copy(slots, path)
            opens = _opener(register, copy, values.codes)
            made.append((copy, path, prove_copy_bytes(base, path, slots, copy.number, opens)))
            on_progress(Progress(phase="copies", copy=place, copies=len(copies)))
        writer.sync()
    for copy, path, _ in made[:1] + made[1:][-1:]:
        confined.prove_copy(
            ProveCopyTask(
                source=str(template.source.absolute()),
                copy=str(path.absolute()),
                work=str(template.work),
                request=template.request,
                values=copy_values(template, register, copy, of),
            ),
            on_progress,
        )
    return made


def copy_values(
    template: Template, register: RegisterPort, copy: ReservedCopy, of: int
) -> CopyValues:
    """What one copy says of itself, its page codes sealed."""
    codes: tuple[str, ...] = ()
    if template.request.page_code:
        codes = tuple(
            seal_pages(
                register.trace_key(),
                position=copy.position,
                attempt=copy.attempt,
                root=copy.root,
                pages=range(1, template.report.result.pages + 1),
            )
        )
    return CopyValues(number=copy.number, copies=of, reference=copy.reference, codes=codes)


def record_all(register: RegisterPort, made: list[MadeCopy], state: CopyState, actor: str) -> None:
    """Enter one step for every copy, in one transaction."""
    register.record(
        tuple(
            CopyRecord(
                attempt_id=copy.attempt_id, state=state, actor=actor, detail=_detail(state, digest)
            )
            for copy, _, digest in made
        )
    )


def _detail(state: CopyState, digest: str) -> dict[str, Scalar]:
    return {"sha256": digest} if state is CopyState.PRODUCED else {}


def _opener(
    register: RegisterPort, copy: ReservedCopy, codes: tuple[str, ...]
) -> Callable[[int, bytes], bool]:
    """Says whether the code of a page opens with the register's key to just this copy's page.

    That the symbol's bytes are those of the code's text was compared before this is asked.
    """
    keys = (register.trace_key(),)

    def opens(page: int, _symbol: bytes) -> bool:
        reading = open_code(codes[page - 1], keys)
        return (
            reading.outcome is Outcome.OURS
            and reading.code is not None
            and (reading.code.page, reading.code.position) == (page, copy.position)
        )

    return opens


@contextmanager
def settled_on_failure(
    register: RegisterPort, copies: tuple[ReservedCopy, ...], actor: str
) -> Iterator[Callable[[CopyState], None]]:
    """Numbers that led to no copy are settled before the failure goes on.

    Yields a function that is told the state about to be recorded. Attempts that were never
    exported end VOID; exported ones, whose files are gone again, SPOILED.
    """
    state = CopyState.RESERVED

    def reached(next_state: CopyState) -> None:
        nonlocal state
        state = next_state

    try:
        yield reached
    except BaseException:
        end = CopyState.SPOILED if state is CopyState.EXPORTED else CopyState.VOID
        register.record(
            tuple(CopyRecord(attempt_id=copy.attempt_id, state=end, actor=actor) for copy in copies)
        )
        raise


def _place(drafts: list[Path], folder: Path, names: list[str], *, overwrite: bool) -> None:
    """Give finished copies their names in ``folder``: all of them or none."""
    placed: list[Path] = []
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for draft, name in zip(drafts, names, strict=True):
            target = folder / name
            files.check_target(target, overwrite=overwrite)
            draft.replace(target)
            placed.append(target)
        files.sync_folder(folder)
    except BaseException as error:
        for target in placed:
            target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DocumentRefused("output.unwritable", reason=files.os_reason(error)) from error
        raise


def _file_name(order: IssueOrder, number: int) -> str:
    digits = max(2, len(str(order.copies)))
    return f"{order.stamp.source.stem}.ban-so-{number:0{digits}}.pdf"


def _check_folder(folder: Path, names: list[str], *, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise DocumentRefused("output.unwritable", reason="ENOTDIR")
    if folder.is_dir():
        for name in names:
            files.check_target(folder / name, overwrite=overwrite)
    elif not folder.parent.is_dir():
        raise DocumentRefused("output.unwritable", reason="ENOENT")
