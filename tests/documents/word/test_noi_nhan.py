# SPDX-License-Identifier: Apache-2.0
"""The block Nơi nhận in a Word document: found, checked, completed in its own manner."""

from __future__ import annotations

import pytest
from lxml import etree

from bmnn_mark.documents.word.block import find_block, numbering_styles
from bmnn_mark.documents.word.noi_nhan import complete
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.own_lines import text_of
from bmnn_mark.documents.word.parts import W, w
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Copying, load_pack

PACK = load_pack("nd63-2026")
LINES = (
    "- Số lượng bản phát hành: 05;",
    "- Người soạn thảo: Trần Thị Soạn;",
    "- Không được phép sao, chụp.",
)


@pytest.fixture
def asked(order):
    return order(copies=5, drafter="Trần Thị Soạn", copying=Copying.FORBIDDEN)


def body(xml):
    return etree.fromstring(f'<w:document xmlns:w="{W}"><w:body>{xml}</w:body></w:document>')


def line(text, paragraph="", run=""):
    text = text.replace("\n", "</w:t><w:br/><w:t>")
    return f"<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def cell(*lines, row=""):
    cells = f"<w:tc>{''.join(lines)}</w:tc><w:tc>{line('GIÁM ĐỐC')}</w:tc>"
    return f"<w:tbl><w:tr>{row}{cells}</w:tr></w:tbl>"


def texts(root):
    return [text_of(one) for one in root.iter(w("p"))]


def test_completes_the_block_in_a_table_cell_after_its_last_line(asked):
    root = body(cell(line("Nơi nhận:"), line("- Như trên;"), line("- Lưu: VT."), line("")))
    assert complete(root, asked, PACK) is True
    assert texts(root) == ["Nơi nhận:", "- Như trên;", "- Lưu: VT.", *LINES, "", "GIÁM ĐỐC"]


def test_completes_a_block_of_paragraphs_and_stops_where_it_ends(asked):
    root = body(line("Nơi nhận:") + line("- Như trên;") + line("Phụ lục"))
    complete(root, asked, PACK)
    assert texts(root) == ["Nơi nhận:", "- Như trên;", *LINES, "Phụ lục"]


def test_new_lines_have_the_font_and_size_of_the_line_above(asked):
    run = '<w:rFonts w:ascii="Arial"/><w:sz w:val="23"/>'
    root = body(
        cell(line("Nơi nhận:", run="<w:b/>"), line("- Lưu: VT.", '<w:ind w:left="9"/>', run))
    )
    complete(root, asked, PACK)
    added = list(root.iter(w("p")))[2]
    assert added.find(f"{w('r')}/{w('rPr')}/{w('sz')}").get(w("val")) == "23"
    assert added.find(f"{w('pPr')}/{w('ind')}").get(w("left")) == "9"
    assert added.find(f"{w('r')}/{w('rPr')}/{w('b')}") is None


def test_below_a_bare_heading_lines_are_upright_at_11_pt(asked):
    root = body(line("Nơi nhận:", run='<w:b/><w:i/><w:sz w:val="24"/>'))
    complete(root, asked, PACK)
    properties = list(root.iter(w("p")))[1].find(f"{w('r')}/{w('rPr')}")
    assert properties.find(w("sz")).get(w("val")) == "22"
    assert [properties.find(w(tag)).get(w("val")) for tag in ("b", "i")] == ["0", "0"]


def test_automatic_bullets_replace_the_dash(asked):
    bullets = "<w:numPr/>"
    root = body(line("Nơi nhận:") + line("Như trên;", bullets) + line("Lưu: VT.", bullets))
    complete(root, asked, PACK)
    assert texts(root)[-3:] == [one.removeprefix("- ") for one in LINES]


def test_a_block_in_one_paragraph_is_read_line_by_line(asked):
    root = body(line("Nơi nhận:\n- Như trên;\n- Số lượng bản phát hành: 5.\n- Lưu: VT."))
    complete(root, asked, PACK)
    assert texts(root)[1:] == list(LINES[1:])


def test_statements_that_agree_are_not_repeated(asked):
    root = body(cell(line("Nơi nhận:"), *(line(one) for one in LINES)))
    before = etree.tostring(root)
    assert complete(root, asked, PACK) is False
    assert etree.tostring(root) == before


@pytest.mark.parametrize(
    ("stated", "about"),
    [
        ("- Số lượng bản phát hành: 06;", "copies"),
        ("- Số lượng bản: 50", "copies"),
        ("- Người soạn thảo: Lê Văn Khác.", "drafter"),
        ("- Được phép sao, chụp.", "copying"),
        ("- Được sao chụp", "copying"),
        ("- Việc sao, chụp do người ký quyết định", "copying"),
    ],
)
def test_a_statement_that_disagrees_is_a_refusal(asked, stated, about):
    root = body(cell(line("Nơi nhận:"), line(stated)))
    with pytest.raises(DocumentRefused) as caught:
        complete(root, asked, PACK)
    assert (caught.value.code, caught.value.detail["statement"]) == ("noi_nhan.disagrees", about)


def test_a_row_of_exact_height_has_no_room(asked):
    row = '<w:trPr><w:trHeight w:val="900" w:hRule="exact"/></w:trPr>'
    root = body(cell(line("Nơi nhận:"), row=row))
    before = etree.tostring(root)
    with pytest.raises(DocumentRefused, match=r"noi_nhan\.no_room_in_text"):
        complete(root, asked, PACK)
    assert complete(root, asked, PACK, else_on_paper=True) is None
    assert etree.tostring(root) == before


def test_a_text_box_has_no_room_but_is_read(asked):
    def boxed(*inside):
        return body(f"<w:p><w:r><w:txbxContent>{''.join(inside)}</w:txbxContent></w:r></w:p>")

    with pytest.raises(DocumentRefused, match=r"noi_nhan\.no_room_in_text"):
        complete(boxed(line("Nơi nhận:"), line("- Lưu: VT.")), asked, PACK)
    assert complete(boxed(line("Nơi nhận:"), *map(line, LINES)), asked, PACK) is False


@pytest.mark.parametrize(
    "head",
    ["Nơi nhận:", "NƠI NHẬN :", "Hà Nội./.\nNơi nhận:", "Nơi nhận:\t\tGIÁM ĐỐC"],
)
def test_knows_a_heading_by_any_of_its_forms(asked, head):
    root = body(line(head) + line("- Lưu: VT.") + line("PHỤ LỤC"))
    complete(root, asked, PACK)
    assert texts(root)[1:] == ["- Lưu: VT.", *LINES, "PHỤ LỤC"]


@pytest.mark.parametrize(
    "entries",
    [
        ["", "- Như trên;", "", "- Lưu: VT."],
        ["- Các phòng, ban,", "đơn vị trực thuộc;", "- Lưu VT.(Tú)"],
        ["– Như Điều 3;", "• UBND tỉnh;", "Lưu: VT, TH, 05b."],
        ["- Như trên;\t\t(Đã ký)", "- Lưu: VT.\t\tNguyễn Văn Ký"],
    ],
)
def test_a_block_of_paragraphs_ends_after_its_last_entry(asked, entries):
    root = body(line("Nơi nhận:") + "".join(map(line, entries)) + line("") + line("PHỤ LỤC I"))
    complete(root, asked, PACK)
    assert texts(root)[1:] == [*entries, *LINES, "", "PHỤ LỤC I"]


def test_a_heading_in_one_row_has_its_entries_in_the_next(asked):
    rows = "".join(
        f"<w:tr><w:tc>{left}</w:tc><w:tc>{line(right)}</w:tc></w:tr>"
        for left, right in (
            (line("Nơi nhận:") + line(""), "GIÁM ĐỐC"),
            (line("- Như trên;") + line("- Lưu: VT."), "Nguyễn Văn Ký"),
        )
    )
    root = body(f"<w:tbl>{rows}</w:tbl>")
    complete(root, asked, PACK)
    wanted = ["Nơi nhận:", "", "GIÁM ĐỐC", "- Như trên;", "- Lưu: VT.", *LINES, "Nguyễn Văn Ký"]
    assert texts(root) == wanted


def test_dashes_of_a_paragraph_style_are_not_typed_again(asked, edited):
    styles = (
        '<w:style w:type="paragraph" w:styleId="Gach"><w:pPr><w:numPr><w:numId w:val="1"/>'
        '</w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="GachCon">'
        '<w:basedOn w:val="Gach"/></w:style></w:styles>'
    )
    path = edited({"word/styles.xml": lambda old: old.replace(b"</w:styles>", styles.encode())})
    lists = numbering_styles(open_docx(path, DEFAULT_LIMITS))
    assert {"Gach", "GachCon"} <= lists
    entry = line("Văn phòng", '<w:pStyle w:val="GachCon"/>')
    root = body(line("Nơi nhận:") + entry + line("PHỤ LỤC"))
    complete(root, asked, PACK, lists)
    assert texts(root)[2:] == [*(one.removeprefix("- ") for one in LINES), "PHỤ LỤC"]


def test_new_lines_have_the_type_of_the_entry_and_not_of_the_signature_behind_it(asked):
    entry = (
        "<w:p><w:r><w:rPr><w:sz w:val='22'/></w:rPr><w:t>- </w:t></w:r>"
        "<w:r><w:rPr><w:sz w:val='22'/></w:rPr><w:t>Lưu: VT.</w:t></w:r>"
        "<w:r><w:rPr><w:b/><w:sz w:val='28'/></w:rPr><w:tab/><w:t>Nguyễn Văn Ký</w:t></w:r></w:p>"
    )
    root = body(line("Nơi nhận:") + entry)
    complete(root, asked, PACK)
    added = list(root.iter(w("p")))[2]
    assert [one.get(w("val")) for one in added.iter(w("sz"))] == ["22"]
    assert not list(added.iter(w("b")))


def test_without_a_block_nothing_is_written_unless_one_is_required(asked, order):
    root = body(line("Nơi nhận hồ sơ là bộ phận một cửa."))
    assert complete(root, asked, PACK) is None
    assert find_block(root) is None
    with pytest.raises(DocumentRefused, match=r"noi_nhan\.required"):
        complete(root, order(require_noi_nhan=True), PACK)


def test_only_lines_with_a_given_value_are_added(order):
    root = body(line("Nơi nhận:"))
    complete(root, order(copying=Copying.ALLOWED), PACK)
    assert texts(root)[1:] == ["- Được phép sao, chụp."]


def test_a_section_that_ended_with_the_block_still_does(asked):
    root = body(line("Nơi nhận:") + line("- Lưu: VT.", "<w:sectPr/>") + line("Phụ lục"))
    complete(root, asked, PACK)
    holders = [
        one for one in root.iter(w("p")) if one.find(f"{w('pPr')}/{w('sectPr')}") is not None
    ]
    assert [text_of(one) for one in holders] == [LINES[-1]]
