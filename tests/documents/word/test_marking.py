# SPDX-License-Identifier: Apache-2.0
"""A DOCX is marked, proven on the paper it prints, and copied by splicing."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import date

import pytest
import zxingcpp

from bmnn_mark.documents import confined
from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.copies import CopyValues
from bmnn_mark.documents.model import MarkKind, MarkTask
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word.copies import copy_values
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.paper import docx_to_pdf
from bmnn_mark.documents.word.zipping import write_copy
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Copying, Level, Urgency
from bmnn_mark.units import Rect
from bmnn_mark.worker import ignore_progress

CODE = "BM1:" + "7K" * 31 + "0"


def mark(source, folder, request, name="marked.docx"):
    task = MarkTask(
        source=str(source), target=str(folder / name), work=str(folder), request=request
    )
    return mark_docx(task, ignore_progress), folder / name


@pytest.fixture(scope="module")
def plain(sample, tmp_path_factory, order):
    request = order(urgency=Urgency.HOA_TOC, drafter="Lê Thị Soạn", copying=Copying.FORBIDDEN)
    return (*mark(sample, tmp_path_factory.mktemp("plain"), request), request)


@pytest.fixture(scope="module")
def template(sample, tmp_path_factory, order):
    request = order(
        copies=12, copying=Copying.ALLOWED, term=date(2031, 12, 25), allow_overlap="Thử"
    )
    return (*mark(sample, tmp_path_factory.mktemp("copies"), request), request)


def test_the_marks_are_seen_where_they_were_planned(plain):
    result, _, _ = plain
    assert [one.stamp for one in result.marks] == ["toi-mat", "hoa-toc"]
    for one in result.marks:
        assert one.page == 1
        edges = zip(
            (one.box.x, one.box.y, one.box.right, one.box.bottom),
            (one.measured.x, one.measured.y, one.measured.right, one.measured.bottom),
            strict=True,
        )
        assert all(abs(planned - seen) <= 0.2 for planned, seen in edges)
    assert (result.marks[0].box.width, result.marks[0].box.height) == (30.0, 8.0)
    assert result.pages == 3
    assert len(result.renderers) == 2


def test_only_the_main_part_changed(plain, sample):
    _, path, _ = plain
    with zipfile.ZipFile(sample) as before, zipfile.ZipFile(path) as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["word/document.xml"]


def test_marking_gives_the_same_bytes_every_time(plain, sample, tmp_path):
    _, path, request = plain
    _, again = mark(sample, tmp_path, request)
    assert again.read_bytes() == path.read_bytes()


def test_the_same_request_again_changes_nothing(plain, tmp_path):
    first, path, request = plain
    result, target = mark(path, tmp_path, request)
    assert result.unchanged
    assert not target.exists()
    assert [one.stamp for one in result.marks] == ["toi-mat", "hoa-toc"]
    for one, other in zip(result.marks, first.marks, strict=True):
        assert abs(one.box.x - other.box.x) < 0.01
        assert abs(one.box.width - other.box.width) < 0.01


def test_another_request_is_refused(plain, tmp_path, order):
    _, path, _ = plain
    with pytest.raises(DocumentRefused, match=r"marks\.already_marked"):
        mark(path, tmp_path, order(level=Level.MAT, mark_id="f" * 16))


def test_a_copy_bears_its_number_and_code_on_every_page(template, tmp_path):
    result, path, request = template
    values = CopyValues(number=7, copies=12, reference="ABCDE12345", codes=(CODE,))
    copy = tmp_path / "copy.docx"
    copy.write_bytes(
        write_copy(path.read_bytes(), result.slots, copy_values(result.slots, request, values))
    )
    with zipfile.ZipFile(copy) as archive:
        assert archive.testzip() is None
    convert(copy, tmp_path / "copy.pdf", work=tmp_path, limits=DEFAULT_LIMITS)
    with pdfium_pages(tmp_path / "copy.pdf") as pages:
        texts = [pages.document[index].get_textpage().get_text_range() for index in range(3)]
        corner = Rect.of(0, 250, 40, 47)
        for page in (1, 2, 3):
            found = zxingcpp.read_barcodes(pages.render(page, 200, corner))
            assert [one.text for one in found] == [CODE]
    assert len(texts) == result.pages
    assert "BẢN SỐ: 07" in texts[0]
    assert "Đến: 25/12/2031" in texts[0]
    assert all("Bản 7/12" in text and "ABCDE-12345" in text for text in texts)
    assert "- Số lượng bản phát hành: 12;" in texts[2]


def test_every_copy_bears_the_strip_in_one_place(template):
    result, _, _ = template
    codes = [one for one in result.marks if one.kind is MarkKind.PAGE_CODE]
    assert [one.page for one in codes] == [1, 2, 3]
    places = {
        tuple(round(float(v), 3) for v in (b.x, b.y, b.width)) for b in (c.box for c in codes)
    }
    assert places == {(7, 265, 20)}


def test_even_pages_and_later_sections_get_the_strip(edited, tmp_path, order):
    section = (
        b'<w:p><w:pPr><w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        b'<w:pgMar w:top="1134" w:right="850"'
        b' w:bottom="1134" w:left="1701" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
        b"</w:pPr></w:p>"
    )
    source = edited(
        {
            "word/document.xml": lambda old: old.replace(b"<w:body>", b"<w:body>" + section, 1),
            "word/settings.xml": lambda old: old.replace(
                b"</w:settings>", b"<w:evenAndOddHeaders/></w:settings>"
            ),
        }
    )
    result, path = mark(source, tmp_path, order(copies=2))
    codes = [one.page for one in result.marks if one.kind is MarkKind.PAGE_CODE]
    assert codes == [1, 2, 3, 4]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("word/bmnn-mark-footer")]
    assert len(names) == 3


def test_a_footer_with_text_and_odd_prefixes_bears_the_strip_too(edited, tmp_path, order):
    """Where a footer has height, and its part names the namespaces in its own way."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    compatibility = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    footer = (
        f'<x:ftr xmlns:x="{word}" xmlns:ve="{compatibility}"><x:p><x:r><x:t>Chân trang</x:t></x:r>'
        "</x:p></x:ftr>"
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
    references = "".join(
        f'<w:footerReference w:type="{kind}" r:id="rIdF"/>' for kind in ("default", "first")
    )
    source = edited(
        {
            "word/foot.xml": footer.encode(),
            "word/_rels/document.xml.rels": lambda old: old.replace(
                b"</Relationships>",
                (
                    f'<Relationship Id="rIdF" Type="{office}/footer" Target="foot.xml"/>'
                    "</Relationships>"
                ).encode(),
            ),
            "[Content_Types].xml": lambda old: old.replace(
                b"</Types>",
                f'<Override PartName="/word/foot.xml" ContentType="{types}"/></Types>'.encode(),
            ),
            "word/document.xml": lambda old: re.sub(
                rb"(<w:sectPr[^>]*>)", rb"\1" + references.encode(), old
            ),
        }
    )
    result, path = mark(source, tmp_path, order(copies=2))
    captions = [one for one in result.marks if one.kind is MarkKind.CAPTION]
    assert [one.page for one in captions] == [1, 2, 3]
    assert {"caption-1", "caption-2"} <= {slot.name for slot in result.slots}
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "bmnn-mark-footer" in name]


def test_copies_without_page_code_have_only_their_number(sample, tmp_path, order):
    result, _ = mark(sample, tmp_path, order(copies=3, page_code=False))
    assert {one.kind for one in result.marks} == {MarkKind.LEVEL, MarkKind.COPY_NUMBER}
    assert {slot.name for slot in result.slots} == {"copy-number"}


def test_marks_are_not_anchored_in_a_framed_paragraph(with_body, tmp_path, order):
    frame = '<w:framePr w:w="900" w:wrap="around" w:vAnchor="page" w:hAnchor="page"'
    frame += ' w:x="9000" w:y="9000"/>'
    source = with_body(f"<w:p><w:pPr>{frame}</w:pPr><w:r><w:t>BÁO</w:t></w:r></w:p>")
    _, path = mark(source, tmp_path, order())
    with zipfile.ZipFile(path) as archive:
        main = archive.read("word/document.xml")
    assert main.index(b"framePr") < main.index("BÁO".encode()) < main.index(b"bmnn-mark:level")


def test_rehearsal_copies_are_not_made_as_docx(sample, tmp_path, order):
    with pytest.raises(DocumentRefused, match=r"docx\.rehearsal"):
        mark(sample, tmp_path, order(copies=2, rehearsal=True))


def test_a_document_that_disagrees_leaves_nothing_at_the_target(edited, tmp_path, order):
    source = edited(
        {"word/document.xml": lambda old: old.replace(b"VT, VP.", "VT. Được sao, chụp.".encode())}
    )
    both = order(copying=Copying.FORBIDDEN)
    with pytest.raises(DocumentRefused, match=r"noi_nhan\.disagrees"):
        mark(source, tmp_path, both)
    assert not (tmp_path / "marked.docx").exists()


def test_paper_for_the_pdf_room_has_the_lines_which_it_does_not_add_again(sample, tmp_path, order):
    request = order(copies=5, drafter="Lê Thị Soạn", copying=Copying.FORBIDDEN)
    paper, final = tmp_path / "paper.pdf", tmp_path / "final.pdf"
    task = MarkTask(source=str(sample), target=str(paper), work=str(tmp_path), request=request)
    assert docx_to_pdf(task, ignore_progress).pages == 3
    result = confined.mark_pdf(
        MarkTask(source=str(paper), target=str(final), work=str(tmp_path), request=request)
    )
    assert MarkKind.NOI_NHAN not in {one.kind for one in result.marks}
    with pdfium_pages(final) as pages:
        text = pages.document[2].get_textpage().get_text_range()
    assert text.count("Số lượng bản phát hành: 05") == 1


def test_a_confined_process_marks_and_refuses_by_name(sample, tmp_path, order):
    work = tmp_path / "work"
    work.mkdir()
    task = MarkTask(
        source=str(sample), target=str(work / "out.docx"), work=str(work), request=order()
    )
    assert confined.mark_docx(task).pages == 3
    shutil.copyfile(__file__, tmp_path / "not.docx")
    with pytest.raises(DocumentRefused, match=r"document\.not_a_document"):
        confined.docx_to_pdf(
            MarkTask(
                source=str(tmp_path / "not.docx"),
                target=str(work / "x.pdf"),
                work=str(work),
                request=order(),
            )
        )
