# SPDX-License-Identifier: Apache-2.0
"""Signed documents are refused, or become printouts that say what was known of each signature."""

from __future__ import annotations

import pikepdf
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hard_papers import SIGNER, add_revision, identity, new_page, sign
from hypothesis import given
from hypothesis import strategies as some
from pikepdf import Array, Dictionary, Name, String

from bmnn_mark.documents.pdf.cms import Verdict, check
from bmnn_mark.documents.pdf.printed import alike
from bmnn_mark.documents.rendering import pdfium_pages


@pytest.fixture
def signed(paper):
    def make(**how):
        path = paper(new_page)
        sign(path, **how)
        return path

    return make


def the_signature(ended):
    found = {code: told for code, told in ended.notices.items() if "signature_" in code}
    assert len(found) == 1
    return found.popitem()


def test_a_signed_document_is_refused_without_leave(signed, mark):
    assert mark(signed()).code == "document.signed"
    assert mark(signed(), flatten=True).code == "document.signed"


@pytest.mark.parametrize(
    ("kind", "digest"), [("rsa", "sha256"), ("pss", "sha256"), ("ec", "sha384")]
)
def test_a_printout_names_the_signer_and_says_that_the_bytes_are_intact(signed, mark, kind, digest):
    ended = mark(signed(kind=kind, digest=digest), as_printout=True)
    code, told = the_signature(ended)
    assert code == "document.signature_intact"
    assert told == {"number": 1, "of": 1, "signer": SIGNER, "time": "2026-11-22 08:00:00 +07:00"}
    assert "document.printout_of_signed" in ended.notices


def test_a_revision_after_signing_is_told(signed, mark):
    path = signed()
    add_revision(path)
    ended = mark(path, as_printout=True)
    assert the_signature(ended)[0] == "document.signature_added_to"
    assert ended.result.page_sizes[0].width > ended.result.page_sizes[0].height


def test_changed_bytes_are_told(signed, mark):
    path = signed()
    data = path.read_bytes()
    assert data.count(b"200 300 180 240 re") == 1
    path.write_bytes(data.replace(b"200 300 180 240 re", b"200 300 180 241 re"))
    assert the_signature(mark(path, as_printout=True))[0] == "document.signature_broken"


def test_another_signers_certificate_does_not_pass(signed, mark):
    """The digest is right, but who signed it was not the certificate's owner."""
    path = signed()
    data = path.read_bytes()
    key = identity("rsa")[1].public_key().public_numbers().n.to_bytes(256, "big").hex().encode()
    assert data.count(key) == 1
    path.write_bytes(data.replace(key, key[:-4] + bytes([key[-4] ^ 1]) + key[-3:]))
    assert the_signature(mark(path, as_printout=True))[0] in {
        "document.signature_broken",
        "document.signature_unknown",
    }


def test_a_signature_of_nothing_known_is_not_called_intact(paper, mark):
    def fill(pdf):
        new_page(pdf)
        value = Dictionary(
            Type=Name.Sig, Contents=String("x" * 64), ByteRange=Array([0, 10, 20, 10]),
            Name=String("Ai \x1b[31m đó"),
        )  # fmt: skip
        field = Dictionary(FT=Name.Sig, T=String("a"), V=pdf.make_indirect(value))
        pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]), SigFlags=3)

    code, told = the_signature(mark(paper(fill), as_printout=True))
    assert code == "document.signature_unknown"
    assert told["signer"] == "Ai �[31m đó"
    assert told["time"] == "?"


def test_a_byte_range_that_leaves_out_more_than_the_signature_is_not_called_intact(signed, mark):
    path = signed()
    data = path.read_bytes()
    at = data.index(b"/ByteRange")
    start = int(data[at:].split(b"[", 1)[1].split()[1])
    path.write_bytes(data.replace(b"[ 0 %d " % start, b"[ 0 %d " % (start - 1)))
    assert the_signature(mark(path, as_printout=True))[0] == "document.signature_unknown"


def test_a_printout_holds_the_picture_and_nothing_of_the_signature(signed, mark):
    ended = mark(signed(), as_printout=True)
    with ended.pdf() as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/Annots" not in pdf.pages[0].obj
        assert not [
            one for one in pdf.objects if isinstance(one, Dictionary) and "/ByteRange" in one
        ]
    with pdfium_pages(ended.source, forms=True) as before, pdfium_pages(ended.target) as after:
        box = (1400, 2400, 1900, 2950)  # bottom of the page, where the field is drawn, at 250 dpi
        shown = after.render(1, 250).crop(box)
        assert shown.getextrema() != ((255, 255),) * 3
        assert alike(before.render(1, 250).crop(box), shown)


@given(some.binary(max_size=400))
def test_no_bytes_break_the_reader_of_signatures(data):
    assert check(b"0\x82" + data, lambda _algorithm: b"").verdict is Verdict.UNKNOWN
    assert check(data, lambda _algorithm: b"").verdict is Verdict.UNKNOWN


CONTENT = b"content"


def digest_of(content):
    def digest(algorithm):
        made = hashes.Hash(algorithm)
        made.update(content)
        return made.finalize()

    return digest


@pytest.fixture(scope="module")
def cms():
    key, certificate = identity("ec")
    return (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(CONTENT)
        .add_signer(certificate, key, hashes.SHA256())
        .sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
    )


def test_a_signature_is_of_its_content_and_of_no_other(cms):
    assert check(cms, digest_of(CONTENT)).verdict is Verdict.INTACT
    assert check(cms, digest_of(b"Content")).verdict is Verdict.BROKEN


@given(at=some.integers(0, 1000), value=some.integers(0, 255))
def test_a_signature_with_a_changed_byte_is_read_all_the_same(cms, at, value):
    spoiled = bytearray(cms)
    spoiled[at % len(cms)] = value
    check(bytes(spoiled), digest_of(CONTENT))
    assert check(bytes(spoiled), digest_of(b"Content")).verdict is not Verdict.INTACT


@given(at=some.integers(1, 60), other=some.integers(1, 255))
def test_no_changed_byte_of_the_signed_value_passes(cms, at, other):
    spoiled = bytearray(cms)
    spoiled[-at] ^= other
    assert check(bytes(spoiled), digest_of(CONTENT)).verdict is not Verdict.INTACT


def test_certification_alone_is_a_signature(paper, mark):
    def fill(pdf):
        new_page(pdf)
        pdf.Root.Perms = Dictionary(DocMDP=pdf.make_indirect(Dictionary()))

    path = paper(fill)
    assert mark(path).code == "document.signed"
    ended = mark(path, as_printout=True)
    with ended.pdf() as pdf:
        assert "/Perms" not in pdf.Root
    assert isinstance(pikepdf.open(ended.target), pikepdf.Pdf)
