# SPDX-License-Identifier: Apache-2.0
"""Hard documents made by code: signed ones, with real keys, and pages with things on them."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

A4 = (0, 0, 595.276, 841.89)
BLOCK = b"0.6 g 200 300 180 240 re f 0 g\n"
SIGNER = "Nguyễn Văn Mẫu"
DIGESTS = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}
_ROOM = 8192


def new_page(pdf: Pdf, content: bytes = BLOCK, **keys) -> pikepdf.Object:
    """A page at the end; what is given as a tuple becomes an array."""
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([*A4]),
        Resources=Dictionary(),
        Contents=pdf.make_stream(content),
    )
    for key, value in keys.items():
        page[f"/{key}"] = Array([*value]) if isinstance(value, tuple) else value
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf.pages[-1].obj


def look(pdf: Pdf, width: float, height: float, content: bytes) -> pikepdf.Object:
    """A form XObject for an appearance."""
    return pdf.make_indirect(
        Stream(
            pdf, content,
            Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, width, height]),
            Resources=Dictionary(),
        )
    )  # fmt: skip


def annotation(
    pdf: Pdf, rect: tuple, *, kind: str = "/Square", flags: int = 4, grey: float = 0.6, **keys
) -> pikepdf.Object:
    """An annotation that is a grey box."""
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    drawn = look(pdf, width, height, b"%.2f g 0 0 %.1f %.1f re f\n" % (grey, width, height))
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name(kind), Rect=Array([*rect]), F=flags,
            AP=Dictionary(N=drawn), **keys,
        )
    )  # fmt: skip


@cache
def identity(kind: str):
    """A key and a certificate that it signed itself."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ec"
        else rsa.generate_private_key(65537, 2048)
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, SIGNER)])
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(days=900))
        .sign(key, hashes.SHA256())
    )
    return key, made


def sign(path: Path, *, field: str = "Sig1", kind: str = "rsa", digest: str = "sha256") -> None:
    """Sign a file in place, whole, with a field that shows a grey box.

    Only the first signature of a file can be made so: the file is written anew.
    """
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        signature = pdf.make_indirect(
            Dictionary(
                Type=Name.Sig, Filter=Name("/Adobe.PPKLite"),
                SubFilter=Name("/adbe.pkcs7.detached"), Contents=String(b"\0" * _ROOM),
                ByteRange=Array([0, 2000000000, 2000000000, 2000000000]),
                M=String("D:20261122080000+07'00'"), Name=String("Somebody Else"),
            )
        )  # fmt: skip
        widget = annotation(
            pdf, (300, 100, 450, 150), kind="/Widget",
            FT=Name.Sig, T=String(field), V=signature,
        )  # fmt: skip
        page = pdf.pages[0].obj
        page.Annots = Array([*page.get("/Annots", Array([])), widget])
        pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), SigFlags=3)
        pdf.save(
            path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.generalized
        )
    path.write_bytes(_signed(path.read_bytes(), kind, digest))


def _signed(data: bytes, kind: str, digest: str) -> bytes:
    """The file with its one placeholder filled."""
    gap = re.search(rb"/Contents (<0{%d}>)" % (2 * _ROOM), data)
    assert gap is not None
    start, end = gap.span(1)
    ranges = re.search(rb"/ByteRange \[[^]]*\]", data)
    assert ranges is not None
    stated = b"/ByteRange [ 0 %d %d %d ]" % (start, end, len(data) - end)
    data = data.replace(ranges[0], stated.ljust(len(ranges[0])))
    key, certificate = identity(kind)
    hashing = DIGESTS[digest]()
    salted = padding.PSS(padding.MGF1(hashing), padding.PSS.DIGEST_LENGTH)
    cms = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(data[:start] + data[end:])
        .add_signer(certificate, key, hashing, rsa_padding=salted if kind == "pss" else None)
        .sign(
            Encoding.DER,
            [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary],
        )
    )
    return data[: start + 1] + cms.hex().encode().ljust(2 * _ROOM, b"0") + data[end - 1 :]


def add_revision(path: Path) -> None:
    """Turn the first page by an incremental update, as an editor would."""
    data = path.read_bytes()
    with pikepdf.open(path) as pdf:
        page = pdf.pages[0].obj
        number, body = page.objgen[0], page.unparse(resolved=True)
        root, size = pdf.Root.objgen[0], len(pdf.objects) + 1
    before = int(data[data.rindex(b"startxref") :].split()[1])
    turned = body.rstrip().removesuffix(b">>") + b" /Rotate 90 >>"
    tail = b"%d 0 obj\n%b\nendobj\n" % (number, turned)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d /Root %d 0 R /Prev %d>>\n" % (
        number, len(data), size, root, before,
    )  # fmt: skip
    path.write_bytes(data + tail + table + b"startxref\n%d\n%%%%EOF\n" % (len(data) + len(tail)))
