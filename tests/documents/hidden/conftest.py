# SPDX-License-Identifier: Apache-2.0
"""Documents with something hidden in them, each hiding place made by code."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hiding import SHOWN
from pikepdf import Array, Dictionary, Name, Pdf

from bmnn_mark.documents.hidden.pdf import find_in_pdf
from bmnn_mark.limits import DEFAULT_LIMITS


@pytest.fixture
def make_pdf(tmp_path):
    """One A4 page of this content; ``add`` is given the document and the page."""

    def make(content=SHOWN, add=None, name="one.pdf", **save):
        pdf = Pdf.new()
        pdf.add_blank_page(page_size=(595, 842))
        page = pdf.pages[0].obj
        font = Dictionary(
            Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name("/Courier"),
            FirstChar=32, LastChar=126, Widths=Array([600] * 95),
        )  # fmt: skip
        page.Resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
        page.Contents = pdf.make_stream(content)
        if add:
            add(pdf, page)
        path = tmp_path / name
        pdf.save(path, fix_metadata_version=False, **save)
        return path

    return make


@pytest.fixture
def find(tmp_path):
    """The findings of a PDF, counted by code without its area."""

    def find(path, **settings):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        found = find_in_pdf(path, DEFAULT_LIMITS, work, **settings)
        return Counter(one.code.removeprefix("hidden.") for one in found)

    return find
