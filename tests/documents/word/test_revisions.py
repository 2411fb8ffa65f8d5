# SPDX-License-Identifier: Apache-2.0
"""Tracked changes are accepted as ISO/IEC 29500-1, 17.13.5 says, in every story."""

from __future__ import annotations

import re
import zipfile

import pytest
from lxml import etree

from bmnn_mark.documents.model import MarkTask
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.own_lines import text_of
from bmnn_mark.documents.word.paper import docx_to_pdf
from bmnn_mark.documents.word.parts import W, w
from bmnn_mark.documents.word.revisions import CHANGES, accept_changes, has_changes
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.worker import ignore_progress

_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def body(xml):
    return etree.fromstring(
        f'<w:document xmlns:w="{W}" xmlns:m="{_MATH}"><w:body>{xml}</w:body></w:document>'
    )


def run(text, tag="t"):
    return f"<w:r><w:{tag}>{text}</w:{tag}></w:r>"


def changed(tag, *inside):
    return f'<w:{tag} w:id="1" w:author="a">{"".join(inside)}</w:{tag}>'


def mark(tag):
    """The properties of a paragraph whose mark was changed so."""
    return f"<w:pPr><w:rPr>{changed(tag)}</w:rPr></w:pPr>"


def cell(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p>{run(text)}</w:p></w:tc>"


def accepted(xml):
    root = body(xml)
    accept_changes(root)
    assert not has_changes(root)
    assert not [one for one in root.iter(etree.Element) if "Range" in one.tag and "move" in one.tag]
    return root


def texts(root):
    return [text_of(one) for one in root.iter(w("p"))]


@pytest.mark.parametrize(
    ("xml", "wanted"),
    [
        pytest.param(
            f"<w:p>{run('a')}{changed('ins', run('b'))}{changed('del', run('c', 'delText'))}</w:p>",
            ["ab"], id="inserted and deleted",
        ),
        pytest.param(
            f"<w:p>{changed('ins', run('b'), changed('del', run('c', 'delText')))}</w:p>",
            ["b"], id="deleted again inside what was inserted",
        ),
        pytest.param(
            f"<w:p>{changed('moveFrom', run('c'))}</w:p><w:p>{changed('moveTo', run('c'))}</w:p>",
            ["", "c"], id="moved",
        ),
        pytest.param(
            '<w:p><w:moveFromRangeStart w:id="3" w:name="m"/>'
            f"{changed('moveFrom', run('c'))}<w:moveFromRangeEnd w:id=\"3\"/>{run('d')}</w:p>",
            ["d"], id="range of a move",
        ),
        pytest.param(
            f"<w:p>{mark('ins')}{run('a')}</w:p><w:p>{run('b')}</w:p>",
            ["a", "b"], id="inserted paragraph mark",
        ),
        pytest.param(
            f"<w:p>{mark('del')}{run('a')}</w:p><w:p>{mark('del')}{run('b')}</w:p>"
            f"<w:p>{run('c')}</w:p>",
            ["abc"], id="deleted paragraph marks join",
        ),
        pytest.param(
            f"<w:p>{mark('del')}{changed('del', run('a', 'delText'))}</w:p>"
            f"<w:tbl><w:tr>{cell('b')}</w:tr></w:tbl>",
            ["b"], id="deleted paragraph before a table",
        ),
        pytest.param(
            f"<w:tbl><w:tr>{cell('a')}</w:tr><w:tr><w:trPr>{changed('del')}</w:trPr>{cell('b')}"
            f"</w:tr><w:tr><w:trPr>{changed('ins')}</w:trPr>{cell('c')}</w:tr></w:tbl>",
            ["a", "c"], id="rows",
        ),
        pytest.param(
            f"<w:tbl><w:tr>{cell('a', changed('cellDel'))}{cell('b', changed('cellIns'))}</w:tr>"
            f"<w:tr>{cell('c', changed('cellDel'))}</w:tr></w:tbl>",
            ["b"], id="cells",
        ),
        pytest.param(
            f"<w:tbl><w:tr><w:trPr>{changed('del')}</w:trPr>{cell('a')}</w:tr></w:tbl><w:p/>",
            [""], id="a whole table",
        ),
        pytest.param(
            f"<w:p>{run('a')}</w:p>"
            '<w:customXmlDelRangeStart w:id="5"/><w:sdt><w:sdtPr/><w:sdtContent>'
            f'<w:customXmlDelRangeEnd w:id="5"/><w:p>{run("b")}</w:p></w:sdtContent></w:sdt>',
            ["a", "b"], id="a deleted content control leaves its content",
        ),
    ],
)  # fmt: skip
def test_the_text_is_what_a_person_would_read_after_accepting(xml, wanted):
    root = accepted(xml)
    assert texts(root) == wanted


@pytest.mark.parametrize("tag", [etree.QName(one).localname for one in CHANGES])
def test_no_kind_of_change_is_left(tag):
    accepted(f"<w:p><w:pPr>{changed(tag)}</w:pPr>{run('a')}</w:p>")
    accepted(f"<w:tbl><w:tr><w:tc><w:tcPr>{changed(tag)}</w:tcPr><w:p/></w:tc></w:tr></w:tbl>")


def test_new_formatting_stands():
    old = "<w:rPr><w:i/></w:rPr>"
    root = accepted(f"<w:p><w:r><w:rPr><w:b/>{changed('rPrChange', old)}</w:rPr></w:r></w:p>")
    properties = next(root.iter(w("rPr")))
    assert [one.tag for one in properties] == [w("b")]


def test_joined_paragraphs_have_the_properties_of_the_mark_that_stays():
    first = '<w:p><w:pPr><w:jc w:val="center"/><w:rPr><w:del/></w:rPr></w:pPr></w:p>'
    root = accepted(f'{first}<w:p><w:pPr><w:jc w:val="right"/></w:pPr>{run("b")}</w:p>')
    assert [one.get(w("val")) for one in root.iter(w("jc"))] == ["right"]


def test_a_merged_cell_stays_merged():
    merge = '<w:cellMerge w:id="1" w:vMerge="rest" w:vMergeOrig="cont"/>'
    shape = '<w:tcW w:w="5" w:type="dxa"/><w:vAlign w:val="top"/>'
    root = accepted(f"<w:tbl><w:tr>{cell('a', shape + merge)}</w:tr></w:tbl>")
    properties = next(root.iter(w("tcPr")))
    assert [etree.QName(one).localname for one in properties] == ["tcW", "vMerge", "vAlign"]
    assert properties.find(w("vMerge")).get(w("val")) == "restart"


def test_bookmarks_in_deleted_text_stay():
    place = '<w:bookmarkStart w:id="9" w:name="x"/>'
    root = accepted(f"<w:p>{changed('del', place, run('c', 'delText'))}</w:p>")
    assert [one.get(w("name")) for one in root.iter(w("bookmarkStart"))] == ["x"]


def test_a_deletion_inside_a_formula_is_left_to_word():
    root = body(f"<w:p><m:oMath><m:f><m:fPr><m:ctrlPr>{changed('del')}</m:ctrlPr></m:fPr></m:f>"
                "</m:oMath></w:p>")  # fmt: skip
    with pytest.raises(DocumentRefused, match=r"docx\.tracked_changes"):
        accept_changes(root)


def test_every_story_is_settled_and_deleted_notes_leave_the_file(edited):
    note = '<w:r><w:footnoteReference w:id="7"/></w:r>'
    kept = '<w:r><w:footnoteReference w:id="8"/></w:r>'
    story = f"<w:p>{changed('del', note)}{changed('ins', kept)}</w:p>"
    footnotes = "".join(
        f'<w:footnote w:id="{number}"><w:p>{run(text)}</w:p></w:footnote>'
        for number, text in ((7, "thôi"), (8, "còn"))
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = f'<Relationship Id="n1" Type="{office}/footnotes" Target="footnotes.xml"/>'
    path = edited(
        {
            "word/document.xml": lambda old: old.replace(b"<w:body>", b"<w:body>" + story.encode()),
            "word/header1.xml": lambda old: old.replace(
                b"</w:hdr>", f"<w:p>{changed('ins', run('x'))}</w:p></w:hdr>".encode()
            ),
            "word/footnotes.xml": f'<w:footnotes xmlns:w="{W}">{footnotes}</w:footnotes>'.encode(),
            "word/_rels/document.xml.rels": lambda old: old.replace(
                b"</Relationships>", relation.encode() + b"</Relationships>"
            ),
        }
    )
    opened = open_docx(path, DEFAULT_LIMITS, accept=True)
    assert [one.detail for one in opened.notices if one.code == "docx.changes_accepted"] == [
        {"count": 3}
    ]
    assert not any(has_changes(opened.package.root(one)) for one in opened.stories())
    assert b"th\xc3\xb4i" not in opened.package.members["word/footnotes.xml"].data()
    assert "còn".encode() in opened.package.members["word/footnotes.xml"].data()


def test_marked_and_printed_copies_are_as_accepted(with_body, tmp_path, order):
    source = with_body(
        f"<w:p>{run('Giữ lại.')}{changed('ins', run('Thêm vào.'))}"
        f"{changed('del', run('Bỏ đi.', 'delText'))}</w:p>"
    )
    task = MarkTask(
        source=str(source), target=str(tmp_path / "out.docx"), work=str(tmp_path),
        request=order(accept_changes=True),
    )  # fmt: skip
    result = mark_docx(task, ignore_progress)
    assert ("docx.changes_accepted", {"count": 2}) in [(o.code, o.detail) for o in result.notices]
    with zipfile.ZipFile(tmp_path / "out.docx") as archive:
        main = archive.read("word/document.xml").decode()
    assert "Giữ lại." in main
    assert "Thêm vào." in main
    assert not re.search(r"Bỏ đi|<w:(ins|del)\b", main)
    docx_to_pdf(
        MarkTask(source=str(source), target=str(tmp_path / "out.pdf"), work=str(tmp_path),
                 request=task.request),
        ignore_progress,
    )  # fmt: skip
    with pdfium_pages(tmp_path / "out.pdf") as pages:
        text = pages.document[0].get_textpage().get_text_range()
    assert "Giữ lại.Thêm vào." in text.replace("\r\n", " ")
    assert "Bỏ đi" not in text
