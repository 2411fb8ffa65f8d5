# SPDX-License-Identifier: Apache-2.0
"""The rarer marks as two engines show them on pages of several shapes."""

from __future__ import annotations

import subprocess
from datetime import date
from itertools import pairwise

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from bmnn_mark.documents.model import (
    MarkKind,
    MarkRequest,
    MarkTask,
    Relevelling,
    Reproduction,
    ReproductionKind,
)
from bmnn_mark.documents.pdf.marking import mark_pdf
from bmnn_mark.rules import Level, Urgency
from bmnn_mark.units import Mm, Rect

DPI = 300
DAY = date(2027, 1, 31)
COPY = Reproduction(
    kind=ReproductionKind.SAO_LUC,
    made_on=DAY,
    number=1,
    quantity=3,
    recipient=None,
    authority="CHÁNH VĂN PHÒNG",
    signer="Người Mẫu",
)
REQUESTS = {
    "life": {
        "urgency": Urgency.HOA_TOC,
        "term": DAY,
        "extended": DAY,
        "relevelling": Relevelling(old=Level.TOI_MAT, since=DAY),
        "declassified": DAY,
        "recall": DAY,
    },
    "copy": {"reproduction": COPY, "frame": True},
    "numbered": {"copies": 12, "frame": True, "term": DAY},
}
SHAPES = {
    "upright": {},
    "turned": {"Rotate": 90, "MediaBox": (0, 0, 841.89, 595.276)},
    "shifted": {"MediaBox": (-50, 30, 545.276, 871.89), "Rotate": -180},
}


def paper(path, shape):
    with pikepdf.new() as pdf:
        for _ in range(2):
            page = pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=[0, 0, 595.276, 841.89])
            for key, value in shape.items():
                page[f"/{key}"] = pikepdf.Array([*value]) if isinstance(value, tuple) else value
            page["/Contents"] = pdf.make_stream(b"")
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.save(path)
    return path


def by_pdfium(path, page):
    return pypdfium2.PdfDocument(path)[page - 1].render(scale=DPI / 72).to_pil().convert("RGB")


def by_poppler(path, page):
    stem = path.with_suffix("")
    subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-cropbox", "-f", str(page), "-l", str(page), "-singlefile",
         path, stem],
        check=True,
    )  # fmt: skip
    with Image.open(f"{stem}.ppm") as image:
        return image.convert("RGB")


def ink_in(image, box):
    """The box of what is not white in and about ``box``, mm."""
    about = box.grown(0.9)
    corners = (about.x, about.y, about.right, about.bottom)
    clip = image.crop([round(Mm(side).px(DPI)) for side in corners])
    grey = ImageChops.invert(clip.convert("L")).point([0] * 100 + [255] * 156)
    left, top, right, bottom = grey.getbbox()
    x, y = round(about.x.px(DPI)), round(about.y.px(DPI))
    return Rect(
        Mm.from_px(left + x, DPI), Mm.from_px(top + y, DPI),
        Mm.from_px(right - left, DPI), Mm.from_px(bottom - top, DPI),
    )  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", REQUESTS)
def test_each_mark_stands_where_it_says_in_both_engines(tmp_path, work, shape, name):
    source, target = paper(tmp_path / "a.pdf", SHAPES[shape]), tmp_path / "b.pdf"
    request = MarkRequest(level=Level.MAT, pack="nd63-2026", mark_id="ab12", **REQUESTS[name])
    result = mark_pdf(
        MarkTask(source=str(source), target=str(target), work=str(work), request=request)
    )
    framed = [
        mark for mark in result.marks if mark.kind not in {MarkKind.CAPTION, MarkKind.PAGE_CODE}
    ]
    assert len(framed) == {"life": 7, "copy": 3, "numbered": 3}[name]
    for mark in framed:
        assert (mark.certificate is None) == (mark.kind is MarkKind.LEVEL_GUIDE)
        measures = mark.certificate.measures if mark.certificate else ()
        assert all(one.holds or one.nominal for one in measures), mark.stamp
    for render in (by_pdfium, by_poppler):
        pages = {page: render(target, page) for page in {mark.page for mark in framed}}
        shown = [ink_in(pages[mark.page], mark.box) for mark in framed]
        if name == "life":
            for above, below in pairwise(shown):
                assert below.y - above.bottom == pytest.approx(2.0, abs=0.2)
        for mark, seen in zip(framed, shown, strict=True):
            for edge in ("x", "y", "right", "bottom"):
                assert getattr(seen, edge) == pytest.approx(getattr(mark.box, edge), abs=0.2)
