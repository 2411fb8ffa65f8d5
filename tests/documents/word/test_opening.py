# SPDX-License-Identifier: Apache-2.0
"""What may be opened, and by which name everything else is refused."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS

MAIN = "word/document.xml"
RELS = "word/_rels/document.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def refusal(path, limits=DEFAULT_LIMITS):
    with pytest.raises(DocumentRefused) as caught:
        open_docx(path, limits)
    return caught.value


def relation(kind, target, mode="External"):
    one = f'<Relationship Id="x1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return lambda old: old.replace(b"</Relationships>", one.encode() + b"</Relationships>")


def test_opens_the_sample_without_notices(sample):
    opened = open_docx(sample, DEFAULT_LIMITS)
    assert (opened.main, opened.notices) == (MAIN, ())


def test_refuses_a_member_that_inflates_too_far(edited):
    path = edited({"word/media/a.xml": b"<a>" + b" " * 30_000_000 + b"</a>"})
    assert refusal(path).code == "docx.zip_bomb"
    assert refusal(path).detail["reason"] == "RATIO"


def test_counts_bytes_itself_where_headers_lie(edited):
    path = edited({"word/media/a.bin": b"\0" * 2_000_000})
    content = path.read_bytes()
    lied = content.replace(struct.pack("<I", 2_000_000), struct.pack("<I", 20))
    assert lied != content
    path.write_bytes(lied)
    assert refusal(path).code == "docx.zip_bomb"


def test_bounds_one_member_and_all_together(sample):
    assert (
        refusal(sample, replace(DEFAULT_LIMITS, zip_member_bytes=1000)).detail["reason"] == "MEMBER"
    )
    assert (
        refusal(sample, replace(DEFAULT_LIMITS, zip_total_bytes=1000)).detail["reason"] == "TOTAL"
    )
    assert refusal(sample, replace(DEFAULT_LIMITS, zip_members=3)).detail["reason"] == "MEMBERS"


def test_refuses_members_that_overlap(tmp_path):
    """One member quotes another: how a small file inflates to terabytes."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.xml", b"<b/>")
    quoted = inner.getvalue()[: 30 + len("b.xml") + len(b"<b/>")]
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("a.bin", quoted)
        archive.writestr("b.xml", b"<b/>")
        archive.infolist()[1].header_offset = 30 + len("a.bin")
    path = tmp_path / "overlap.docx"
    path.write_bytes(outer.getvalue())
    assert refusal(path).detail == {"reason": "OVERLAP"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["../evil.xml", "/abs.xml", "word\\x.xml", MAIN, MAIN.upper()])
def test_refuses_names_that_two_readers_would_read_differently(sample, tmp_path, name):
    path = tmp_path / "names.docx"
    path.write_bytes(sample.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"<a/>")
    assert refusal(path).code == "document.damaged"


@pytest.mark.parametrize(
    "part", [MAIN, "word/settings.xml", "[Content_Types].xml", "docProps/app.xml"]
)
def test_refuses_entities_and_document_types_in_any_part(edited, part):
    bomb = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    path = edited({part: lambda old: old.replace(b"?>", b"?>" + bomb, 1)})
    assert refusal(path).code == "docx.xml_entities"


def test_refuses_xml_that_is_nested_too_deeply(edited):
    deep = b"<a>" * 300 + b"</a>" * 300
    assert refusal(edited({"docProps/deep.xml": deep})).code == "document.too_deep"


def test_refuses_macros_whatever_the_name(edited):
    as_docm = lambda old: old.replace(  # noqa: E731
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    assert refusal(edited({"[Content_Types].xml": as_docm})).code == "docx.macros"
    assert refusal(edited({"word/vbaProject.bin": b"\0"})).code == "docx.macros"


def test_refuses_a_template(edited):
    as_dotx = lambda old: old.replace(b"document.main+xml", b"template.main+xml")  # noqa: E731
    assert refusal(edited({"[Content_Types].xml": as_dotx})).code == "docx.template"


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("EncryptedPackage", "document.encrypted"),
        ("WordDocument", "docx.legacy_doc"),
        ("Workbook", "document.not_a_document"),
    ],
)
def test_tells_ole_containers_apart(tmp_path, stream, code):
    path = tmp_path / "ole.docx"
    path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 500 + stream.encode("utf-16-le") + b"\0" * 500
    )
    assert refusal(path).code == code


def test_refuses_other_zip_files(tmp_path, pack_members, edited):
    for content in ({"mimetype": b"application/vnd.oasis.opendocument.text"}, {"a.txt": b"x"}):
        path = tmp_path / "other.docx"
        path.write_bytes(pack_members(content))
        assert refusal(path).code == "document.not_a_document"
    as_sheet = lambda old: old.replace(  # noqa: E731
        b"wordprocessingml.document.main+xml", b"spreadsheetml.sheet.main+xml"
    )
    assert refusal(edited({"[Content_Types].xml": as_sheet})).code == "document.not_a_document"


def test_refuses_a_signed_package(edited):
    origin = (
        b'<Relationship Id="s" Type="http://schemas.openxmlformats.org/package/2006/relationships/'
        b'digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Relationships>'
    )
    path = edited({"_rels/.rels": lambda old: old.replace(b"</Relationships>", origin)})
    assert refusal(path).code == "document.signed"


@pytest.mark.parametrize("tag", ["ins", "del", "moveFrom", "rPrChange", "pPrChange", "cellIns"])
def test_refuses_tracked_changes_of_every_kind(with_body, tag):
    assert refusal(with_body(f'<w:p><w:{tag} w:id="1"/></w:p>')).code == "docx.tracked_changes"


def test_finds_tracked_changes_in_a_header(edited):
    path = edited(
        {"word/header1.xml": lambda old: old.replace(b"</w:hdr>", b"<w:p><w:ins/></w:p></w:hdr>")}
    )
    assert refusal(path).code == "docx.tracked_changes"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("image", "http://example.invalid/a.png"),
        ("image", "file:///etc/hostname"),
        ("oleObject", "file:///a.xlsx"),
        ("subDocument", "b.docx"),
        ("attachedTemplate", "https://example.invalid/t.dotm"),
        ("attachedTemplate", "\\\\server\\share\\t.dotm"),
        ("attachedTemplate", "file:///\\\\server\\share\\t.dotm"),
    ],
)
def test_refuses_content_from_outside(edited, kind, target):
    assert refusal(edited({RELS: relation(kind, target)})).code == "docx.external_content"


@pytest.mark.parametrize(
    ("kind", "target"),
    [("hyperlink", "https://example.invalid/"), ("attachedTemplate", "file:///C:/Normal.dotm")],
)
def test_accepts_links_that_bring_nothing_onto_the_page(edited, kind, target):
    open_docx(edited({RELS: relation(kind, target)}), DEFAULT_LIMITS)


def test_refuses_a_merged_file(edited):
    assert (
        refusal(edited({RELS: relation("aFChunk", "a.html", "Internal")})).code == "docx.alt_chunk"
    )


def test_refuses_fields_that_read_other_files_even_when_split_over_runs(with_body):
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        "<w:r><w:instrText> INCL</w:instrText></w:r>"
        '<w:r><w:instrText>UDETEXT "/etc/passwd"</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    assert refusal(with_body(field)).detail == {"kind": "INCLUDETEXT"}
    simple = '<w:p><w:fldSimple w:instr="DDEAUTO cmd x"/></w:p>'
    assert refusal(with_body(simple)).code == "docx.external_content"


@pytest.mark.parametrize(
    "lock",
    [
        b'<w:documentProtection w:edit="readOnly" w:enforcement="1"/></w:settings>',
        b'<w:writeProtection w:recommended="1"/></w:settings>',
    ],
)
def test_notices_protection_and_embedded_files(edited, lock):
    path = edited(
        {
            "word/settings.xml": lambda old: old.replace(b"</w:settings>", lock),
            "word/embeddings/sheet1.xlsx": b"PK",
        }
    )
    codes = [one.code for one in open_docx(path, DEFAULT_LIMITS).notices]
    assert codes == ["docx.protected", "docx.embedded_files"]


def test_notices_comments(edited):
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    comments = f'<w:comments xmlns:w="{space}"><w:comment w:id="0"/></w:comments>'.encode()
    path = edited(
        {"word/comments.xml": comments, RELS: relation("comments", "comments.xml", "Internal")}
    )
    assert [one.code for one in open_docx(path, DEFAULT_LIMITS).notices] == ["docx.comments"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_package_is_a_refusal_and_never_a_traceback(sample, tmp_path, data):
    content = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(100, len(content)))
    path = tmp_path / "damaged.docx"
    path.write_bytes(bytes(content[:cut]))
    with contextlib.suppress(DocumentRefused):  # anything else fails the test
        open_docx(path, DEFAULT_LIMITS)
