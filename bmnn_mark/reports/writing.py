# SPDX-License-Identifier: Apache-2.0
"""A paper put into a file: the name's end says as what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents.conversion import convert
from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.reports.paper import Paper
from bmnn_mark.rules import Level
from bmnn_mark.worker import OnProgress, ignore_progress

#: Ends of names that a paper can be written under.
KINDS = (".pdf", ".docx", ".xlsx")
#: How much longer the conversion of our own paper may take for each row: a book of thousands of
#: lines is hundreds of pages, and on a busy computer a row took 0.14 s.
_ROW_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPaper:
    """A paper that was written.

    Attributes:
        path: the file.
        pages: of a PDF; None for the others, whose pages their reader makes.
        sha256: of the file, hexadecimal.
        handle_at: the highest level of what the paper names; it must be kept and carried like
            papers of that level until somebody competent says otherwise. None: it names no secret.
    """

    path: Path
    pages: int | None
    sha256: str
    handle_at: Level | None


def check_paper_target(target: Path, *, overwrite: bool) -> None:
    """Refuse early what :func:`write_paper` would refuse late.

    Raises:
        UsageRefused: ``reports.kind_unknown``.
        DocumentRefused: ``output.*``.
    """
    if target.suffix.lower() not in KINDS:
        raise UsageRefused("reports.kind_unknown")
    files.check_target(target, overwrite=overwrite)


def write_paper(
    paper: Paper,
    target: Path,
    *,
    rehearsal: bool,
    overwrite: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: OnProgress = ignore_progress,
) -> WrittenPaper:
    """Write a paper as ``.docx``, ``.pdf`` or ``.xlsx``: whole or not at all, mode 0600.

    Args:
        paper: what it says.
        target: the file; the end of its name decides the kind.
        rehearsal: whether it comes from a rehearsal register; each page says so then.
        overwrite: replace a file of that name.
        limits: bounds on the conversion to PDF.
        on_progress: called while the conversion goes on.

    Raises:
        UsageRefused: ``reports.kind_unknown``.
        DocumentRefused: ``output.*``, ``conversion.*``.
    """
    check_paper_target(target, overwrite=overwrite)
    kind = target.suffix.lower()
    pages: int | None = None
    with files.work_folder() as work:
        draft = work / f"paper{kind}"
        try:
            if kind == ".xlsx":
                from bmnn_mark.reports.sheets import write_xlsx  # noqa: PLC0415 - heavy

                write_xlsx(paper, draft, rehearsal=rehearsal)
            else:
                from bmnn_mark.reports.pages import write_docx  # noqa: PLC0415 - heavy

                write_docx(paper, work / "paper.docx", rehearsal=rehearsal)
        except OSError as error:
            raise DocumentRefused("output.unwritable", reason=files.os_reason(error)) from error
        if kind == ".pdf":
            rows = sum(len(table.rows) for table in paper.tables)
            longer = replace(limits, convert_seconds=limits.convert_seconds + rows * _ROW_SECONDS)
            pages = convert(
                work / "paper.docx", draft, work=work, limits=longer, on_progress=on_progress
            ).pages
        files.deliver(draft, target, overwrite=overwrite)
        digest = files.sha256_of(draft)
    return WrittenPaper(path=target, pages=pages, sha256=digest, handle_at=paper.handle_at)
