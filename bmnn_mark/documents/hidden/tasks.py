# SPDX-License-Identifier: Apache-2.0
"""The tasks of this room, as the process that reads untrusted documents runs them."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.docx import find_in_docx
from bmnn_mark.documents.hidden.model import FindTask
from bmnn_mark.documents.hidden.pdf import find_in_pdf
from bmnn_mark.worker import OnProgress


def find_pdf(task: FindTask, on_progress: OnProgress) -> tuple[Finding, ...]:
    """The task ``find-pdf``.

    Raises:
        DocumentRefused: as :func:`bmnn_mark.documents.hidden.pdf.find_in_pdf`.
    """
    return find_in_pdf(
        Path(task.source),
        task.limits,
        Path(task.work),
        password=task.password,
        on_progress=on_progress,
    )


def find_docx(task: FindTask, on_progress: OnProgress) -> tuple[Finding, ...]:
    """The task ``find-docx``.

    Raises:
        DocumentRefused: as :func:`bmnn_mark.documents.hidden.docx.find_in_docx`.
    """
    return find_in_docx(Path(task.source), task.limits, on_progress=on_progress)
