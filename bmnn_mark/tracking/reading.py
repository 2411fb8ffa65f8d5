# SPDX-License-Identifier: Apache-2.0
"""Reading the codes of a scan, photo or PDF, which a process of its own opens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bmnn_mark import worker
from bmnn_mark.files import check_size
from bmnn_mark.limits import DEFAULT_LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTask:
    """Find the codes in the PNG, JPEG, TIFF or PDF at ``source``."""

    source: str
    limits: Limits = DEFAULT_LIMITS
    HANDED_IN: ClassVar[tuple[str, ...]] = ("source",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTexts:
    """The texts of the QR codes found on one page of a scan; untrusted until opened by a key."""

    page: int
    texts: tuple[str, ...]


def read_scan(
    path: Path,
    *,
    home: Path,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: worker.OnProgress = worker.ignore_progress,
) -> tuple[SheetTexts, ...]:
    """The texts of the QR codes on each page of the file at ``path``.

    Args:
        path: PNG, JPEG, TIFF (all its pages) or PDF (rendered at 300 dpi, a page
            of more than half a metre at less).
        home: private folder for the process that reads it.
        limits: bounds on size, pages and pixels.
        on_progress: called for each page; may raise to stop.

    Raises:
        DocumentRefused: ``document.unreadable``, ``document.empty``, ``document.too_large``,
            ``document.too_slow``, ``document.too_heavy``, ``document.reader_crashed``,
            ``trace.not_an_image``, ``trace.image_too_large``, ``trace.too_many_pages``.
        UsageRefused: ``trace.engine_missing``.
    """
    return _read("read-codes", path, home, limits, on_progress)


def read_series(
    path: Path,
    *,
    home: Path,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: worker.OnProgress = worker.ignore_progress,
) -> tuple[SheetTexts, ...]:
    """The texts of the parts of series on each page of the file at ``path``, as :func:`read_scan`.

    Raises:
        DocumentRefused: as :func:`read_scan`.
        UsageRefused: ``trace.engine_missing``.
    """
    return _read("read-series", path, home, limits, on_progress)


def _read(
    kind: str, path: Path, home: Path, limits: Limits, on_progress: worker.OnProgress
) -> tuple[SheetTexts, ...]:
    check_size(path, limits)
    return worker.call(
        "bmnn_mark.tracking.worker",
        kind,
        ReadTask(source=str(path.absolute()), limits=limits),
        tuple[SheetTexts, ...],
        home=home,
        limits=limits,
        on_progress=on_progress,
    )
