# SPDX-License-Identifier: Apache-2.0
"""Awkward pages made by code: each shape writes one file whose page 1 is to be marked.

No page shows any red, so red is the mark. Where nothing is said, the mark belongs at its slot.
The first fifteen are the shapes that the peers are measured on (``benchmarks/peers.py``).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

A4 = (0, 0, 595.276, 841.89)
BLOCK = b"0.6 g 200 300 180 240 re f 0 g\n"

Write = Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One awkward file.

    Attributes:
        name: in words.
        write: makes the file.
        refused: the code it must be refused with; None where it must be marked.
        moved: the mark's slot is taken, so that it belongs elsewhere.
        overlap: marked with leave to stamp over ink.
        unit: points to a unit of page 1's space.
    """

    name: str
    write: Write
    refused: str | None = None
    moved: bool = False
    overlap: bool = False
    unit: float = 1.0


SHAPES: dict[str, Shape] = {}


def shape(name: str, **fields) -> Callable[[Write], Write]:
    """Enter a writer under a name."""

    def enter(write: Write) -> Write:
        assert name not in SHAPES
        SHAPES[name] = Shape(name=name, write=write, **fields)
        return write

    return enter


def page_of(pdf: Pdf, content: object = BLOCK, **keys) -> pikepdf.Object:
    """A new page at the end of ``pdf``; tuples become arrays, bytes streams, None no entry."""
    entries = {"MediaBox": A4, "Resources": Dictionary(), "Contents": content, **keys}
    page = Dictionary(Type=Name.Page)
    for key, value in entries.items():
        if value is not None:
            page[f"/{key}"] = _object(pdf, value)
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf.pages[-1].obj


def _object(pdf: Pdf, value: object) -> object:
    if isinstance(value, bytes):
        return pdf.make_stream(value)
    if isinstance(value, tuple):
        return Array([_object(pdf, one) if isinstance(one, bytes) else one for one in value])
    return value


def one_page(name: str, content: object = BLOCK, **keys) -> None:
    """Enter a file of one page."""
    flags = {key: keys.pop(key) for key in ("refused", "moved", "overlap", "unit") if key in keys}

    @shape(name, **flags)
    def _write(path: Path) -> None:
        pdf = pikepdf.new()
        page_of(pdf, content, **keys)
        pdf.save(path)


def in_tree(name: str, node: dict, content: object = BLOCK, levels: int = 1, **keys) -> None:
    """Enter a file whose page inherits from the uppermost of so many nodes of its page tree."""

    @shape(name)
    def _write(path: Path) -> None:
        pdf = pikepdf.new()
        page = page_of(pdf, content, **keys)
        for key in node:
            if f"/{key}" in page:
                del page[f"/{key}"]
        root, below = pdf.Root.Pages, page
        for _ in range(levels - 1):
            middle = Dictionary(Type=Name.Pages, Kids=Array([below]), Count=1)
            below[Name.Parent] = pdf.make_indirect(middle)
            below = below.Parent
        below[Name.Parent] = root
        root[Name.Kids] = Array([below])
        for key, value in node.items():
            root[f"/{key}"] = _object(pdf, value)
        pdf.save(path)


CROP = (60, 80, 495.276, 741.89)
SHIFTED = (200, 300, 795.276, 1141.89)
HALF = (-297.638, -420.945, 297.638, 420.945)
AROUND = b"0.6 g %d %d 180 240 re f 0 g\n"

# The fifteen of the comparison with the peers.
one_page("plain")
one_page("rotate 90", Rotate=90)
one_page("rotate 180", Rotate=180)
one_page("rotate 270", Rotate=270)
one_page("rotate -90", Rotate=-90)
one_page("media box from 200 300", AROUND % (400, 600), MediaBox=SHIFTED)
one_page("media box negative", AROUND % (-90, -120), MediaBox=HALF)
one_page("crop box", CropBox=CROP)
one_page("crop box, rotate 90", CropBox=CROP, Rotate=90)
one_page("crop box, rotate 270", CropBox=CROP, Rotate=270)
one_page(
    "user unit 2", b"0.6 g 100 150 90 120 re f 0 g\n",
    MediaBox=(0, 0, 297.638, 420.945), UserUnit=2, unit=2.0,
)  # fmt: skip
one_page("leaked flip", b"1 0 0 -1 0 841.89 cm\n" + BLOCK)
one_page("leaked scale", b"0.18 0 0 0.18 0 0 cm 0.6 g 1100 1600 1000 1300 re f\n")
one_page("open q", b"q 0.5 0 0 0.5 0 0 cm 0.6 g 400 600 360 480 re f\n")
one_page("extra Q", BLOCK + b"Q\n")

FIFTEEN = tuple(SHAPES)

# Turns.
one_page("rotate 450", Rotate=450)
one_page("rotate -180", Rotate=-180)
one_page("rotate -270", Rotate=-270)
one_page(
    "rotate 90.0, which some take for no turn", Rotate=pikepdf.Object.parse(b"90.0"),
    refused="page.frame_disputed",
)  # fmt: skip
one_page("rotate 720", Rotate=720)
one_page("rotate 45", Rotate=45, refused="page.rotation")
in_tree("rotate inherited", {"Rotate": 90})
in_tree("rotate -90 inherited from far", {"Rotate": -90}, levels=5)

# Boxes.
in_tree("media box inherited", {"MediaBox": SHIFTED}, AROUND % (400, 600), levels=3)
in_tree("both boxes and rotate inherited", {"MediaBox": A4, "CropBox": CROP, "Rotate": 270})
one_page("media box corners reversed", MediaBox=(595.276, 841.89, 0, 0))
one_page("crop box corners crossed", CropBox=(495.276, 80, 60, 741.89), Rotate=90)
one_page("crop box larger than media box", CropBox=(-100, -100, 900, 1200))
one_page("crop box wider than media box", CropBox=(-50, 100, 700, 800), Rotate=90)
one_page("crop box partly outside", CropBox=(-50, 100, 500, 1000), Rotate=180)
one_page("crop box elsewhere", CropBox=(1000, 1000, 1400, 1600), refused="page.frame_disputed")
one_page("media box far away", AROUND % (20200, -19700), MediaBox=(20000, -20000, 20595, -19158))
one_page(
    "trim, bleed and art box smaller", TrimBox=CROP, BleedBox=CROP, ArtBox=(150, 200, 400, 600)
)
one_page("landscape", MediaBox=(0, 0, 841.89, 595.276))
one_page("letter of a fraction", MediaBox=(0.37, 0.61, 612.83, 792.29), Rotate=180)

# Units of length.
one_page(
    "user unit 0.5, crop box, rotate 90", b"0.6 g 400 600 360 480 re f 0 g\n",
    MediaBox=(0, 0, 1190.552, 1683.78), CropBox=(120, 160, 990.552, 1483.78), Rotate=90,
    UserUnit=pikepdf.Object.parse(b"0.5"), unit=0.5,
)  # fmt: skip
one_page(
    "user unit 1.5, media box shifted, open q", b"q 2 0 0 2 0 0 cm 0.6 g 100 150 60 80 re f\n",
    MediaBox=(100, 200, 496.85, 761.26), UserUnit=pikepdf.Object.parse(b"1.5"), unit=1.5,
)  # fmt: skip
one_page("user unit nothing", UserUnit=0, refused="page.user_unit")
one_page(
    "user unit with a measuring scale", UserUnit=2, MediaBox=(0, 0, 297.638, 420.945),
    VP=Array([Dictionary(Type=Name.Viewport, BBox=Array([0, 0, 100, 100]))]),
    refused="page.user_unit",
)  # fmt: skip

# What a page leaves behind.
one_page("three Q too many", BLOCK + b"Q Q Q\n")
one_page("Q before all", b"Q Q\n" + BLOCK)
one_page("five open q", b"q q q q q 1 0 0 1 40 40 cm\n" + BLOCK)
one_page("q over two streams", (b"q 0.5 0 0 0.5 0 0 cm 0.6 g 400 600 360 480 re f\n", b"Q Q\n"))
one_page("operand torn between streams", (b"0.6 g 200 300 180\n", b"240 re f 0 g q\n"))
one_page("clip left behind", b"150 250 300 350 re W n\n" + BLOCK, Rotate=90)
one_page("text object left open", BLOCK + b"BT 0.3 0 0 0.3 9 9 Tm 3 Tr 40 Tz 9 TL\n")
one_page(
    "text state and colours left", b"7 Tr 30 Tz 12 Ts 9 w [4 9] 0 d 0 1 0 RG 0 1 0 rg\n" + BLOCK
)
one_page(
    "string with operators in it", BLOCK + b"BT /F 9 Tf 90 90 Td (Q Q q \\) Q) Tj ET q\n",
    Resources=Dictionary(Font=Dictionary(F=Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))),
)  # fmt: skip
one_page(
    "opacity and blend mode left", b"/G gs\n" + BLOCK,
    Resources=Dictionary(ExtGState=Dictionary(G=Dictionary(
        Type=Name.ExtGState, ca=0, CA=0, BM=Name.Difference))),
)  # fmt: skip


@shape("hidden layer left open")
def _hidden_layer(path: Path) -> None:
    pdf = pikepdf.new()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=pikepdf.String("layer")))
    pdf.Root[Name.OCProperties] = Dictionary(
        OCGs=Array([layer]), D=Dictionary(Order=Array([layer]), OFF=Array([layer]))
    )
    page_of(
        pdf, BLOCK + b"/OC /L BDC\n", Resources=Dictionary(Properties=Dictionary(L=layer))
    )  # fmt: skip
    pdf.save(path)


# What pages share.
@shape("content stream shared")
def _shared_stream(path: Path) -> None:
    pdf = pikepdf.new()
    first = page_of(pdf)
    for _ in range(2):
        page_of(pdf, first.Contents)
    pdf.save(path)


@shape("content array shared, unbalanced")
def _shared_array(path: Path) -> None:
    pdf = pikepdf.new()
    parts = pdf.make_indirect(Array([pdf.make_stream(b"q q\n"), pdf.make_stream(BLOCK)]))
    for _ in range(2):
        page_of(pdf, parts)
    pdf.save(path)


@shape("resources and XObject dictionary shared")
def _shared_resources(path: Path) -> None:
    pdf = pikepdf.new()
    form = Stream(pdf, BLOCK, Type=Name.XObject, Subtype=Name.Form, BBox=Array([*A4]))
    known = pdf.make_indirect(Dictionary({"/Bmnn0": pdf.make_indirect(form)}))
    resources = pdf.make_indirect(Dictionary(XObject=known))
    for _ in range(2):
        page_of(pdf, b"/Bmnn0 Do\n", Resources=resources)
    pdf.save(path)


@shape("the same page twice")
def _same_page(path: Path) -> None:
    pdf = pikepdf.new()
    page = page_of(pdf, Rotate=90)
    pdf.Root.Pages[Name.Kids] = Array([page, page])
    pdf.Root.Pages[Name.Count] = 2
    pdf.save(path)


in_tree("resources inherited", {"Resources": Dictionary()}, levels=3)
one_page("no resources", Resources=None)
one_page("no content", None)
one_page("empty content array", ())


# Pages that are full, and things that lie on them.
def _scan(grey: int, spot: bool) -> bytes:
    rows = [bytes([grey]) * 210 for _ in range(297)]
    if spot:
        rows[120:180] = [b"\x50" * 210] * 60
    return zlib.compress(b"".join(rows))


def _scanned(path: Path, data: bytes, **keys) -> None:
    pdf = pikepdf.new()
    image = Stream(
        pdf, data, Type=Name.XObject, Subtype=Name.Image, Width=210, Height=297,
        ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.FlateDecode,
    )  # fmt: skip
    page_of(
        pdf, b"q 595.276 0 0 841.89 0 0 cm /I Do Q\n",
        Resources=Dictionary(XObject=Dictionary(I=pdf.make_indirect(image))), **keys,
    )  # fmt: skip
    pdf.save(path)


@shape("scan over the whole page")
def _light_scan(path: Path) -> None:
    _scanned(path, _scan(240, spot=True))


@shape("scan, rotate 270")
def _turned_scan(path: Path) -> None:
    _scanned(path, _scan(250, spot=False), Rotate=270)


@shape("dark scan", refused="marks.no_room")
def _dark_scan(path: Path) -> None:
    _scanned(path, _scan(40, spot=False))


@shape("dark scan with leave to overlap", overlap=True)
def _dark_scan_overlap(path: Path) -> None:
    _scanned(path, _scan(120, spot=False))


def _annotation(pdf: Pdf, rect: tuple, kind: str = "/Square", **keys) -> pikepdf.Object:
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    look = Stream(
        pdf, b"0.8 0.9 1 rg 0 0 %d %d re f\n" % (width, height),
        Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, width, height]),
    )  # fmt: skip
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name(kind), Rect=Array([*rect]), F=4,
            AP=Dictionary(N=pdf.make_indirect(look)), **keys,
        )
    )  # fmt: skip


def annotated(name: str, rect: tuple, kind: str = "/Square", **keys) -> None:
    """Enter a page with one annotation of light blue on it."""
    flags = {key: keys.pop(key) for key in ("refused", "moved", "unit") if key in keys}

    @shape(name, **flags)
    def _write(path: Path) -> None:
        pdf = pikepdf.new()
        one = _annotation(pdf, rect, kind)
        if kind == "/Widget":
            one.FT, one.T = Name.Tx, pikepdf.String("field")
            pdf.Root.AcroForm = Dictionary(Fields=Array([one]))
        page_of(pdf, Annots=Array([one]), **{"content": b"", **keys})
        pdf.save(path)


annotated("annotation over the slot", (80, 680, 180, 720), moved=True)
annotated("annotation over the slot, rotate 90", (120, 80, 160, 180), moved=True, Rotate=90)
annotated("annotation elsewhere", (300, 300, 400, 400), content=BLOCK)
annotated("annotation over the page", (0, 0, 595, 841), refused="marks.under_annotation")
annotated(
    "user unit 2 with an annotation over the slot", (40, 340, 90, 360), "/Stamp",
    MediaBox=(0, 0, 297.638, 420.945), UserUnit=2, unit=2.0, moved=True,
)  # fmt: skip
annotated(
    "user unit 2 with a field", (40, 140, 90, 160), "/Widget",
    MediaBox=(0, 0, 297.638, 420.945), UserUnit=2, refused="page.user_unit",
)  # fmt: skip


@shape("user unit 2 with patterns", unit=2.0)
def _patterns(path: Path) -> None:
    pdf = pikepdf.new()
    tile = Stream(
        pdf, b"0.5 g 0 0 20 12 re f\n", Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1,
        BBox=Array([0, 0, 36, 36]), XStep=36, YStep=36, Resources=Dictionary(),
        Matrix=Array([1, 0, 0, 1, 4, 5]),
    )  # fmt: skip
    ramp = Dictionary(
        ShadingType=2, ColorSpace=Name.DeviceGray, Coords=Array([180, 0, 260, 0]),
        Function=Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([0.9]),
                            C1=Array([0.4]), N=1),
    )  # fmt: skip
    shading = Dictionary(Type=Name.Pattern, PatternType=2, Shading=ramp)
    resources = Dictionary(Pattern=Dictionary(T=pdf.make_indirect(tile), S=shading))
    page_of(
        pdf,
        b"/Pattern cs /T scn 40 100 100 120 re f /S scn 180 100 80 120 re f\n",
        MediaBox=Array([0, 0, 297.638, 420.945]), UserUnit=2, Resources=resources,
    )  # fmt: skip
    pdf.save(path)


# How the file is written.
def _many(content: bytes = BLOCK) -> Pdf:
    pdf = pikepdf.new()
    for _ in range(3):
        page_of(pdf, content, Rotate=90)
    return pdf


@shape("object streams")
def _object_streams(path: Path) -> None:
    _many().save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate)


@shape("linearised")
def _linearised(path: Path) -> None:
    _many().save(path, linearize=True)


@shape("linearised with object streams")
def _linearised_streams(path: Path) -> None:
    _many().save(path, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


@shape("content in two filters")
def _filters(path: Path) -> None:
    pdf = pikepdf.new()
    data = zlib.compress(b"q\n" + BLOCK).hex().encode() + b">"
    stream = Stream(pdf, data, Filter=Array([Name.ASCIIHexDecode, Name.FlateDecode]))
    page_of(pdf, pdf.make_indirect(stream))
    pdf.save(path)


@shape("incremental update turned the page")
def _incremental(path: Path) -> None:
    buffer = io.BytesIO()
    pdf = pikepdf.new()
    number = page_of(pdf).objgen[0]
    pdf.save(buffer)
    data = buffer.getvalue()
    with pikepdf.open(io.BytesIO(data)) as saved:
        page = saved.pages[0].obj
        number, body = page.objgen[0], page.unparse(resolved=True)
        root, size = saved.Root.objgen[0], len(saved.objects) + 1
    before = int(data[data.rindex(b"startxref") :].split()[1])
    turned = body.rstrip().removesuffix(b">>") + b" /Rotate 90 >>"
    at = len(data)
    tail = b"%d 0 obj\n%b\nendobj\n" % (number, turned)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d /Root %d 0 R /Prev %d>>\n" % (
        number, at, size, root, before,
    )  # fmt: skip
    path.write_bytes(data + tail + table + b"startxref\n%d\n%%%%EOF\n" % (at + len(tail)))


@shape("hybrid cross-reference table")
def _hybrid(path: Path) -> None:
    """Two objects lie in an object stream that only the table's /XRefStm knows."""
    packed = b"5 0 8 33 <</DisplayDocTitle true>>        <</A 1>>"
    parts = {
        1: b"<</Type /Catalog /Pages 2 0 R /ViewerPreferences 5 0 R>>",
        2: b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        3: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.276 841.89] /Rotate 270"
           b" /Contents 4 0 R /Resources <</XObject <</X 9 0 R>>>>>>",
        4: b"<</Length 9>>\nstream\nq /X Do Q\nendstream",
        6: b"<</Type /ObjStm /N 2 /First 9 /Length %d>>\nstream\n%b\nendstream"
           % (len(packed), packed),
        9: b"<</Subtype /Form /BBox [0 0 600 842] /Length %d>>\nstream\n%b\nendstream"
           % (len(BLOCK), BLOCK),
    }  # fmt: skip
    data, offsets = bytearray(b"%PDF-1.5\n"), {}
    for number, body in parts.items():
        offsets[number] = len(data)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = {5: (2, 6, 0), 8: (2, 6, 1)}
    entries = b"".join(
        bytes([kind]) + first.to_bytes(2, "big") + bytes([index])
        for kind, first, index in rows.values()
    )
    stream_at = len(data)
    data += (
        b"7 0 obj\n<</Type /XRef /Size 10 /W [1 2 1] /Index [5 1 8 1] /Root 1 0 R /Length %d>>\n"
        b"stream\n%b\nendstream\nendobj\n" % (len(entries), entries)
    )
    offsets[7] = stream_at
    table_at = len(data)
    data += b"xref\n0 1\n0000000000 65535 f \n"
    for number in sorted(offsets):  # what only the stream knows is not in the table at all
        data += b"%d 1\n%010d 00000 n \n" % (number, offsets[number])
    data += b"trailer\n<</Size 10 /Root 1 0 R /XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        stream_at, table_at,
    )  # fmt: skip
    path.write_bytes(bytes(data))


@shape("cross-reference table in the wrong place")
def _broken_table(path: Path) -> None:
    buffer = io.BytesIO()
    _many().save(buffer)
    data = buffer.getvalue()
    at = int(data[data.rindex(b"startxref") :].split()[1])
    path.write_bytes(data.replace(b"startxref\n%d" % at, b"startxref\n%d" % (at - 7)))
