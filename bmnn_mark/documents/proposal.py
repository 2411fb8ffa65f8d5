# SPDX-License-Identifier: Apache-2.0
"""What a document says of itself, for a clerk to take over or correct; its pages as pictures.

Nothing here decides anything: what is read off a page is offered, never taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from bmnn_mark import worker
from bmnn_mark.documents.model import Notice, PlacedMark
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.units import Rect
from bmnn_mark.worker import OnProgress, ignore_progress

_WORKER = "bmnn_mark.documents.worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Something read off a page.

    Attributes:
        value: in the form of the option that takes it: ``12/KH-SM``, ``2026-11-05``, ``toi-mat``.
        page: page number from 1.
        box: where it stands on the displayed page, mm.
    """

    value: str
    page: int
    box: Rect


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a document says of itself; None and empty where it does not, or as a scan does.

    Attributes:
        pages: its page count; of a DOCX, that of its paper.
        number_sign: số, ký hiệu.
        dated: its date.
        level: độ mật that page 1 states already.
        drafter: as the block Nơi nhận names.
        copies: number of copies that the block states.
        copying: what the block says of copying: ``allowed``, ``forbidden``, ``unclear``.
        recipients: the block's other entries, as they stand, but for those that name nobody
            (``Như trên``, ``Lưu: VT``).
        own_marks: marks of ours that it bears.
        notices: what the clerk should know about the file.
        source_sha256: of its bytes.
    """

    pages: int
    number_sign: Read | None = None
    dated: Read | None = None
    level: Read | None = None
    drafter: Read | None = None
    copies: Read | None = None
    copying: Read | None = None
    recipients: tuple[Read, ...] = ()
    own_marks: tuple[PlacedMark, ...] = ()
    notices: tuple[Notice, ...] = ()
    source_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeTask:
    """Read off the PDF ``source``; signed ones and forms as they are printed."""

    source: str
    work: str
    """Private folder for intermediate files."""
    limits: Limits = DEFAULT_LIMITS
    password: str | None = field(default=None, repr=False)
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowTask:
    """Draw page ``page`` of the PDF ``source`` as the PNG ``target``."""

    source: str
    target: str
    work: str
    """Private folder for intermediate files."""
    page: int
    dpi: int
    limits: Limits = DEFAULT_LIMITS
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)
    HANDED_BACK: ClassVar[tuple[str, ...]] = ("target",)


def propose_pdf(task: ProposeTask, on_progress: OnProgress = ignore_progress) -> Proposal:
    """Read off a PDF in a process of its own.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER, "propose-pdf", task, Proposal,
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip


def show_page(task: ShowTask, on_progress: OnProgress = ignore_progress) -> tuple[int, int]:
    """Draw a page in a process of its own; width and height in pixels.

    Raises:
        BmnnMarkError: what the task refuses with, or what :func:`bmnn_mark.worker.call` does.
    """
    return worker.call(
        _WORKER, "show-page", task, tuple[int, int],
        home=Path(task.work), limits=task.limits, on_progress=on_progress,
    )  # fmt: skip
