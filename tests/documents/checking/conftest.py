# SPDX-License-Identifier: Apache-2.0
"""Papers with marks that nobody labelled, right ones and wrong ones, made by code."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageFilter

from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.checking.pdf import check_pdf
from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.findings import Severity
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.isolation import OURS
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import load_pack
from bmnn_mark.stamps.model import RectStroke, StampDrawing, TextRun
from bmnn_mark.units import Mm, Point, Rect, Size

PACK = "tt24-2020"
PLACE = Point(Mm(30), Mm(45))
_LABEL = re.compile(rb"/Artifact <<.*?>>>> BDC")


@dataclass(frozen=True)
class Drawn:
    """A drawing on page 1."""

    drawing: StampDrawing
    at: Point = PLACE
    kind: MarkKind = MarkKind.LEVEL


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    """The sample document on paper: three pages, no mark."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder / "sample.docx")
    convert(folder / "sample.docx", folder / "sample.pdf", work=folder, limits=DEFAULT_LIMITS)
    return folder / "sample.pdf"


@pytest.fixture(scope="session")
def first_page(sample, tmp_path_factory) -> Path:
    """Its first page alone."""
    path = tmp_path_factory.mktemp("first") / "first.pdf"
    with pikepdf.open(sample) as pdf:
        del pdf.pages[1:]
        pdf.save(path)
    return path


@pytest.fixture
def check(tmp_path) -> Callable[..., CheckResult]:
    """Check a PDF by the rules of 2020."""

    def run(path: Path, **more) -> CheckResult:
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return check_pdf(CheckTask(source=str(path), work=str(work), **{"pack": PACK, **more}))

    return run


@pytest.fixture
def stamped(first_page, tmp_path) -> Callable[..., Path]:
    """A paper with drawings on its first page, with or without our labels beside them."""

    def make(*drawn: Drawn | StampDrawing, paper: Path = first_page, labels: bool = False) -> Path:
        target = tmp_path / "stamped.pdf"
        marks = tuple(_planned(one) for one in drawn)
        with open_pdf(paper, DEFAULT_LIMITS, tmp_path) as opened:
            write_marked(opened, MarkPlan(marks=marks), target, mark_id="abc", pack_id=PACK)
        if not labels:
            _unlabel(target)
        return target

    return make


def _planned(one: Drawn | StampDrawing) -> PlannedMark:
    drawn = one if isinstance(one, Drawn) else Drawn(one)
    box = Rect.at(drawn.at, drawn.drawing.size)
    return PlannedMark(kind=drawn.kind, drawing=drawn.drawing, page=1, box=box)


def _unlabel(path: Path) -> None:
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        for one in pdf.objects:
            if isinstance(one, pikepdf.Stream) and OURS in one:
                if one.get(Name.Subtype) is None:
                    one.write(_LABEL.sub(b"/Artifact BMC", one.read_bytes()))
                del one[OURS]
        pdf.save(path)


def scaled(drawing: StampDrawing, by: float) -> StampDrawing:
    """The drawing as a page fitted to the paper shows it."""

    def smaller(box: Rect) -> Rect:
        return Rect(box.x * by, box.y * by, box.width * by, box.height * by)

    operations = tuple(
        replace(one, box=smaller(one.box), line=one.line * by)
        if isinstance(one, RectStroke)
        else replace(
            one,
            size_pt=one.size_pt * by,
            start=Point(one.start.x * by, one.start.y * by),
            width=one.width * by,
        )
        for one in drawing.operations
        if isinstance(one, RectStroke | TextRun)
    )
    size = Size(drawing.size.width * by, drawing.size.height * by)
    return replace(drawing, size=size, operations=operations)


def changed_rule(stamp: str, **figures):
    """The rules with other figures for a stamp."""
    pack = load_pack(PACK)
    rule = pack.stamps[stamp]
    values = {
        name: None if value is None else replace(getattr(rule, name), value=value)
        for name, value in figures.items()
    }
    return replace(pack, stamps={**pack.stamps, stamp: replace(rule, **values)})


def scan(
    path: Path, target: Path, *, dpi: int = 200, askew: float = 0.0, grey: bool = False
) -> Path:
    """The first page as a scanner gives it: one picture, blurred, noisy, a little askew."""
    with pdfium_pages(path) as engine:
        size, page = engine.size(1), engine.render(1, 400)
    page = page.resize((page.width * dpi // 400, page.height * dpi // 400), Image.Resampling.BOX)
    page = page.rotate(askew, Image.Resampling.BICUBIC, fillcolor="white")
    page = page.filter(ImageFilter.GaussianBlur(0.6))
    page = Image.blend(page, Image.effect_noise(page.size, 40).convert("RGB"), 0.1)
    picture = io.BytesIO()
    (page.convert("L") if grey else page).save(picture, "JPEG", quality=80)
    pdf = pikepdf.new()
    image = pikepdf.Stream(
        pdf,
        picture.getvalue(),
        Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=page.width, Height=page.height,
            ColorSpace=Name.DeviceGray if grey else Name.DeviceRGB, BitsPerComponent=8,
            Filter=Name.DCTDecode,
        ),
    )  # fmt: skip
    sheet = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, size.width.pt, size.height.pt]),
        Resources=Dictionary(XObject=Dictionary(Scan=pdf.make_indirect(image))),
        Contents=pdf.make_stream(
            b"%.3f 0 0 %.3f 0 0 cm /Scan Do" % (size.width.pt, size.height.pt)
        ),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(sheet)))
    pdf.save(target)
    return target


def amiss(result: CheckResult, *about: str) -> set[str]:
    """Codes of what counts against a document, without their area; only those that begin so."""
    codes = {
        one.code.removeprefix("finding.")
        for one in result.findings
        if one.severity is not Severity.NOTE
    }
    return {code for code in codes if not about or code.startswith(about)}
