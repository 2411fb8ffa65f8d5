# SPDX-License-Identifier: Apache-2.0
"""Pictures: how two are compared, and how a drawing's PDF operators look to a renderer."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter

from bmnn_mark.rules import RulePack, load_pack
from bmnn_mark.stamps import content, fonts
from bmnn_mark.stamps.fonts import EmbeddedFace
from bmnn_mark.stamps.model import BitMatrix, Face, StampDrawing

PROJECT = Path(__file__).resolve().parents[2]
#: Of 255; smoothing differs between versions of a renderer, a lost dot makes about 200.
TOLERANCE = 90
COLOUR_TOLERANCE = 6


@pytest.fixture(params=["tt24-2020", "nd63-2026"])
def pack(request) -> RulePack:
    return load_pack(request.param)


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """Loads a script of the project as a module."""

    def load(name: str) -> ModuleType:
        loader = SourceFileLoader(name.replace("-", "_"), str(PROJECT / "script" / name))
        spec = importlib.util.spec_from_loader(loader.name, loader)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        return module

    return load


def _ink_colour(picture: Image.Image) -> tuple[int, int, int]:
    """The most frequent colour that is not paper."""
    counted = picture.convert("RGB").getcolors(1 << 24)
    return max((count, colour) for count, colour in counted if min(colour) < 250)[1]


def difference(one: Image.Image, other: Image.Image) -> str:
    """What differs between two pictures, empty where nothing does."""
    if one.size != other.size:
        return f"size {one.size} and {other.size}"
    inks = _ink_colour(one), _ink_colour(other)
    if any(abs(a - b) > COLOUR_TOLERANCE for a, b in zip(*inks, strict=True)):
        return f"ink {inks[0]} and {inks[1]}"
    soft = (picture.convert("L").filter(ImageFilter.GaussianBlur(1.2)) for picture in (one, other))
    worst = ImageChops.difference(*soft).getextrema()[1]
    scale = 255 - min(_grey(inks[0]), 200)
    return f"pixels by {worst}" if worst > TOLERANCE * scale / 255 else ""


def _grey(colour: tuple[int, int, int]) -> int:
    return Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))


@pytest.fixture(scope="session")
def differ() -> Callable[[Image.Image, Image.Image], str]:
    return difference


def _font(pdf: pikepdf.Pdf, face: EmbeddedFace) -> pikepdf.Object:
    name = pikepdf.Name("/" + face.name)
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor,
        FontName=name,
        Flags=face.flags,
        FontBBox=list(face.box),
        ItalicAngle=0,
        Ascent=face.ascent,
        Descent=face.descent,
        CapHeight=face.cap_height,
        StemV=face.stem_v,
        FontFile2=pdf.make_stream(face.program),
    )
    widths = [part for gid, width in face.widths.items() for part in (gid, [width])]
    child = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=face.missing_width,
        W=widths,
        CIDToGIDMap=pikepdf.Name.Identity,
    )
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=name,
            Encoding=pikepdf.Name("/Identity-H"),
            DescendantFonts=[pdf.make_indirect(child)],
            ToUnicode=pdf.make_stream(face.to_unicode),
        )
    )


def form_pdf(drawing: StampDrawing, dpi: float = 72) -> bytes:
    """A PDF whose one page is the drawing's form and nothing else.

    The page is a whole number of pixels of ``dpi``: renderers stretch one that is not.
    """
    pdf = pikepdf.new()
    width, height = drawing.size.width.pt, drawing.size.height.pt
    pixels = [math.ceil(round(side * dpi / 72, 6)) for side in (width, height)]
    sides = [count * 72 / dpi - 0.0005 for count in pixels]  # pdfium rounds up
    page = pdf.add_blank_page(page_size=tuple(sides))
    faces: dict[Face, EmbeddedFace] = {
        face: fonts.embed(face, text) for face, text in fonts.characters([drawing]).items()
    }
    form = pdf.make_stream(
        content.content_stream(drawing, {face: one.gids for face, one in faces.items()})
    )
    form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    form.BBox = [0, 0, width, height]
    resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(), XObject=pikepdf.Dictionary())
    for face, embedded in faces.items():
        resources.Font["/" + content.FONT_NAMES[face]] = _font(pdf, embedded)
    for operation in drawing.operations:
        if isinstance(operation, BitMatrix):
            image = pdf.make_stream(content.matrix_image_bytes(operation))
            image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
            image.Width = image.Height = operation.modules
            image.ImageMask, image.BitsPerComponent = True, 1
            image.Decode = list(content.MASK_DECODE)
            resources.XObject["/" + content.IMAGE_NAME] = image
    form.Resources = resources
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Mark=form))
    # what a page may leave behind must not reach the mark
    left_behind = "3 Tr 5 Tc 50 Tz [3 9] 0 d 2 J 1 j 0 0 1 rg"
    place = f"1 0 0 1 0 {sides[1] - height:.6f} cm /Mark Do"
    page.Contents = pdf.make_stream(f"{left_behind} {place}".encode("ascii"))
    out = BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


@pytest.fixture(scope="session")
def as_pdf() -> Callable[[StampDrawing], bytes]:
    return form_pdf


@pytest.fixture(scope="session")
def shown() -> Callable[[StampDrawing, float], Image.Image]:
    """The drawing's PDF operators as pdfium shows them."""

    def show(drawing: StampDrawing, dpi: float) -> Image.Image:
        document = pypdfium2.PdfDocument(form_pdf(drawing, dpi))
        try:
            return document[0].render(scale=dpi / 72).to_pil().convert("RGB")
        finally:
            document.close()

    return show
