# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import random

import pikepdf
import pytest

from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf import code_place
from bmnn_mark.documents.pdf.text import text_lines
from bmnn_mark.documents.pdf.wording import is_number_row, level_read
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Copying, Level, Urgency, load_pack
from bmnn_mark.units import Mm, Point, Rect

CODE = "BM1:" + "0" * 63
A4_MM = Rect.of(0, 0, 210, 297)
PACK = load_pack("tt24-2020")


def _only(plan, kind, page=1):
    (mark,) = [one for one in plan.on_page(page) if one.kind is kind]
    return mark


def _codes(plan):
    return [notice.code for notice in plan.notices]


def _ink(*boxes: Rect) -> bytes:
    """Black boxes on an A4 page, given as displayed, mm."""
    return b" ".join(
        b"0 0 0 rg %.3f %.3f %.3f %.3f re f"
        % (box.x.pt, 841.89 - box.bottom.pt, box.width.pt, box.height.pt)
        for box in boxes
    )


@pytest.fixture
def refusal_of(plan_of):
    def run(path, **fields):
        with pytest.raises(DocumentRefused) as refusal:
            plan_of(path, **fields)
        return refusal.value

    return run


@pytest.fixture
def lines_of(opened):
    def run(path):
        with opened(path) as document, pdfium_pages(document.path) as engine:
            return {line.text: line.box for line in text_lines(engine, document.frames[0])}

    return run


def test_the_level_stands_at_the_margin_below_the_number(papers, plan_of, lines_of):
    mark = _only(plan_of(papers["plan"]), MarkKind.LEVEL)
    assert mark.drawing.name == "toi-mat"
    assert mark.box.x == pytest.approx(30, abs=0.3)
    assert mark.box.y == pytest.approx(lines_of(papers["plan"])["Số: 12/KH-SM"].bottom + 2)
    assert (mark.box.width, mark.box.height) == (30, 8)
    assert not mark.displaced


def test_urgency_stands_directly_below_the_level(papers, plan_of):
    plan = plan_of(papers["plan"], urgency=Urgency.THUONG_KHAN)
    level, urgency = _only(plan, MarkKind.LEVEL), _only(plan, MarkKind.URGENCY)
    assert urgency.box.x == level.box.x
    assert urgency.box.y - level.box.bottom == pytest.approx(2)


def test_a_subject_below_the_number_moves_the_level_down(papers, plan_of, lines_of):
    plan = plan_of(papers["letter"])
    mark = _only(plan, MarkKind.LEVEL)
    assert mark.displaced
    assert mark.box.x == pytest.approx(30, abs=0.3)
    assert 0.7 < mark.box.y - lines_of(papers["letter"])["V/v mẫu thử"].bottom < 2.5
    assert "marks.displaced" in _codes(plan)


def test_without_text_the_level_stands_where_the_pack_says(make_pdf, plan_of):
    mark = _only(plan_of(make_pdf((b"", {}))), MarkKind.LEVEL)
    assert (mark.box.x, mark.box.y) == (30, 45)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_places_are_those_of_the_displayed_page(make_pdf, plan_of, rotation):
    box = (0, 0, 841.89, 595.276) if rotation % 180 else (0, 0, 595.276, 841.89)
    keys = {"Rotate": rotation, "MediaBox": tuple(edge + 111 for edge in box)}
    plan = plan_of(make_pdf((b"", keys)), copies=3, code=CODE)
    assert _only(plan, MarkKind.LEVEL).box.corner == Point(Mm(30), Mm(45))
    number, code = _only(plan, MarkKind.COPY_NUMBER), _only(plan, MarkKind.PAGE_CODE)
    assert number.box.y == pytest.approx(8)
    assert number.box.right == pytest.approx(195, abs=0.01)
    assert code.box.x == pytest.approx(7)
    assert code.box.y == pytest.approx(265, abs=0.01)


def test_a_taken_slot_goes_down_its_column_first(make_pdf, plan_of):
    plan = plan_of(make_pdf((_ink(Rect.of(30, 50, 30, 20)), {})))
    mark = _only(plan, MarkKind.LEVEL)
    assert mark.displaced
    assert mark.box.x == 30
    assert 71 <= mark.box.y <= 72


def test_a_taken_column_goes_to_the_nearest_place_of_the_upper_left(make_pdf, plan_of):
    plan = plan_of(make_pdf((_ink(Rect.of(25, 40, 40, 100)), {})))
    mark = _only(plan, MarkKind.LEVEL)
    assert mark.displaced
    assert Rect.of(0, 0, 105, 148.5).contains(mark.box)
    assert not mark.box.grown(0.9).overlaps(Rect.of(25, 40, 40, 100))


def test_a_taken_quarter_goes_to_the_upper_third(make_pdf, plan_of):
    plan = plan_of(make_pdf((_ink(Rect.of(0, 0, 110, 160)), {})))
    mark = _only(plan, MarkKind.LEVEL)
    assert mark.box.x > 110
    assert mark.box.bottom <= 99


def test_a_full_page_is_refused_with_its_page_box_and_what_was_hit(make_pdf, refusal_of):
    refusal = refusal_of(make_pdf((_ink(*[Rect.of(0, y, 210, 3) for y in range(0, 297, 6)]), {})))
    assert refusal.code == "marks.no_room"
    assert refusal.detail == {
        "mark": "toi-mat", "page": 1, "x": 30, "y": 45, "width": 30, "height": 8, "hit": "ink",
    }  # fmt: skip


def test_an_asked_place_is_taken_or_refused_but_never_moved(make_pdf, plan_of, refusal_of):
    path = make_pdf((_ink(Rect.of(30, 50, 30, 20)), {}))
    free = plan_of(path, at=Point(Mm(100), Mm(2)))
    assert _only(free, MarkKind.LEVEL).box == Rect.of(100, 2, 30, 8)
    assert refusal_of(path, at=Point(Mm(30), Mm(50))).detail["hit"] == "ink"
    off = refusal_of(path, at=Point(Mm(190), Mm(50)))
    assert off.code == "marks.no_room"
    assert off.detail["hit"] == "edge"


def test_a_reason_allows_stamping_over_ink_and_is_noticed(make_pdf, plan_of, refusal_of):
    path = make_pdf((_ink(Rect.of(0, 0, 210, 297)), {}))
    assert refusal_of(path).code == "marks.no_room"
    plan = plan_of(path, allow_overlap="scan with a dark ground")
    assert _only(plan, MarkKind.LEVEL).box == Rect.of(30, 45, 30, 8)
    (notice,) = [one for one in plan.notices if one.code == "marks.over_ink"]
    assert notice.detail == {"mark": "toi-mat", "page": 1, "reason": "scan with a dark ground"}


def test_no_mark_goes_under_an_annotation(make_pdf, plan_of):
    path = make_pdf((b"", {}))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        form = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        form["/BBox"] = pikepdf.Array([0, 0, 10, 10])

        def note(subtype, y):
            return pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name(subtype),
                Rect=pikepdf.Array([85, 841.89 - Mm(y + 10).pt, 200, 841.89 - Mm(y).pt]),
                AP=pikepdf.Dictionary(N=form),
                Border=pikepdf.Array([0, 0, 0]),
            )

        pdf.pages[0].obj["/Annots"] = pikepdf.Array([note("/FreeText", 44), note("/Link", 56)])
        pdf.save(path)
    mark = _only(plan_of(path), MarkKind.LEVEL)
    assert mark.displaced
    assert 55 <= mark.box.y <= 56, "below the comment; a link draws nothing"


@pytest.mark.parametrize("size", [(100, 100), (60, 500), (841, 34)])
def test_a_page_too_small_for_the_mark_is_refused(make_pdf, refusal_of, size):
    refusal = refusal_of(make_pdf((b"", {"MediaBox": (0, 0, *size)})))
    assert refusal.code == "page.too_small"
    assert refusal.detail["page"] == 1


def test_a_small_later_page_cannot_take_a_code(make_pdf, refusal_of, plan_of):
    path = make_pdf((b"", {}), (b"", {"MediaBox": (0, 0, 60, 60)}))
    assert len(plan_of(path).marks) == 1
    refusal = refusal_of(path, copies=2, code=CODE)
    assert (refusal.code, refusal.detail["page"]) == ("page.too_small", 2)


def test_a_mark_typed_by_the_drafter_is_not_doubled(papers, plan_of, refusal_of):
    assert refusal_of(papers["typed"]).code == "marks.foreign_double"
    other = refusal_of(papers["typed"], level=Level.MAT, allow_overlap="checked")
    assert other.code == "marks.foreign_level"
    assert other.detail == {"found": "toi-mat", "asked": "mat"}
    assert "marks.foreign_mark" in _codes(plan_of(papers["typed"], allow_overlap="checked"))


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("TUYỆT MẬT", Level.TUYET_MAT),
        ("[ T Ố I  M Ậ T ]", Level.TOI_MAT),
        ("MẬT", Level.MAT),
        ("tèi mËt", Level.TOI_MAT),
        ("TOÁI MAÄT", Level.TOI_MAT),
        ("mật", None),
        ("Mật khẩu", None),
        ("Độ mật của tài liệu MẬT", None),
        ("BẢO MẬT", None),
    ],
)
def test_a_line_states_a_level_only_as_a_mark_does(line, level):
    assert level_read(line) is level


@pytest.mark.parametrize(
    ("line", "is_row"),
    [
        ("Số: 12/KH-SNV", True),
        ("Số : 12/KH-SNV", True),
        ("Số 12-QĐ/TU", True),
        ("SỐ: ……/BC", True),
        ("Sè: 15/Q§-UB", True),
        ("Soá: 15/QÑ-UB", True),
        ("Số lượng: 12", False),
        ("Số liệu năm 2025", False),
        ("Về số: 12", False),
    ],
)
def test_the_number_row_is_known_in_the_encodings_of_the_field(line, is_row):
    assert is_number_row(line) is is_row


@pytest.mark.parametrize(
    ("colour", "box", "noticed"),
    [
        (b"0.8 0 0.1 RG", Rect.of(40, 60, 30, 8), True),
        (b"0 0 0 RG", Rect.of(40, 60, 30, 8), False),
        (b"0.8 0 0.1 RG", Rect.of(40, 60, 36, 36), False),
        (b"0.8 0 0.1 RG", Rect.of(40, 200, 30, 8), False),
    ],
    ids=["like a stamp", "black", "a round seal's size", "lower part"],
)
def test_a_red_frame_like_a_stamp_is_noticed(make_pdf, plan_of, colour, box, noticed):
    corner = (box.x.pt, 841.89 - box.bottom.pt, box.width.pt, box.height.pt)
    path = make_pdf((colour + b" 2 w %.2f %.2f %.2f %.2f re S" % corner, {}))
    notices = [one for one in plan_of(path).notices if one.code == "marks.red_ink"]
    assert bool(notices) is noticed
    for one in notices:
        assert one.detail["x"] == pytest.approx(box.x, abs=2)
        assert one.detail["y"] == pytest.approx(box.y, abs=2)


def test_every_page_has_its_code_and_caption_with_slots(make_pdf, plan_of):
    plan = plan_of(make_pdf(*[(b"", {})] * 12), copies=120, code=CODE)
    assert [one.slot for one in plan.marks if one.kind is MarkKind.PAGE_CODE] == [
        f"code:{page}" for page in range(1, 13)
    ]
    captions = [one for one in plan.marks if one.kind is MarkKind.CAPTION]
    assert [one.slot for one in captions] == ["caption", None] * 12
    words = [run.text for one in plan.on_page(7) for run in one.drawing.operations
             if one.kind is MarkKind.CAPTION]  # fmt: skip
    assert words == ["Bản 120/120", "WWWWW-WWWWW", "Trang 7/12"]
    assert len({id(one.drawing) for one in captions if one.slot}) == 1
    assert _only(plan, MarkKind.COPY_NUMBER).slot == "copy-number"


def test_plain_marking_sets_no_number_and_no_code(make_pdf, plan_of):
    plan = plan_of(make_pdf((b"", {}), (b"", {})))
    assert [one.kind for one in plan.marks] == [MarkKind.LEVEL]


def _quiet(code) -> Rect:
    return code.box.grown(code_place.quiet_zone(code.box.width, PACK.page_code))


@pytest.mark.parametrize(
    ("taken", "corner"),
    [
        ([Rect.of(0, 230, 40, 67)], (183, 265)),
        ([Rect.of(0, 230, 210, 67)], (7, 12)),
        ([Rect.of(0, 230, 210, 67), Rect.of(0, 0, 60, 60)], (183, 12)),
    ],
)
def test_a_taken_corner_sends_the_code_to_the_next(make_pdf, plan_of, taken, corner):
    plan = plan_of(make_pdf((b"", {}), (_ink(*taken), {})), copies=2, code=CODE)
    code = _only(plan, MarkKind.PAGE_CODE, page=2)
    assert (code.box.x, code.box.y) == (pytest.approx(corner[0]), pytest.approx(corner[1]))
    assert code.displaced
    assert not any(_quiet(code).overlaps(box) for box in taken)
    (notice,) = [one for one in plan.notices if one.code == "marks.codes_displaced"]
    assert notice.detail == {"pages": 1}


def test_a_narrow_margin_gets_a_smaller_code_with_a_turned_caption(make_pdf, plan_of):
    body = Rect.of(25, 10, 185, 287)
    plan = plan_of(make_pdf((b"", {}), (_ink(body), {})), copies=2, code=CODE)
    code = _only(plan, MarkKind.PAGE_CODE, page=2)
    captions = [one for one in plan.on_page(2) if one.kind is MarkKind.CAPTION]
    assert 15 <= code.box.width < 20
    assert not _quiet(code).overlaps(body)
    assert {one.turn for one in captions} <= {0, 90}
    for one in captions:
        assert not one.box.overlaps(body)
        if one.turn:
            assert one.box.height == one.drawing.size.width


def test_a_code_in_the_left_margin_keeps_clear_of_the_punch_holes(make_pdf, plan_of):
    taken = [Rect.of(0, 190, 210, 107), Rect.of(30, 0, 180, 190), Rect.of(0, 0, 210, 60)]
    plan = plan_of(make_pdf((b"", {}), (_ink(*taken), {})), copies=2, code=CODE)
    code = _only(plan, MarkKind.PAGE_CODE, page=2)
    for hole in (Rect.of(9, 105.5, 6, 6), Rect.of(9, 185.5, 6, 6)):
        assert not code.box.overlaps(hole)
        for one in plan.on_page(2):
            assert not one.box.overlaps(hole)


def test_no_room_for_a_code_is_refused_for_its_page(make_pdf, refusal_of):
    lines = [Rect.of(0, y, 210, 3) for y in range(0, 297, 6)]
    refusal = refusal_of(make_pdf((b"", {}), (_ink(*lines), {})), copies=2, code=CODE)
    assert (refusal.code, refusal.detail["mark"]) == ("marks.no_room", "page-code")
    assert refusal.detail["page"] == 2


def test_the_rehearsal_lies_under_the_marks_and_leaves_them_room(make_pdf, plan_of):
    plan = plan_of(make_pdf((b"", {}), (b"", {"Rotate": 90})), copies=2, code=CODE, rehearsal=True)
    assert [one.kind for one in plan.marks[:2]] == [MarkKind.REHEARSAL] * 2
    for page in (1, 2):
        overlay, *marks = plan.on_page(page)
        assert overlay.box.size == overlay.drawing.size
        for mark in marks:
            kept = _quiet(mark) if mark.kind is MarkKind.PAGE_CODE else mark.box
            assert any(hole.contains(kept) for hole in overlay.drawing.holes)


def test_the_same_request_gives_the_same_plan(papers, plan_of):
    fields = {"copies": 5, "code": CODE, "drafter": "Người Mẫu", "copying": Copying.FORBIDDEN}
    assert plan_of(papers["plan"], **fields) == plan_of(papers["plan"], **fields)


@pytest.mark.parametrize("seed", range(25))
def test_marks_lie_on_the_sheet_apart_from_one_another_and_from_ink(make_pdf, plan_of, seed):
    chance = random.Random(seed)
    taken = [
        Rect.of(
            chance.uniform(0, 180), chance.uniform(0, 270),
            chance.uniform(2, 60), chance.uniform(2, 25),
        )
        for _ in range(chance.randint(0, 14))
    ]  # fmt: skip
    path = make_pdf((_ink(*taken), {}))
    try:
        plan = plan_of(path, copies=9, urgency=Urgency.KHAN, code=CODE)
    except DocumentRefused as refusal:
        codes = [refusal.code]
    else:
        codes = ["planned"]
        boxes = [_quiet(one) if one.slot == "code:1" else one.box for one in plan.marks]
        assert all(A4_MM.contains(box) for box in boxes)
        for one, other in itertools.combinations(boxes, 2):
            assert not one.grown(-0.01).overlaps(other)
        for box in boxes:
            shared = sum(
                max(0, min(box.right, ink.right) - max(box.x, ink.x))
                * max(0, min(box.bottom, ink.bottom) - max(box.y, ink.y))
                for ink in taken
            )
            assert shared <= 0.01 * box.width * box.height
    assert codes[0] in {"planned", "marks.no_room"}
