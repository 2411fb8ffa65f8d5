# SPDX-License-Identifier: Apache-2.0
"""Marks a hard document and gives back the result, or the refusal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bmnn_mark.documents.model import MarkRequest, MarkResult, MarkTask
from bmnn_mark.documents.pdf.marking import mark_pdf
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Level


@dataclass(frozen=True)
class Ended:
    """How marking ended."""

    source: Path
    target: Path
    request: MarkRequest
    result: MarkResult | None
    code: str | None
    detail: dict

    @property
    def notices(self) -> dict[str, dict]:
        assert self.result is not None, self.code
        return {one.code: one.detail for one in self.result.notices}

    def pdf(self) -> pikepdf.Pdf:
        return pikepdf.open(self.target)


Mark = Callable[..., Ended]


@pytest.fixture
def mark(tmp_path: Path) -> Mark:
    def run(source: Path, *, password: str | None = None, **fields) -> Ended:
        target = tmp_path / "marked.pdf"
        target.unlink(missing_ok=True)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        task = MarkTask(
            source=str(source), target=str(target), work=str(work), password=password,
            request=MarkRequest(**{"level": Level.TOI_MAT, "pack": "tt24-2020", **fields}),
        )  # fmt: skip
        try:
            return Ended(source, target, task.request, mark_pdf(task), None, {})
        except DocumentRefused as refusal:
            assert not target.exists()
            return Ended(source, target, task.request, None, refusal.code, dict(refusal.detail))

    return run


@pytest.fixture
def paper(tmp_path: Path) -> Callable[..., Path]:
    """A file made by a function that gets the PDF."""

    def make(fill: Callable[[pikepdf.Pdf], None], **save) -> Path:
        path = tmp_path / "paper.pdf"
        with pikepdf.new() as pdf:
            fill(pdf)
            pdf.save(path, **save)
        return path

    return make
