# SPDX-License-Identifier: Apache-2.0
"""The task ``docx-to-pdf``: a DOCX with its Nơi nhận lines in place becomes an unmarked PDF.

The PDF room marks that PDF; it finds the lines present and agreeing and adds none.
"""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.law import pack_of
from bmnn_mark.documents.model import MarkTask, PaperResult
from bmnn_mark.documents.word import noi_nhan
from bmnn_mark.documents.word.block import numbering_styles
from bmnn_mark.documents.word.fonts import font_notices
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.ours import own_marks
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import serialise
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.worker import OnProgress, Progress


def docx_to_pdf(task: MarkTask, on_progress: OnProgress) -> PaperResult:
    """Write the PDF of ``task.source`` to ``task.target``.

    Raises:
        DocumentRefused: as :func:`~bmnn_mark.documents.word.opening.open_docx` and
            :func:`~bmnn_mark.documents.conversion.convert`; ``noi_nhan.disagrees``,
            ``noi_nhan.required``; ``marks.already_marked``, also by the
            same request.
    """
    on_progress(Progress(phase="open"))
    source, work = Path(task.source), Path(task.work)
    opened = open_docx(
        source,
        task.limits,
        accept=task.request.accept_changes,
        as_printout=task.request.as_printout,
        password=task.password,
    )
    earlier = own_marks(opened)
    if earlier is not None:  # they would become part of the page, and no longer be known for ours
        raise DocumentRefused("marks.already_marked", marks=len(earlier.marks))
    notices = (*opened.notices, *font_notices(opened, work))
    root = opened.package.root(opened.main)
    completed = work / "completed.docx"
    lists = numbering_styles(opened)
    if noi_nhan.complete(root, task.request, pack_of(task.request), lists, else_on_paper=True):
        opened.package.put(Member.made(opened.main, serialise(root)))
    completed.write_bytes(write_package(opened.package.members.values()))
    converted = convert(
        completed, Path(task.target), work=work, limits=task.limits, on_progress=on_progress
    )
    completed.unlink()
    return PaperResult(
        pages=converted.pages,
        notices=notices,
        source_sha256=sha256_of(source),
        output_sha256=sha256_of(converted.path),
    )
