# SPDX-License-Identifier: Apache-2.0
"""Documents made to break their readers, each some kilobytes to a few megabytes, by code.

A bomb names the refusal that is right for it; its number stands in the name of its test.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

Objects = dict[int, bytes]

_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass(frozen=True)
class Bomb:
    """One document: its number, what it does, its kind, and the code that refuses it.

    None refuses nothing: what the document does for ever, the engines know to cut short, alike.
    """

    number: int
    name: str
    kind: str
    make: Callable[[], bytes]
    code: str | None


BOMBS: list[Bomb] = []


def bomb(
    number: int, kind: str, code: str | None
) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Register a maker under its number."""

    def register(make: Callable[[], bytes]) -> Callable[[], bytes]:
        BOMBS.append(Bomb(number, make.__name__.replace("_", "-"), kind, make, code))
        return make

    return register


# --- PDF ---------------------------------------------------------------------------------------


def _stream(data: bytes, keys: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (keys, len(data), data)


def _adler(block: bytes, times: int) -> int:
    """The checksum of a block that stands many times."""
    one = zlib.adler32(block)
    first, second, length = one & 0xFFFF, one >> 16, len(block)
    low, high = 1, 0
    for _ in range(times):
        high = (high + second + length * (low - 1)) % 65521
        low = (low + first - 1) % 65521
    return high << 16 | low


def _deflated(block: bytes, times: int) -> bytes:
    """A sound flate stream of a block many times, without packing it as often."""
    squeeze = zlib.compressobj(9)
    head = squeeze.compress(b"") + squeeze.flush(zlib.Z_FULL_FLUSH)
    begin = len(head)
    once = head + squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    body, end = once[begin:], b"\x03\x00"
    return once[:begin] + body * times + end + struct.pack(">I", _adler(block, times))


def _packed(data: bytes, keys: bytes = b"") -> bytes:
    return _stream(zlib.compress(data, 9), keys + b"/Filter/FlateDecode")


def _pdf(objects: Objects, trailer: bytes = b"") -> bytes:
    """A file of these objects (1 is the catalogue), with a table that is right."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += (
            b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
        )
    out += b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)
    return bytes(out)


def _one_page(
    content: bytes, resources: bytes = b"", more: Objects | None = None, *,
    page: bytes = b"", media: bytes = b"[0 0 595 842]",
) -> bytes:  # fmt: skip
    """One page whose content is object 4; further objects start at 10."""
    return _pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox%b/Resources<<%b>>/Contents 4 0 R%b>>"
        % (media, resources, page),
        4: content,
        **(more or {}),
    })  # fmt: skip


_INK = b"0 0 1 rg 300 300 50 50 re f"


def _with_object_stream(keys: bytes, packed: bytes) -> bytes:
    """A document whose only page, object 6, lies in this object stream."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    bodies = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[6 0 R]/Count 1>>",
        3: b"null",
        4: _stream(_INK),
        5: _stream(packed, b"/Type/ObjStm/Filter/FlateDecode" + keys),
    }
    for number, body in bodies.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = b"\0" + struct.pack(">IH", 0, 65535)
    for number in range(1, 6):
        rows += b"\1" + struct.pack(">IH", places[number], 0)
    rows += b"\2" + struct.pack(">IH", 5, 0)
    table = len(out)
    rows += b"\1" + struct.pack(">IH", table, 0)
    keys = b"/Type/XRef/W[1 4 2]/Size 8/Root 1 0 R"
    out += b"7 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (_stream(rows, keys), table)
    return bytes(out)


_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"


@bomb(1, "pdf", "document.no_pages")
def object_stream_that_counts_a_thousand_million() -> bytes:
    return _with_object_stream(b"/N 1000000000/First 4", zlib.compress(b"6 0 " + _PAGE))


@bomb(2, "pdf", "document.too_slow")
def object_stream_that_inflates_to_gigabytes() -> bytes:
    return _with_object_stream(b"/N 1/First 4", _deflated(b"6 0 " + b" " * ((1 << 24) - 4), 300))


@bomb(3, "pdf", "document.damaged")
def page_tree_of_a_hundred_thousand_floors() -> bytes:
    floors = 100_000
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>"}
    for number in range(2, floors):
        parent = b"/Parent %d 0 R" % (number - 1) if number > 2 else b""
        objects[number] = b"<</Type/Pages/Count 1/Kids[%d 0 R]%b>>" % (number + 1, parent)
    objects[floors] = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]>>" % (floors - 1)
    return _pdf(objects)


@bomb(4, "pdf", "document.damaged")
def page_tree_that_is_its_own_branch() -> bytes:
    return _pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>",
        3: b"<</Type/Pages/Count 1/Kids[2 0 R]/Parent 2 0 R>>",
        4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    })  # fmt: skip


@bomb(5, "pdf", "document.damaged")
def page_tree_that_counts_two_thousand_million() -> bytes:
    return _one_page(_stream(_INK)).replace(b"/Count 1", b"/Count 2147483647")


@bomb(6, "pdf", "document.too_slow")
def one_page_a_million_times() -> bytes:
    return _pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count 1000000/Kids[" + b"3 0 R " * 1_000_000 + b"]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    })  # fmt: skip


def _form(data: bytes, resources: bytes = b"") -> bytes:
    keys = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<%b>>" % resources
    return _stream(data, keys)


@bomb(7, "pdf", "document.draws_itself")
def forms_that_draw_each_other_for_ever() -> bytes:
    return _one_page(
        _stream(_INK + b" /A Do"), b"/XObject<</A 10 0 R>>",
        {
            10: _form(b"1 1 9 9 re f /B Do", b"/XObject<</B 11 0 R>>"),
            11: _form(b"/A Do", b"/XObject<</A 10 0 R>>"),
        },
    )  # fmt: skip


@bomb(8, "pdf", "document.too_slow")
def forms_that_draw_a_thousand_million_squares() -> bytes:
    floors = 15
    more = {
        number: _form(b"/A Do " * 4, b"/XObject<</A %d 0 R>>" % (number + 1))
        for number in range(10, 10 + floors)
    }
    more[10 + floors] = _form(b"1 1 1 1 re f")
    return _one_page(_stream(b"/A Do"), b"/XObject<</A 10 0 R>>", more)


@bomb(9, "pdf", "page.too_large")
def media_box_of_the_size_of_a_country() -> bytes:
    return _one_page(_stream(_INK), media=b"[0 0 1000000000 1000000000]")


@bomb(10, "pdf", "document.too_slow")
def content_deflated_twice_that_inflates_to_gigabytes() -> bytes:
    inner = _deflated(b" " * (1 << 24), 600)  # 10 GB
    return _one_page(_stream(zlib.compress(inner, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def _image(keys: bytes, data: bytes) -> bytes:
    return _one_page(
        _stream(b"q 500 0 0 500 40 40 cm /I Do Q"), b"/XObject<</I 10 0 R>>",
        {10: _stream(data, b"/Type/XObject/Subtype/Image" + keys)},
    )  # fmt: skip


@bomb(11, "pdf", "document.too_slow")
def image_of_a_hundred_thousand_square() -> bytes:
    rows = _deflated(bytes(1 << 24), 1788)  # 30 GB
    return _image(
        b"/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceRGB"
        b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(rows, 9),
    )  # fmt: skip


@bomb(12, "pdf", None)
def jbig2_picture_that_claims_four_thousand_million_rows() -> bytes:
    size = struct.pack(">IIIIBH", 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0)
    segment = struct.pack(">IBBBI", 0, 0x30, 0, 1, len(size)) + size
    return _image(
        b"/Width 4294967295/Height 4294967295/BitsPerComponent 1/ColorSpace/DeviceGray"
        b"/Filter/JBIG2Decode", segment,
    )  # fmt: skip


@bomb(13, "pdf", "document.too_slow")
def jpx_picture_that_claims_a_million_square() -> bytes:
    side = 1_000_000
    size = struct.pack(">HHIIIIIIIIH", 47, 0, side, side, 0, 0, side, side, 0, 0, 3)
    size += bytes((7, 1, 1)) * 3
    coding = struct.pack(">HBBHBBBBBB", 12, 0, 0, 1, 0, 5, 4, 4, 0, 1)
    code = b"\xff\x4f\xff\x51" + size + b"\xff\x52" + coding + b"\xff\xd9"
    return _image(b"/Width %d/Height %d/Filter/JPXDecode" % (side, side), code)


@bomb(14, "pdf", "document.no_pages")
def array_in_array_two_million_deep() -> bytes:
    return _one_page(_stream(_INK), page=b"/Odd" + b"[" * 2_000_000 + b"]" * 2_000_000)


@bomb(15, "pdf", "document.damaged")
def dictionary_in_dictionary_in_content_half_a_million_deep() -> bytes:
    return _one_page(_packed(b"/P " + b"<</A " * 500_000 + b">>" * 500_000 + b" DP"))


@bomb(16, "pdf", None)
def cross_reference_that_leads_back_to_itself() -> bytes:
    sound = _one_page(_stream(_INK))
    table = sound.rindex(b"xref\n0")
    table = sound.rindex(b"\nxref\n") + 1
    return sound.replace(b"trailer\n<<", b"trailer\n<</Prev %d" % table)


@bomb(17, "pdf", "document.damaged")
def cross_reference_stream_of_four_thousand_million_entries() -> bytes:
    made = _with_object_stream(b"/N 1/First 4", zlib.compress(b"6 0 " + _PAGE))
    return made.replace(b"/Size 8", b"/Index[0 4294967295]/Size 4294967295")


@bomb(18, "pdf", "document.too_slow")
def three_million_annotations() -> bytes:
    count = 3_000_000
    return _one_page(
        _stream(_INK), page=b"/Annots[" + b"10 0 R " * count + b"]",
        more={10: b"<</Type/Annot/Subtype/Square/Rect[10 10 20 20]/C[1 0 0]>>"},
    )  # fmt: skip


@bomb(19, "pdf", "document.too_slow")
def two_hundred_million_tiny_operators() -> bytes:
    block = b"1 1 1 1 re f\n" * 500_000
    return _one_page(_stream(_deflated(block, 400), b"/Filter/FlateDecode"))


@bomb(20, "pdf", "document.too_slow")
def tiles_a_million_to_the_page_each_made_of_tiles() -> bytes:
    def tile(content: bytes, resources: bytes) -> bytes:
        keys = (
            b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 600 850]"
            b"/XStep 0.05/YStep 0.05/Resources<<%b>>" % resources
        )
        return _stream(content, keys)

    fill = b"/Pattern cs /T scn 0 0 595 842 re f"
    more = {number: tile(fill, b"/Pattern<</T %d 0 R>>" % (number + 1)) for number in range(10, 16)}
    more[16] = tile(b"0 0 1 1 re f", b"")
    return _one_page(_stream(fill), b"/Pattern<</T 10 0 R>>", more)


@bomb(21, "pdf", None)
def letter_that_is_written_with_itself() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[0.001 0 0 0.001 0 0]"
        b"/FirstChar 65/LastChar 65/Widths[1000]/CharProcs<</A 11 0 R>>"
        b"/Encoding<</Differences[65/A]>>/Resources<</Font<</T 10 0 R>>>>>>"
    )
    return _one_page(
        _stream(b"BT /T 20 Tf 50 300 Td (AAAA) Tj ET"), b"/Font<</T 10 0 R>>",
        {10: font, 11: _stream(b"1000 0 d0 BT /T 500 Tf (AA) Tj ET")},
    )  # fmt: skip


@bomb(22, "pdf", "document.too_slow")
def typeface_that_inflates_to_gigabytes() -> bytes:
    once = _deflated(bytes(1 << 24), 600)  # 10 GB
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/AAAAAA+X/FirstChar 65/LastChar 65/Widths[500]"
    return _one_page(
        _stream(b"BT /F 20 Tf 50 300 Td (A) Tj ET"), b"/Font<</F 10 0 R>>",
        {
            10: font + b"/FontDescriptor 11 0 R/Encoding/WinAnsiEncoding>>",
            11: b"<</Type/FontDescriptor/FontName/AAAAAA+X/Flags 32/FontBBox[0 0 1000 1000]"
            b"/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80/FontFile2 12 0 R>>",
            12: _stream(zlib.compress(once, 9), b"/Filter[/FlateDecode/FlateDecode]"),
        },
    )  # fmt: skip


@bomb(23, "pdf", "document.too_slow")
def form_fields_a_million_and_in_a_ring() -> bytes:
    made = _one_page(
        _stream(_INK),
        more={
            10: b"<</Fields[11 0 R]>>",
            11: b"<</T(a)/Kids[" + b"12 0 R " * 50_000 + b"]>>",
            12: b"<</T(b)/Parent 11 0 R/Kids[11 0 R]>>",
        },
    )
    return made.replace(b"/Type/Catalog/", b"/Type/Catalog/AcroForm 10 0 R/", 1)


# --- DOCX --------------------------------------------------------------------------------------

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}"/></Types>'
).encode()
_RELS = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/relationships/officeDocument"/></Relationships>'
)


def _main(body: bytes, before: bytes = b"") -> bytes:
    head = b'<?xml version="1.0" encoding="UTF-8"?>' + before
    return head + b'<w:document xmlns:w="%b"><w:body>%b</w:body></w:document>' % (
        _W.encode(), body,
    )  # fmt: skip


def _parts(body: bytes = b"<w:p/>", before: bytes = b"") -> dict[str, bytes]:
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS,
        "word/document.xml": _main(body, before),
    }


def _zip(
    parts: dict[str, bytes], *more: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*parts.items(), *more):
            entry = zipfile.ZipInfo(name)  # says nothing when a name stands twice
            entry.compress_type = method
            if name in archive.NameToInfo:
                del archive.NameToInfo[name]
            archive.writestr(entry, data)
    return out.getvalue()


@bomb(24, "docx", "docx.zip_bomb")
def member_that_inflates_a_thousandfold() -> bytes:
    return _zip(_parts(), ("word/media/a.bin", bytes(60_000_000)))


@bomb(25, "docx", "docx.zip_bomb")
def members_that_lie_over_one_another() -> bytes:
    """A small file in which a thousand members share one stretch of bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bytes(900_000)
    raw = squeeze.compress(data) + squeeze.flush()
    tail: list[tuple[bytes, bytes]] = []  # from the last member to the first: name, record
    body = b""
    for number in reversed(range(60)):
        name = b"word/%03d.bin" % number
        if tail:  # quote the member behind this one, its header as text of this one
            quoted = body[: 30 + len(name)]
            data = quoted + data
            raw = struct.pack("<BHH", 0, len(quoted), 0xFFFF - len(quoted)) + body[: len(quoted)]
            raw += body[len(quoted) :]
        fields = (20, 0, 8, 0, 33, zlib.crc32(data), len(raw), len(data), len(name), 0)
        if tail:
            head = struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields)
            body = head + name + raw
        else:
            body = struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name + raw
        tail.append((name, struct.pack("<4s6H3I5H", b"PK\x01\x02", 20, *fields, 0, 0, 0)))
    return _joined(tail, body)


def _joined(tail: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """The sound parts, then the body, then a directory in which each member begins further in."""
    start = _zip(_parts())
    end = zipfile.ZipFile(io.BytesIO(start)).start_dir
    directory = start[end : start.rindex(b"PK\x05\x06")]
    at = end
    for name, record in reversed(tail):
        directory += record + struct.pack("<II", 0, at) + name
        at += 30 + len(name) + 5
    count = 3 + len(tail)
    out = start[:end] + body
    return out + directory + struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(out), 0
    )  # fmt: skip


@bomb(26, "docx", "docx.zip_bomb")
def twenty_thousand_members() -> bytes:
    return _zip(_parts(), *((f"word/media/{number}.bin", b"") for number in range(20_000)))


@bomb(27, "docx", "docx.zip_bomb")
def parts_of_which_each_inflates_five_hundredfold() -> bytes:
    noise = b"<a>" + bytes(range(97, 123)) * 90_000 + b"</a>"
    return _zip(_parts(), *((f"word/odd{number}.xml", noise) for number in range(12)))


@bomb(28, "docx", "docx.xml_entities")
def entities_that_grow_a_thousand_million_fold() -> bytes:
    laughs = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%b">' % (number, b"&a%d;" % (number - 1) * 10) for number in range(1, 10)
    )
    text = b"<w:p><w:r><w:t>&a9;</w:t></w:r></w:p>"
    return _zip(_parts(text, b"<!DOCTYPE d [%b]>" % laughs))


@bomb(29, "docx", "docx.xml_entities")
def entity_that_fetches_a_file() -> bytes:
    fetch = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/shadow">]>'
    return _zip(_parts(b"<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", fetch))


@bomb(30, "docx", "document.too_deep")
def elements_a_million_deep() -> bytes:
    deep = _parts(b"<w:p>" * 1_000_000 + b"</w:p>" * 1_000_000)
    return _zip(deep, method=zipfile.ZIP_STORED)


@bomb(31, "docx", "document.damaged")
def attribute_of_twenty_megabytes() -> bytes:
    letters = bytes(range(97, 123)) * 800_000
    return _zip(_parts(b'<w:p w:rsidR="' + letters + b'"/>'), method=zipfile.ZIP_STORED)


@bomb(32, "docx", "document.damaged")
def member_that_stands_twice() -> bytes:
    return _zip(_parts(), ("word/document.xml", _main(b"<w:p/><w:p/>")))


@bomb(33, "docx", "document.damaged")
def member_that_climbs_out() -> bytes:
    return _zip(_parts(), ("../../../../etc/cron.d/x", b"* * * * * root true\n"))


@bomb(34, "docx", "docx.zip_bomb")
def member_whose_size_is_a_lie() -> bytes:
    made = bytearray(_zip(_parts(), ("word/media/a.bin", bytes(range(256)) * 20_000)))
    true = struct.pack("<I", 256 * 20_000)
    return bytes(made).replace(true, struct.pack("<I", 7))


@bomb(35, "docx", "document.too_slow")
def ten_million_empty_paragraphs() -> bytes:
    return _zip(_parts(b"<w:p/>" * 10_000_000), method=zipfile.ZIP_STORED)


@bomb(36, "docx", "document.not_a_document")
def package_in_a_package_in_a_package() -> bytes:
    inner = bytes(5_000_000)
    for _ in range(8):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"{number}.docx", inner)
        inner = out.getvalue()
    return inner
