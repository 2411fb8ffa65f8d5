# SPDX-License-Identifier: Apache-2.0
"""Ways to spoil a document: its bytes, the objects of a PDF, the parts and trees of a DOCX.

Everything follows from the ``random.Random`` given, so a spoiled file can be made again from its
seed and number.
"""

from __future__ import annotations

import copy
import io
import struct
import warnings
import zipfile
from random import Random

import pikepdf
from lxml import etree
from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, Stream, String

_PDF_TOKENS = (
    b"<<", b">>", b"[", b"]", b"(", b")", b"/", b"%", b"obj", b"endobj", b"stream\n", b"endstream",
    b"xref", b"trailer", b"startxref", b"0 R", b"null", b"true", b"R", b"-1", b"0", b"4294967296",
    b"99999999999999999999", b"1e99", b"-0.0000001", b"/Type", b"/Kids", b"/Parent", b"/Length",
    b"/Prev 0", b"/Contents", b"/Filter /FlateDecode", b"/Count -5", b"\x00", b"\xff\xfe", b"q ",
)  # fmt: skip
_XML_TOKENS = (
    b"<", b">", b"/>", b"&", b"&#0;", b"&#x110000;", b"]]>", b"<!--", b"<?", b"<![CDATA[", b'"',
    b"xmlns=''", b"\x00", b"\xff", b"\xef\xbb\xbf", b"<w:p>", b"</w:p>", b"<w:p/>", b"w:",
)  # fmt: skip
_NUMBERS = (
    0, -1, 1, 2, 90, 91, 127, 255, 256, 32767, 65535, 65536, 2**31 - 1, 2**31, -(2**31), 2**32,
    2**53, -(2**53), 2**63 - 1,
)  # fmt: skip
_TEXTS = (
    "",
    "0",
    "-1",
    "1e999",
    "NaN",
    "99999999999999999999",
    "true",
    "ﷺ" * 40,
    "\u202e",
    "../..",
)
_NAMES = ("/", "/A#00", "/Type", "/Kids", "/Parent", "/Contents", "/" + "n" * 200, "/Đ", "/#ff#fe")


def spoil_bytes(data: bytes, chance: Random, tokens: tuple[bytes, ...] = _PDF_TOKENS) -> bytes:
    """A few bytes or stretches changed, doubled, moved, cut."""
    raw = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6, 12))):
        if not raw:
            break
        at = chance.randrange(len(raw))
        length = min(chance.choice((1, 2, 4, 16, 64, 512)), len(raw) - at)
        match chance.randrange(8):
            case 0:
                raw[at] ^= 1 << chance.randrange(8)
            case 1:
                raw[at : at + length] = chance.randbytes(length)
            case 2:
                del raw[at : at + length]
            case 3:
                raw[at:at] = raw[at : at + length] * chance.choice((1, 2, 20))
            case 4:
                raw[at:at] = chance.choice(tokens)
            case 5:
                raw[at : at + length] = chance.choice(tokens)
            case 6:
                other = chance.randrange(len(raw))
                raw[at : at + length] = raw[other : other + length]
            case _:
                _spoil_digits(raw, at, chance)
    if chance.random() < 0.03:
        del raw[chance.randrange(len(raw) + 1) :]
    return bytes(raw)


def _spoil_digits(raw: bytearray, at: int, chance: Random) -> None:
    """The next number becomes another one of the same or another length."""
    start = next((i for i in range(at, min(at + 200, len(raw))) if 48 <= raw[i] <= 57), None)
    if start is None:
        return
    end = start
    while end < len(raw) and 48 <= raw[end] <= 57:
        end += 1
    raw[start:end] = str(chance.choice(_NUMBERS)).encode()


def spoil_pdf(data: bytes, chance: Random) -> bytes:
    """Objects changed and the file written anew; sometimes its bytes spoiled on top."""
    try:
        with warnings.catch_warnings(), pikepdf.open(io.BytesIO(data)) as pdf:
            warnings.simplefilter("ignore")
            for _ in range(chance.choice((1, 1, 2, 3, 6))):
                _spoil_object(pdf, chance)
            out = io.BytesIO()
            pdf.save(
                out,
                static_id=True,
                compress_streams=chance.random() < 0.3,
                object_stream_mode=chance.choice(list(ObjectStreamMode)),
                qdf=chance.random() < 0.1,
                fix_metadata_version=False,
            )
            data = out.getvalue()
    except Exception:  # noqa: BLE001 - the mutator's own accidents; the bytes are spoiled instead
        return spoil_bytes(data, chance)
    return spoil_bytes(data, chance) if chance.random() < 0.25 else data


def _spoil_object(pdf: pikepdf.Pdf, chance: Random) -> None:
    holders = [one for one in pdf.objects if isinstance(one, Dictionary | Array | Stream)]
    if not holders:
        return
    one = chance.choice(holders)
    for _ in range(chance.randrange(4)):  # down into direct objects
        inner = [each for each in _values(one) if isinstance(each, Dictionary | Array)]
        if not inner:
            break
        one = chance.choice(inner)
    if isinstance(one, Stream) and chance.random() < 0.4:
        _spoil_stream(one, chance)
    elif isinstance(one, Array):
        _spoil_array(one, pdf, holders, chance)
    elif isinstance(one, Dictionary | Stream):
        _spoil_keys(one, pdf, holders, chance)


def _values(one: Object) -> list[object]:
    if isinstance(one, Array):
        return list(one)
    return [one[key] for key in one.keys()]  # noqa: SIM118 - not a Python mapping


def _spoil_keys(one: Object, pdf: pikepdf.Pdf, holders: list[Object], chance: Random) -> None:
    keys = list(one.keys())
    key = chance.choice(keys) if keys else "/X"
    match chance.randrange(6):
        case 0:
            del one[key]
        case 1:
            one[chance.choice(_NAMES[2:])] = one.get(key, 0)
        case 2:
            other = chance.choice(holders)
            if isinstance(other, Dictionary | Stream) and len(other.keys()):
                taken = chance.choice(list(other.keys()))
                value = other[taken]
                # A direct object in itself is no file: writing it would never end.
                if not isinstance(value, Dictionary | Array) or value.is_indirect:
                    one[taken] = value
        case _:
            one[key] = _value(pdf, holders, chance)


def _spoil_array(one: Object, pdf: pikepdf.Pdf, holders: list[Object], chance: Random) -> None:
    if not len(one) or chance.random() < 0.3:
        one.append(_value(pdf, holders, chance))
    elif chance.random() < 0.3:
        del one[chance.randrange(len(one))]
    elif chance.random() < 0.1:
        for _ in range(chance.choice((3, 300))):
            one.append(one[0])
    else:
        one[chance.randrange(len(one))] = _value(pdf, holders, chance)


def _spoil_stream(one: Stream, chance: Random) -> None:
    try:
        content = one.read_bytes()
    except pikepdf.PdfError:
        content = one.read_raw_bytes()
    spoiled = spoil_bytes(content, chance)
    match chance.randrange(4):
        case 0:
            filters = ("/FlateDecode", "/DCTDecode", "/JBIG2Decode", "/LZWDecode", "/Odd", "/Crypt")
            one.write(spoiled, filter=Name(chance.choice(filters)))
        case 1:
            one.write(content * chance.choice((0, 2, 50)))
        case _:
            one.write(spoiled)


def _value(pdf: pikepdf.Pdf, holders: list[Object], chance: Random) -> object:
    """Any value at all; often a reference, which makes loops."""
    match chance.randrange(12):
        case 0 | 1 | 2 | 3:
            return chance.choice(holders)
        case 4 | 5:
            return chance.choice(_NUMBERS)
        case 6:
            return chance.uniform(-1e6, 1e6)
        case 7:
            return String(chance.choice(_TEXTS))
        case 8:
            return Name(chance.choice(_NAMES[1:]))
        case 9:
            return chance.random() < 0.5
        case 10:
            return pdf.make_stream(chance.randbytes(30))
        case _:
            deep: Object = Array([0])
            for _ in range(chance.choice((1, 20, 400))):
                deep = Array([deep])
            return deep


def spoil_docx(data: bytes, chance: Random) -> bytes:
    """Parts, trees, members or bytes changed, and the package written anew."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - a spoiled seed
        return spoil_bytes(data, chance, _XML_TOKENS)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        _spoil_part(parts, chance)
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content in parts.items():
            stored = zipfile.ZIP_STORED if chance.random() < 0.1 else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, stored, 1)
            if chance.random() < 0.003:
                archive.writestr(name, content[:100], stored)
    packed = out.getvalue()
    if chance.random() < 0.15:
        return _spoil_headers(packed, chance)
    return spoil_bytes(packed, chance) if chance.random() < 0.05 else packed


def _spoil_part(parts: dict[str, bytes], chance: Random) -> None:
    name = chance.choice(list(parts))
    if chance.random() < 0.5 and "word/document.xml" in parts:
        name = "word/document.xml"
    match chance.randrange(10):
        case 0:
            del parts[name]
            if not parts:
                parts["a"] = b""
        case 1:
            odd = ("/" + name, name.upper(), "../" + name, name + "\0x", "word\\" + name, "x" * 400)
            parts[chance.choice(odd)] = parts[name]
        case 2:
            parts[name] = parts[chance.choice(list(parts))]
        case 3 | 4:
            parts[name] = spoil_bytes(parts[name], chance, _XML_TOKENS)
        case _:
            parts[name] = spoil_tree(parts[name], chance)


def spoil_tree(data: bytes, chance: Random) -> bytes:
    """Elements removed, doubled, moved, renamed; attributes and texts made odd."""
    try:
        root = etree.fromstring(data)
    except (etree.XMLSyntaxError, ValueError):
        return spoil_bytes(data, chance, _XML_TOKENS)
    for _ in range(chance.choice((1, 2, 5))):
        everything = [one for one in root.iter() if isinstance(one.tag, str)]
        one, other = chance.choice(everything), chance.choice(everything)
        if chance.random() < 0.5:
            _move(one, other, chance, small=len(everything) < 4000)
        else:
            _rewrite(one, other, chance)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _move(one: etree._Element, other: etree._Element, chance: Random, *, small: bool) -> None:
    parent = one.getparent()
    match chance.randrange(4):
        case 0 if parent is not None:
            parent.remove(one)
        case 1 if small:
            other.append(copy.deepcopy(one))
        case 2 if parent is not None and one is not other and one not in other.iterancestors():
            other.insert(0, one)
        case _:
            for _ in range(chance.choice((3, 60, 300))):
                one.append(etree.Element(other.tag))
                if chance.random() < 0.5:
                    one = one[-1]


def _rewrite(one: etree._Element, other: etree._Element, chance: Random) -> None:
    match chance.randrange(5):
        case 0:
            one.tag = other.tag
        case 1 | 2 if one.attrib:
            one.set(chance.choice(list(one.attrib)), _odd_text(chance))
        case 3:
            for key, value in other.attrib.items():
                one.set(key, value)
        case _:
            one.text = _odd_text(chance)


def _odd_text(chance: Random) -> str:
    if chance.random() < 0.4:
        return str(chance.choice(_NUMBERS))
    return chance.choice((*_TEXTS, "Nơi nhận:", "- Lưu: VT", "rId1", "INCLUDETEXT x", "TỐI MẬT"))


def _spoil_headers(packed: bytes, chance: Random) -> bytes:
    """A field of a member's header or of the directory says something else."""
    raw = bytearray(packed)
    magic = chance.choice((b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"))
    places = [at for at in range(len(raw) - 22) if raw.startswith(magic, at)]
    if not places:
        return packed
    at = chance.choice(places) + chance.randrange(4, 22, 2)
    if chance.random() < 0.5:
        raw[at : at + 2] = chance.randbytes(2)
    else:
        raw[at : at + 4] = struct.pack("<I", chance.choice((0, 1, 0xFFFF, 0xFFFFFFFF, 2**31)))
    return bytes(raw)
