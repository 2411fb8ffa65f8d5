# SPDX-License-Identifier: Apache-2.0
"""Our marks come out of a DOCX; who edited nothing since gets the very document back."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from lxml import etree

from bmnn_mark.documents import confined
from bmnn_mark.documents.model import (
    MarkKind,
    MarkTask,
    Relevelling,
    Reproduction,
    ReproductionKind,
    UnmarkTask,
)
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.noi_nhan import complete
from bmnn_mark.documents.word.own_lines import BOOKMARK, find_lines, take_out, text_of
from bmnn_mark.documents.word.paper import docx_to_pdf
from bmnn_mark.documents.word.parts import W, w
from bmnn_mark.documents.word.unmarking import unmark_docx
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Copying, Level, Urgency, load_pack
from bmnn_mark.worker import ignore_progress

MAIN = "word/document.xml"
PACK = load_pack("nd63-2026")


def mark(source, folder, request):
    target = folder / "marked.docx"
    mark_docx(
        MarkTask(source=str(source), target=str(target), work=str(folder), request=request),
        ignore_progress,
    )
    return target


def unmark(source, folder):
    target = folder / "bare.docx"
    task = UnmarkTask(source=str(source), target=str(target), work=str(folder))
    return unmark_docx(task, ignore_progress), target


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def canonical(xml):
    return etree.tostring(etree.fromstring(xml), method="c14n")


@pytest.fixture(scope="module")
def asked(order):
    return order(urgency=Urgency.HOA_TOC, drafter="Lê Thị Soạn", copying=Copying.FORBIDDEN)


@pytest.fixture(scope="module")
def marked(sample, tmp_path_factory, asked):
    return mark(sample, tmp_path_factory.mktemp("marked"), asked)


@pytest.fixture
def changed(marked, tmp_path, pack_members):
    """The marked document after somebody edited its main part."""

    def make(edit):
        parts = parts_of(marked)
        before = parts[MAIN]
        parts[MAIN] = edit(before)
        assert parts[MAIN] != before
        path = tmp_path / "changed.docx"
        path.write_bytes(pack_members(parts))
        return path

    return make


def test_the_document_comes_back_as_it_was(marked, sample, tmp_path):
    result, bare = unmark(marked, tmp_path)
    assert [one.stamp for one in result.marks] == ["toi-mat", "hoa-toc"]
    assert (result.lines, result.removed, result.pages) == (2, 4, 3)
    assert len(result.renderers) == 2
    before, after = parts_of(sample), parts_of(bare)
    assert list(before) == list(after)
    assert canonical(before[MAIN]) == canonical(after[MAIN])
    assert [name for name in before if before[name] != after[name] and name != MAIN] == []
    assert unmark(marked, tmp_path)[1].read_bytes() == bare.read_bytes()


ACTS = {
    "term": date(2031, 12, 25),
    "extended": date(2036, 12, 25),
    "recall": date(2027, 1, 15),
    "relevelling": Relevelling(old=Level.TUYET_MAT, since=date(2026, 11, 20)),
    "reproduction": Reproduction(
        kind=ReproductionKind.SAO_Y,
        made_on=date(2026, 11, 22),
        number=1,
        quantity=3,
        recipient="Sở Tài chính",
        authority="GIÁM ĐỐC",
        signer="Nguyễn Thị Ví Dụ",
    ),
}


def test_marks_of_many_rows_and_of_the_last_page_come_out_too(sample, tmp_path, order):
    request = order(act_pack="nd63-2026", frame=True, allow_overlap="Thử", **ACTS)
    target = tmp_path / "marked.docx"
    task = MarkTask(source=str(sample), target=str(target), work=str(tmp_path), request=request)
    made = mark_docx(task, ignore_progress)
    kinds = {MarkKind.LEVEL_GUIDE, MarkKind.TERM, MarkKind.EXTENSION, MarkKind.RELEVELLING,
             MarkKind.RECALL, MarkKind.REPRODUCTION_NUMBER}  # fmt: skip
    pages = dict.fromkeys(kinds, 1) | {MarkKind.REPRODUCTION: 3}
    assert {one.kind: one.page for one in made.marks} == pages
    again = mark_docx(
        replace(task, source=str(target), target=str(tmp_path / "2")), ignore_progress
    )
    assert again.unchanged
    assert {one.kind: one.page for one in again.marks} == pages
    (tmp_path / "other").mkdir()
    result, bare = unmark(target, tmp_path / "other")
    assert {one.kind: one.page for one in result.marks} == pages
    before, after = parts_of(sample), parts_of(bare)
    assert canonical(before[MAIN]) == canonical(after[MAIN])
    assert [name for name in before if before[name] != after[name] and name != MAIN] == []


def test_a_document_without_our_marks_is_left_alone(sample, tmp_path):
    result, bare = unmark(sample, tmp_path)
    assert (result.removed, result.notices) == (0, ())
    assert not bare.exists()


def test_what_others_drew_stays_also_when_our_mark_went_to_the_next_page(changed, sample, tmp_path):
    theirs = (
        '<w:p><w:r><w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" alt="MẬT" '
        'style="position:absolute;margin-left:300pt;margin-top:400pt;width:60pt;height:20pt" '
        'strokecolor="#D0021B"/></w:pict></w:r></w:p>'
        '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
    ).encode()

    def put(old):
        return old.replace(b"<w:body>", b"<w:body>" + theirs)

    result, bare = unmark(changed(put), tmp_path)
    assert result.removed == 4
    assert canonical(parts_of(bare)[MAIN]) == canonical(put(parts_of(sample)[MAIN]))


def test_marks_are_known_after_an_office_suite_saved_the_document(marked, tmp_path):
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
         "--convert-to", "docx", "--outdir", tmp_path / "saved", marked],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    saved = tmp_path / "saved" / marked.name
    assert parts_of(saved)[MAIN] != parts_of(marked)[MAIN]
    result, bare = unmark(saved, tmp_path)
    assert result.removed == 4
    assert b"bmnn" not in parts_of(bare)[MAIN]


def test_a_line_that_was_edited_stays_and_is_told(changed, tmp_path):
    source = changed(lambda old: old.replace("Lê Thị Soạn".encode(), "Trần Văn Sửa".encode()))
    result, bare = unmark(source, tmp_path)
    assert result.lines == 1
    assert [(one.code, one.detail) for one in result.notices] == [
        ("noi_nhan.line_kept", {"lines": 1})
    ]
    main = parts_of(bare)[MAIN].decode()
    assert "Trần Văn Sửa" in main
    assert "Không được phép sao" not in main


def test_lines_come_out_also_where_the_stamps_were_deleted_by_hand(changed, sample, tmp_path):
    def without_runs(old):
        root = etree.fromstring(old)
        for run in list(root.iter(w("r"))):
            if b"bmnn-mark:" in etree.tostring(run):
                run.getparent().remove(run)
        return etree.tostring(root)

    result, bare = unmark(changed(without_runs), tmp_path)
    assert (result.marks, result.lines) == ((), 2)
    assert canonical(parts_of(bare)[MAIN]) == canonical(parts_of(sample)[MAIN])


def test_a_mark_that_was_moved_is_refused(changed, tmp_path):
    source = changed(lambda old: old.replace(b'relativeFrom="page"', b'relativeFrom="column"', 1))
    with pytest.raises(DocumentRefused, match=r"docx\.mark_moved"):
        unmark(source, tmp_path)
    assert not (tmp_path / "bare.docx").exists()


def test_a_mark_that_was_put_into_a_header_too_is_refused(marked, tmp_path, pack_members):
    parts = parts_of(marked)
    runs = etree.fromstring(parts[MAIN]).iter(w("r"))
    stamp = next(one for one in runs if b"bmnn-mark:level" in etree.tostring(one)).getparent()
    header = etree.Element(w("hdr"))
    header.append(stamp)
    parts["word/head.xml"] = etree.tostring(header)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = f'<Relationship Id="rIdH" Type="{office}/header" Target="head.xml"/>'
    rels = "word/_rels/document.xml.rels"
    parts[rels] = parts[rels].replace(b"</Rel", relation.encode() + b"</Rel")
    source = tmp_path / "header.docx"
    source.write_bytes(pack_members(parts))
    with pytest.raises(DocumentRefused, match=r"docx\.mark_moved"):
        unmark(source, tmp_path)


def test_a_numbered_copy_stays_what_it_is(sample, tmp_path, order):
    copy = mark(sample, tmp_path, order(copies=3))
    task = UnmarkTask(source=str(copy), target=str(tmp_path / "bare.docx"), work=str(tmp_path))
    with pytest.raises(DocumentRefused, match=r"marks\.is_numbered_copy"):
        confined.unmark_docx(task)
    assert not (tmp_path / "bare.docx").exists()


def test_a_marked_document_is_not_made_paper_where_its_marks_would_be_lost(marked, tmp_path, asked):
    target = tmp_path / "paper.pdf"
    task = MarkTask(source=str(marked), target=str(target), work=str(tmp_path), request=asked)
    with pytest.raises(DocumentRefused, match=r"marks\.already_marked"):
        docx_to_pdf(task, ignore_progress)
    assert not target.exists()


def line(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def body(*lines):
    xml = f'<w:document xmlns:w="{W}"><w:body>\n {"".join(lines)}\n</w:body></w:document>'
    return etree.fromstring(xml)


@pytest.mark.parametrize(
    "lines",
    [
        (line("Nơi nhận:"),),
        (line("Nơi nhận:"), line("- Lưu: VT.", "<w:sectPr/>"), line("Phụ lục")),
        ("<w:tbl><w:tr><w:tc>", line("Nơi nhận:"), line("- Lưu: VT."), "</w:tc></w:tr></w:tbl>"),
        (line("Nơi nhận:"), '<w:p><w:bookmarkStart w:id="7" w:name="a"/><w:r><w:t>- A;</w:t></w:r>'
         '<w:bookmarkEnd w:id="7"/></w:p>'),
    ],
    ids=["heading alone", "end of a section", "table cell", "bookmark of theirs"],
)  # fmt: skip
def test_lines_come_out_as_if_they_had_never_been_there(lines, order):
    root = body(*lines)
    before = etree.tostring(root, method="c14n")
    request = order(copies=5, drafter="Trần Thị Soạn", copying=Copying.FORBIDDEN)
    assert complete(root, request, PACK)
    starts = [one for one in root.iter(w("bookmarkStart")) if BOOKMARK in one.get(w("name"))]
    ids = [one.get(w("id")) for one in root.iter(w("bookmarkStart"))]
    assert len(starts) == 3
    assert len(set(ids)) == len(ids)
    assert all(len(one.get(w("name"))) <= 40 for one in starts)  # Word cuts longer names
    for one in reversed(find_lines(root).intact):
        take_out(one)
    assert etree.tostring(root, method="c14n") == before


def test_a_line_is_theirs_once_something_hangs_on_it(order):
    root = body(line("Nơi nhận:"), line("- Lưu: VT."))
    complete(root, order(drafter="Trần Thị Soạn"), PACK)
    added = next(one for one in root.iter(w("p")) if "soạn thảo" in text_of(one))
    etree.SubElement(added[-2], w("commentReference"))
    assert find_lines(root).intact == ()
    assert find_lines(root).edited == 1
