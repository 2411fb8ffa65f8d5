# SPDX-License-Identifier: Apache-2.0
"""Hiding places made by code, and all that a file holds."""

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

LINES = b"BT /F1 12 Tf 72 700 Td (Visible text here) Tj 0 -20 Td (Canary) Tj ET\n"
SHOWN = LINES.replace(b"Canary", b"public")
#: Covers the second of these lines.
BOX = b"70 676 60 16 re f\n"


def everything(path):
    """All that a PDF holds, decompressed and decoded: streams, strings, names, the bytes too."""
    parts = [path.read_bytes()]
    with pikepdf.open(path) as pdf:
        for one in [*pdf.objects, pdf.trailer]:
            parts += told(one)
    return b"\n".join(parts)


def told(one):
    if isinstance(one, Stream):
        yield one.read_bytes()
    if isinstance(one, Dictionary | Stream):
        for key, value in one.items():
            yield key.encode()
            yield from () if isinstance(value, Object) and value.is_indirect else told(value)
    elif isinstance(one, Array):
        for value in one:
            yield from () if isinstance(value, Object) and value.is_indirect else told(value)
    elif isinstance(one, String | Name):
        yield str(one).encode()
        yield bytes(one) if isinstance(one, String) else b""


def in_all_places(pdf, page):
    """The word Canary in every hiding place that a PDF has beside its pages' content."""
    note = String("Canary")
    pdf.docinfo["/Author"] = "Canary author"
    pdf.docinfo["/Secret"] = "Canary custom"
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator><rdf:Seq><rdf:li>Canary xmp</rdf:li>'
        b"</rdf:Seq></dc:creator><pdfaid:part>2</pdfaid:part></x:xmpmeta>"
    )
    pdf.Root.Metadata = Stream(pdf, xmp, Dictionary(Type=Name.Metadata, Subtype=Name.XML))
    pdf.attachments["canary.txt"] = pikepdf.AttachedFileSpec(
        pdf, b"Canary file", filename="Canary.txt"
    )
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('Canary')"))
    pdf.Root.OpenAction = pdf.make_indirect(script)
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("Canary"), script]))
    page.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("Canary.exe")))
    page.Thumb = Stream(pdf, b"Canary thumb")
    page.PieceInfo = Dictionary(Canary=Dictionary(Private=note))
    drawn = pdf.make_stream(b"0 0 20 20 re f")
    drawn.BBox = Array([0, 0, 20, 20])
    drawn.Subtype = Name.Form
    place = Array([200, 200, 220, 220])
    annotation = {"Type": Name.Annot, "Rect": place, "Contents": note, "T": note}
    page.Annots = Array([
        pdf.make_indirect(Dictionary(Subtype=Name.Square, AP=Dictionary(N=drawn), **annotation)),
        pdf.make_indirect(Dictionary(Subtype=Name.Text, F=2, **annotation)),
        pdf.make_indirect(Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=Array([72, 695, 140, 712]),
            Border=Array([0, 0, 0]), A=Dictionary(S=Name.URI, URI=String("https://canary/Canary")),
        )),
    ])  # fmt: skip
    field = pdf.make_indirect(Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), V=note, DV=note, F=2,
        Rect=Array([10, 10, 60, 30]),
    ))  # fmt: skip
    page.Annots.append(field)
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Canary layer")))
    page.Resources.Properties = Dictionary(L0=layer)
    pdf.Root.OCProperties = Dictionary(
        OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), Order=Array([layer]))
    )
    pdf.make_indirect(Dictionary(Left=note))
