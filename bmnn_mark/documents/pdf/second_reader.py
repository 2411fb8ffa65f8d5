# SPDX-License-Identifier: Apache-2.0
"""A reader that shares no code with the writer finds our marks, with their text, on their pages."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdf
import pypdf.generic

from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.pdf.isolation import OURS, WRAPPED
from bmnn_mark.documents.proof import reads
from bmnn_mark.errors import DocumentRefused

_PAINTED = re.compile(rb"(/Bmnn\d+) Do\b")


def read_back(path: Path, pages: int, plan: MarkPlan) -> None:
    """Read the result with pypdf: page count, and every mark's text on its page.

    Only our own content of a page is read: the rest was there before.

    Raises:
        DocumentRefused: ``proof.second_reader``.
    """
    page = 0
    try:
        with _quiet():
            reader = pypdf.PdfReader(path, strict=False)
            if len(reader.pages) != pages:
                raise DocumentRefused("proof.second_reader", page=0)
            texts: dict[int, str] = {}
            for page in sorted({mark.page for mark in plan.marks}):
                found = list(_painted_text(reader.pages[page - 1], texts))
                if not all(any(reads(one, mark) for one in found) for mark in plan.on_page(page)):
                    raise DocumentRefused("proof.second_reader", page=page)
    except DocumentRefused:
        raise
    except Exception as error:  # pypdf raises anything at all on odd files
        raise DocumentRefused("proof.second_reader", page=page) from error


def read_bare(path: Path, pages: int) -> None:
    """Read a result with pypdf: page count, and no page shows anything that we painted.

    Raises:
        DocumentRefused: ``proof.second_reader``.
    """
    page = 0
    try:
        with _quiet():
            reader = pypdf.PdfReader(path, strict=False)
            if len(reader.pages) != pages:
                raise DocumentRefused("proof.second_reader", page=0)
            for page, sheet in enumerate(reader.pages, 1):
                if any(_painted_by_us(sheet)):
                    raise DocumentRefused("proof.second_reader", page=page)
    except DocumentRefused:
        raise
    except Exception as error:  # pypdf raises anything at all on odd files
        raise DocumentRefused("proof.second_reader", page=page) from error


def _painted_by_us(page: pypdf.PageObject) -> Iterator[bool]:
    """Of each content stream and XObject of a page, whether it is a mark of ours."""
    contents: Any = page.get("/Contents", pypdf.generic.ArrayObject()).get_object()
    parts = contents if isinstance(contents, pypdf.generic.ArrayObject) else [contents]
    resources: Any = page.get("/Resources", pypdf.generic.DictionaryObject()).get_object()
    known = resources.get("/XObject", pypdf.generic.DictionaryObject()).get_object()
    for part in [*parts, *known.values()]:
        stream = part.get_object()
        if isinstance(stream, pypdf.generic.DictionaryObject):  # streams are such, too
            yield stream.get(OURS, WRAPPED) != WRAPPED


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of pypdf's log gets out: it may quote the document."""
    log = logging.getLogger("pypdf")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


def _painted_text(page: pypdf.PageObject, texts: dict[int, str]) -> Iterator[str]:
    """The text of each XObject that our content of a page paints."""
    contents: Any = page["/Contents"]
    ours = contents[-1].get_object()
    resources: Any = page["/Resources"]
    known = resources["/XObject"]
    for name in _PAINTED.findall(ours.get_data()):
        reference = known.raw_get(name.decode("ascii"))
        key = reference.idnum
        if key not in texts:
            form = reference.get_object()
            texts[key] = (
                page.extract_xform_text(form, (0, 90, 180, 270), 200.0, None)
                if form["/Subtype"] == "/Form"
                else ""
            )
        yield texts[key]
