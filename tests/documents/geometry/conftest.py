# SPDX-License-Identifier: Apache-2.0
"""Every shape marked once, and what four engines make of the results."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from four_engines import ENGINES, shown
from page_shapes import SHAPES, Shape
from PIL import Image

from bmnn_mark.documents.model import MarkRequest, MarkResult, MarkTask
from bmnn_mark.documents.pdf.marking import mark_pdf
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Level


@dataclass(frozen=True)
class Outcome:
    """What became of a shape: a result and its pages by engine, or a refusal."""

    source: Path
    result: MarkResult | None
    refusal: DocumentRefused | None
    pages: dict[str, list[Image.Image]]


def _marked(shape: Shape, folder: Path) -> MarkResult | DocumentRefused:
    shape.write(folder / "source.pdf")
    task = MarkTask(
        source=str(folder / "source.pdf"),
        target=str(folder / "marked.pdf"),
        work=str(folder),
        request=MarkRequest(
            level=Level.TOI_MAT, pack="tt24-2020", allow_overlap="thử" if shape.overlap else None
        ),
    )
    try:
        return mark_pdf(task)
    except DocumentRefused as refusal:
        return refusal


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """The outcome of every shape, by name."""
    root, found = tmp_path_factory.mktemp("shapes"), {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for number, (name, shape) in enumerate(SHAPES.items()):
            folder = root / f"{number:02}"
            folder.mkdir()
            ended = _marked(shape, folder)
            target = folder / "marked.pdf"
            if isinstance(ended, DocumentRefused):
                assert not target.exists()
                found[name] = ended, folder, {}
                continue
            pages = {one: pool.submit(shown, one, target) for one in ENGINES if one != "pdfium"}
            found[name] = ended, folder, {"pdfium": shown("pdfium", target), **pages}
    return {name: _outcome(*one) for name, one in found.items()}


def _outcome(ended: MarkResult | DocumentRefused, folder: Path, pages: dict) -> Outcome:
    refused = isinstance(ended, DocumentRefused)
    return Outcome(
        source=folder / "source.pdf",
        result=None if refused else ended,
        refusal=ended if refused else None,
        pages={
            engine: one if isinstance(one, list) else one.result() for engine, one in pages.items()
        },
    )
