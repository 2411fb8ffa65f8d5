# SPDX-License-Identifier: Apache-2.0
"""Small sound documents by code, each with other machinery in it, for mutators to spoil."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Stream, String

from bmnn_mark.documents.word.sample import write_sample

_TEXT = (
    b"BT /F1 13 Tf 80 700 Td (S: 12/KH-SM) Tj 0 -400 Td (Noi nhan:) Tj 0 -14 Td (- Luu: VT.) Tj ET"
)
_INK = b" q 1 0 0 RG 0.5 w 85 600 85 23 re S 88 603 79 17 re S Q"


def _page(pdf: pikepdf.Pdf, content: bytes = _TEXT + _INK, **keys: object) -> pikepdf.Object:
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"))
    )
    page = pdf.make_indirect(
        Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, 595, 842]),
            Resources=Dictionary(Font=Dictionary(F1=font)),
            Contents=pdf.make_stream(content),
        )
    )
    for key, value in keys.items():
        page[f"/{key}"] = value
    pdf.pages.append(pikepdf.Page(page))
    return page


def _saved(pdf: pikepdf.Pdf, **how: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, static_id=True, **how)
    return out.getvalue()


def plain() -> bytes:
    """Two pages of text and lines."""
    pdf = pikepdf.new()
    _page(pdf)
    _page(pdf, Rotate=90)
    return _saved(pdf, compress_streams=False)


def packed() -> bytes:
    """Objects in object streams, a cross-reference stream, linearised."""
    pdf = pikepdf.new()
    for _ in range(3):
        _page(pdf)
    return _saved(pdf, object_stream_mode=ObjectStreamMode.generate, linearize=True)


def boxed() -> bytes:
    """A tree of pages that inherit boxes; a unit, a crop box that reaches out, shared content."""
    pdf = pikepdf.new()
    one = _page(pdf, CropBox=Array([-20, 10, 500, 900]))
    two = _page(pdf, UserUnit=2, Rotate=-90)
    two["/Contents"] = Array([one["/Contents"], pdf.make_stream(b"q 1 0 0 1 3 4 cm")])
    inner = pdf.make_indirect(
        Dictionary(
            Type=Name.Pages, Count=2, Kids=Array([one, two]), MediaBox=Array([9, 9, 600, 800])
        )
    )  # fmt: skip
    inner["/Parent"] = pdf.Root.Pages
    for page in (one, two):
        page["/Parent"] = inner
        del page["/MediaBox"]
    pdf.Root.Pages["/Kids"] = Array([inner])
    return _saved(pdf, compress_streams=False)


def _field(pdf: pikepdf.Pdf, page: pikepdf.Object) -> pikepdf.Object:
    look = Stream(pdf, b"0 0 50 10 re f")
    look.update({"/Type": Name.XObject, "/Subtype": Name.Form, "/BBox": Array([0, 0, 50, 10])})
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("ten"), V=String("An"),
            Rect=Array([100, 500, 150, 510]), P=page, F=4, AP=Dictionary(N=pdf.make_indirect(look)),
        )
    )  # fmt: skip


def furnished() -> bytes:
    """Fields, comments, links, bookmarks, files, scripts, layers, structure, metadata."""
    pdf = pikepdf.new()
    page = _page(pdf)
    field = _field(pdf, page)
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=Array([10, 10, 30, 30]), Contents=String("xem"),
        T=String("An"), Popup=Dictionary(Subtype=Name.Popup, Rect=Array([0, 0, 9, 9])),
    )  # fmt: skip
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=Array([10, 50, 30, 60]), Border=Array([0, 0, 1]),
        A=Dictionary(S=Name.URI, URI=String("https://example.invalid/")),
    )  # fmt: skip
    page["/Annots"] = Array([field, pdf.make_indirect(note), pdf.make_indirect(link)])
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]), DA=String("/F1 10 Tf"))
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("lop")))
    pdf.Root["/OCProperties"] = Dictionary(
        OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), Order=Array([layer]))
    )
    page["/Resources"]["/Properties"] = Dictionary(L1=layer)
    page["/Contents"] = pdf.make_stream(b"/OC /L1 BDC 9 9 20 20 re f EMC " + _TEXT)
    file = pdf.make_stream(b"attached")
    file["/Type"] = Name.EmbeddedFile
    pdf.Root["/Names"] = Dictionary(
        EmbeddedFiles=Dictionary(
            Names=Array([String("a"), Dictionary(F=String("a"), EF=Dictionary(F=file))])
        ),
        JavaScript=Dictionary(
            Names=Array([String("j"), Dictionary(S=Name.JavaScript, JS=String("1"))])
        ),
    )
    pdf.Root["/OpenAction"] = Array([page, Name.Fit])
    item = pdf.make_indirect(Dictionary(Title=String("muc"), Dest=Array([page, Name.Fit])))
    pdf.Root["/Outlines"] = pdf.make_indirect(
        Dictionary(Type=Name.Outlines, First=item, Last=item, Count=1)
    )
    pdf.Root["/StructTreeRoot"] = Dictionary(
        Type=Name.StructTreeRoot, K=Dictionary(S=Name.Document, K=Array([0]), Pg=page)
    )
    pdf.Root["/MarkInfo"] = Dictionary(Marked=True)
    meta = pdf.make_stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>An</a></x:xmpmeta>")
    meta.update({"/Type": Name.Metadata, "/Subtype": Name.XML})
    pdf.Root["/Metadata"] = meta
    pdf.docinfo["/Author"] = "An"
    pdf.docinfo["/Title"] = "mẫu"
    return _saved(pdf, compress_streams=False)


def signed() -> bytes:
    """A signature field with a value, whose byte range lies."""
    pdf = pikepdf.new()
    page = _page(pdf)
    field = _field(pdf, page)
    field["/FT"] = Name.Sig
    field["/V"] = pdf.make_indirect(
        Dictionary(
            Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"),
            ByteRange=Array([0, 100, 200, 100]), Contents=String(b"\x30\x82\x01\x00" + bytes(60)),
            Name=String("An"), M=String("D:20260105120000+07'00'"),
        )
    )  # fmt: skip
    page["/Annots"] = Array([field])
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]), SigFlags=3)
    return _saved(pdf, compress_streams=False)


def pictured() -> bytes:
    """Forms in forms, an image, a pattern, a shading, a Type 3 font, transparency."""
    pdf = pikepdf.new()
    inner = Stream(pdf, b"0 0 1 1 re f")
    inner.update({"/Type": Name.XObject, "/Subtype": Name.Form, "/BBox": Array([0, 0, 1, 1])})
    outer = Stream(pdf, b"q 50 0 0 50 0 0 cm /X Do Q")
    outer.update({"/Type": Name.XObject, "/Subtype": Name.Form, "/BBox": Array([0, 0, 60, 60])})
    outer["/Resources"] = Dictionary(XObject=Dictionary(X=pdf.make_indirect(inner)))
    outer["/Group"] = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB)
    image = Stream(pdf, bytes(range(48)))
    image.update({
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 4, "/Height": 4,
        "/ColorSpace": Name.DeviceRGB, "/BitsPerComponent": 8,
    })  # fmt: skip
    tile = Stream(pdf, b"0 0 5 5 re f")
    tile.update({
        "/Type": Name.Pattern, "/PatternType": 1, "/PaintType": 1, "/TilingType": 1,
        "/BBox": Array([0, 0, 10, 10]), "/XStep": 10, "/YStep": 10, "/Resources": Dictionary(),
    })  # fmt: skip
    glyph = Stream(pdf, b"500 0 0 0 500 500 d1 0 0 500 500 re f")
    type3 = Dictionary(
        Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 500, 500]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]), FirstChar=65, LastChar=65,
        Widths=Array([500]), CharProcs=Dictionary(A=pdf.make_indirect(glyph)),
        Encoding=Dictionary(Differences=Array([65, Name.A])), Resources=Dictionary(),
    )  # fmt: skip
    shade = Dictionary(
        ShadingType=2, ColorSpace=Name.DeviceRGB, Coords=Array([0, 0, 100, 100]),
        Function=Dictionary(
            FunctionType=2, Domain=Array([0, 1]), C0=Array([1, 0, 0]), C1=Array([0, 0, 1]), N=1
        ),
    )  # fmt: skip
    page = _page(
        pdf,
        b"q 1 0 0 1 50 50 cm /Fm Do Q q 40 0 0 40 200 50 cm /Im Do Q /Pattern cs /P1 scn "
        b"300 50 60 60 re f BT /T3 20 Tf 50 300 Td (AAA) Tj ET q 0 400 100 100 re W n /S1 sh Q",
    )
    page["/Resources"] = Dictionary(
        XObject=Dictionary(Fm=pdf.make_indirect(outer), Im=pdf.make_indirect(image)),
        Pattern=Dictionary(P1=pdf.make_indirect(tile)), Font=Dictionary(T3=type3),
        Shading=Dictionary(S1=shade),
    )  # fmt: skip
    return _saved(pdf, compress_streams=False)


def revised() -> bytes:
    """A second revision appended, with a table of its own that leads to the first."""
    first = plain()
    table = int(first.rsplit(b"startxref", 1)[1].split()[0])
    number = 90
    at = len(first)
    added = b"%d 0 obj\n<</Author (An)>>\nendobj\n" % number
    section = b"xref\n%d 1\n%010d 00000 n \ntrailer\n" % (number, at)
    root = first.rsplit(b"/Root ", 1)[1].split(b" ", 1)[0]
    end = b"<</Size %d /Root %s 0 R /Info %d 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        number + 1, root, number, table, at + len(added),
    )  # fmt: skip
    return first + added + section + end


def locked() -> bytes:
    """Encrypted with an empty user password."""
    pdf = pikepdf.new()
    _page(pdf)
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="", R=4))
    return out.getvalue()


PDF_SEEDS: dict[str, Callable[[], bytes]] = {
    made.__name__: made
    for made in (plain, packed, boxed, furnished, signed, pictured, revised, locked)
}


def sample_word(folder) -> bytes:
    """The sample of the demonstration: tables, headers, fields, a block Nơi nhận."""
    path = folder / "sample.docx"
    write_sample(path)
    return path.read_bytes()
