# SPDX-License-Identifier: Apache-2.0
"""A printout of what nothing else may be made of; and strict packages told in common names."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from bmnn_mark.documents.model import MarkTask
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word.fields import unlink_fields
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.paper import docx_to_pdf
from bmnn_mark.documents.word.parts import W, w
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.worker import ignore_progress

MAIN = "word/document.xml"
DS = "http://www.w3.org/2000/09/xmldsig#"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def notices(path):
    return open_docx(path, DEFAULT_LIMITS, as_printout=True).notices


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def canonical(xml):
    return etree.tostring(etree.fromstring(xml), method="c14n")


def relation(kind, target, base=OFFICE, mode=""):
    one = f'<Relationship Id="y1" Type="{base}/{kind}" Target="{target}" {mode}/></Relationships>'
    return lambda old: old.replace(b"</Relationships>", one.encode())


@pytest.fixture(scope="session")
def signer():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Nguyễn Văn Ký")])
    day = datetime(2026, 11, 22)  # noqa: DTZ001 -- the library takes times of UTC without a zone
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    return key, base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def signature_over(main, signer):
    """An XML signature over the main part, as office suites write them."""
    key, certificate = signer

    def reference(uri, data, kind=""):
        return (
            f'<Reference URI="{uri}"{kind}><DigestMethod Algorithm="{SHA256}"/>'
            f"<DigestValue>{digest(data)}</DigestValue></Reference>"
        )

    held = (
        f'<Object Id="p"><Manifest>{reference("/word/document.xml?ContentType=x", main)}</Manifest>'
        f'<SignatureProperties><m:SignatureTime xmlns:m="{PACKAGE}/digital-signature">'
        "<m:Value>2026-11-22T05:00:00Z</m:Value></m:SignatureTime></SignatureProperties></Object>"
    )
    own = canonical(held.replace("<Object", f'<Object xmlns="{DS}"', 1))
    info = (
        f'<SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/><SignatureMethod '
        'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
        f"{reference('#p', own)}</SignedInfo>"
    )
    said = canonical(info.replace("<SignedInfo", f'<SignedInfo xmlns="{DS}"', 1))
    value = base64.b64encode(key.sign(said, padding.PKCS1v15(), hashes.SHA256())).decode()
    return (
        f'<Signature xmlns="{DS}">{info}<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data>'
        f"<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>{held}</Signature>"
    ).encode()


@pytest.fixture
def signed(sample, edited, signer):
    """The sample signed, and then, where ``edit`` is given, its main part edited."""

    def make(edit=None, also=lambda signature: signature):
        with zipfile.ZipFile(sample) as archive:
            main = archive.read(MAIN)
        base = f"{PACKAGE}/relationships/digital-signature"
        rels = f'<Relationships xmlns="{PACKAGE}/relationships"></Relationships>'.encode()
        parts = {
            "_rels/.rels": relation("origin", "_xmlsignatures/origin.sigs", base),
            "_xmlsignatures/origin.sigs": b"",
            "_xmlsignatures/_rels/origin.sigs.rels": relation("signature", "sig1.xml", base)(rels),
            "_xmlsignatures/sig1.xml": also(signature_over(main, signer)),
        }
        return edited(parts | ({MAIN: edit} if edit else {}))

    return make


def test_lists_an_intact_signature_with_signer_and_time(signed):
    told = notices(signed())
    assert [one.code for one in told] == ["docx.signature_intact", "docx.printout_of_signed"]
    assert told[0].detail == {
        "number": 1, "of": 1, "signer": "Nguyễn Văn Ký", "time": "2026-11-22T05:00:00Z",
    }  # fmt: skip


def test_says_of_changed_content_that_it_is_not_what_was_signed(signed):
    path = signed(lambda old: old.replace(b"</w:body>", b"<w:p/></w:body>"))
    assert notices(path)[0].code == "docx.signature_broken"


@pytest.mark.parametrize(
    "also",
    [
        lambda signature: signature.replace(b"rsa-sha256", b"ecdsa-sha256"),
        lambda signature: signature.replace(b"05:00:00Z", b"06:00:00Z"),
        lambda signature: re.sub(rb"<X509Certificate>.*?</X509Certificate>", b"", signature),
        lambda signature: signature.replace(b"SignatureValue>A", b"SignatureValue>B").replace(
            b"<SignatureValue>", b"<SignatureValue>AAAA"
        ),
        lambda signature: signature.replace(b'URI="#p"', b'URI="#q"'),
        lambda signature: re.sub(rb"<Manifest>.*?</Manifest>", b"", signature),
    ],
)
def test_says_that_it_cannot_be_told_where_a_step_was_not_checked(signed, also):
    assert notices(signed(also=also))[0].code == "docx.signature_unknown"


def test_a_printout_of_a_signed_document_is_a_pdf_and_never_a_docx(signed, tmp_path, order):
    source = signed()
    task = MarkTask(
        source=str(source), target=str(tmp_path / "out"), work=str(tmp_path),
        request=order(as_printout=True),
    )  # fmt: skip
    with pytest.raises(DocumentRefused, match=r"docx\.printout_is_pdf"):
        mark_docx(task, ignore_progress)
    result = docx_to_pdf(task, ignore_progress)
    assert "docx.signature_intact" in {one.code for one in result.notices}
    with pdfium_pages(tmp_path / "out") as pages:
        assert len(pages) == result.pages == 3


def test_macros_and_templates_leave_a_document_that_the_suite_prints(edited, tmp_path, order):
    kind = b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml"
    path = edited(
        {
            "[Content_Types].xml": lambda old: re.sub(
                rb"application/[\w.-]+wordprocessingml.document.main\+xml", kind, old
            ),
            "word/vbaProject.bin": b"\0",
            "word/_rels/document.xml.rels": relation("vbaProject", "vbaProject.bin"),
        }
    )
    opened = open_docx(path, DEFAULT_LIMITS, as_printout=True)
    assert [one.code for one in opened.notices] == [
        "docx.printout_of_macros", "docx.printout_of_template",
    ]  # fmt: skip
    assert opened.package.content_type(MAIN).endswith("document.main+xml")
    assert not list(opened.package.related(MAIN, "vbaProject"))
    task = MarkTask(
        source=str(path), target=str(tmp_path / "out.pdf"), work=str(tmp_path),
        request=order(as_printout=True),
    )  # fmt: skip
    assert docx_to_pdf(task, ignore_progress).pages == 3


def test_links_are_cut_and_pictures_without_a_copy_counted(edited):
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    blip = f'<a:blip xmlns:a="{drawing}" xmlns:r="{OFFICE}" r:link="y1" {{}}/>'
    for own, missing in (('r:embed="z9"', 0), ("", 1)):
        path = edited(
            {
                MAIN: lambda old, own=own: old.replace(
                    b"<w:body>", f"<w:body><w:p><w:r>{blip.format(own)}</w:r></w:p>".encode()
                ),
                "word/_rels/document.xml.rels": relation(
                    "image", "file:///etc/hostname", mode='TargetMode="External"'
                ),
            }
        )
        opened = open_docx(path, DEFAULT_LIMITS, as_printout=True)
        told = {one.code: one.detail["count"] for one in opened.notices}
        assert told.pop("docx.printout_of_links") == 1
        assert told == ({"docx.pictures_missing": missing} if missing else {})
        assert not any(one.external for one in opened.package.relationships(MAIN))


def test_a_document_made_up_of_other_files_stays_refused(edited):
    rels = relation("subDocument", "b.docx", mode='TargetMode="External"')
    path = edited({"word/_rels/document.xml.rels": rels})
    with pytest.raises(DocumentRefused, match=r"docx\.external_content"):
        notices(path)


def field(code, result, nested=""):
    def char(kind):
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    return (
        f"{char('begin')}<w:r><w:instrText>{code}</w:instrText></w:r>{nested}{char('separate')}"
        f"<w:r><w:t>{result}</w:t></w:r>{char('end')}"
    )


def test_fields_that_read_from_outside_keep_their_last_result_only():
    inner = field("QUOTE", "đường dẫn")
    xml = (
        f"<w:p>{field('INCLUDETEXT &quot;x&quot;', 'cũ', inner)}{field('PAGE', '1')}"
        f'<w:fldSimple w:instr="LINK Excel.Sheet x"><w:r><w:t>bảng</w:t></w:r></w:fldSimple></w:p>'
    )
    root = etree.fromstring(f'<w:document xmlns:w="{W}">{xml}</w:document>')
    assert unlink_fields(root) == 2
    assert [one.text for one in root.iter(w("t"))] == ["cũ", "1", "bảng"]
    assert [one.text for one in root.iter(w("instrText"))] == ["PAGE"]
    assert len(list(root.iter(w("fldChar")))) == 3


def strictly(data):
    """A part in the names of the strict form."""
    found = re.sub(
        rb"http://schemas.openxmlformats.org/(wordprocessingml|officeDocument|drawingml)/2006/",
        rb"http://purl.oclc.org/ooxml/\1/", data,
    )  # fmt: skip
    return found.replace(b"extended-properties", b"extendedProperties")


def test_a_strict_package_is_opened_as_what_it_would_be_in_common_names(sample, edited):
    with zipfile.ZipFile(sample) as archive:
        names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
        common = {name: archive.read(name) for name in names}
    parts = dict.fromkeys([name for name in names if name != "[Content_Types].xml"], strictly)
    says_so = b'<w:document w:conformance="strict"'
    parts[MAIN] = lambda old: strictly(old).replace(b"<w:document", says_so)
    opened = open_docx(edited(parts), DEFAULT_LIMITS)
    assert [one.code for one in opened.notices] == ["docx.strict_translated"]
    assert {name: opened.package.members[name].data() for name in names} == common


def test_a_strict_document_is_marked_and_proven(edited, tmp_path, order):
    source = edited({MAIN: strictly, "_rels/.rels": strictly,
                     "word/_rels/document.xml.rels": strictly})  # fmt: skip
    task = MarkTask(
        source=str(source), target=str(tmp_path / "out.docx"), work=str(tmp_path), request=order()
    )
    assert [one.stamp for one in mark_docx(task, ignore_progress).marks] == ["toi-mat"]
