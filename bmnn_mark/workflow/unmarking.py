# SPDX-License-Identifier: Apache-2.0
"""Take our own marks out of one document, and nothing else. No register, no number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents import confined
from bmnn_mark.documents.model import UnmarkResult, UnmarkTask
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.office import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmarkReport:
    """What became of one document.

    Attributes:
        source: the file that was given.
        output: the file that was delivered; None where there was nothing to take out.
        result: marks taken out, proof.
    """

    source: Path
    output: Path | None
    result: UnmarkResult


def target_for(source: Path, output: Path | None) -> Path:
    """Where the result goes: ``output``, a file or a folder; beside the document by default.

    >>> target_for(Path("a/ke-hoach.marked.pdf"), None).as_posix()
    'a/ke-hoach.unmarked.pdf'
    """
    if output is not None and not output.is_dir():
        return output
    suffix = ".docx" if source.suffix.lower() == ".docx" else ".pdf"
    name = f"{source.stem.removesuffix('.marked')}.unmarked{suffix}"
    return (output or source.parent) / name


def unmark(
    office: Office,
    source: Path,
    target: Path,
    *,
    overwrite: bool = False,
    password: str | None = None,
    on_progress: OnProgress = ignore_progress,
) -> UnmarkReport:
    """Deliver ``source`` without our marks at ``target``; nothing where it bears none.

    Args:
        office: where this is done.
        source: a DOCX or PDF; the result is of the same kind.
        target: where the result goes.
        overwrite: replace what is there.
        password: opens an encrypted document.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused: the document (``marks.is_numbered_copy``), the proof or the target
            (``output.other_kind``); nothing was written.
    """
    kind = document_kind(office, source)
    if target.suffix.lower() == (".docx" if kind is FileKind.PDF else ".pdf"):
        raise DocumentRefused("output.other_kind")
    files.check_target(target, overwrite=overwrite, source=source)
    with files.work_folder() as work:
        draft = work / "unmarked"
        taken = files.take_in(source, work, office.limits)
        result = unmark_into(office, taken, kind, draft, work, on_progress, password=password)
        if result.removed:
            files.deliver(draft, target, overwrite=overwrite)
    return UnmarkReport(source=source, output=target if result.removed else None, result=result)


def document_kind(office: Office, source: Path) -> FileKind:
    """PDF or ZIP, by content.

    Raises:
        DocumentRefused: unreadable, empty, too large, neither PDF nor DOCX.
    """
    files.check_size(source, office.limits)
    kind = files.sniff(source)
    if kind is FileKind.OTHER:
        raise DocumentRefused("document.not_a_document")
    return FileKind.ZIP if kind is FileKind.OLE else kind  # the Word room names an OLE file


def unmark_into(
    office: Office,
    source: Path,
    kind: FileKind,
    target: Path,
    work: Path,
    on_progress: OnProgress,
    *,
    password: str | None = None,
) -> UnmarkResult:
    """Take our marks out of a document in a process of its own; the result lies at ``target``."""
    task = UnmarkTask(
        source=str(source.absolute()),
        target=str(target),
        work=str(work),
        limits=office.limits,
        password=password,
    )
    run = confined.unmark_pdf if kind is FileKind.PDF else confined.unmark_docx
    return run(task, on_progress)
