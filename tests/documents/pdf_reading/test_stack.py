# SPDX-License-Identifier: Apache-2.0
"""The marks of a document's later life on page 1, and those of a bản sao."""

from __future__ import annotations

import itertools
import random
from datetime import date

import pytest

from bmnn_mark.documents.model import MarkKind, Relevelling, Reproduction, ReproductionKind
from bmnn_mark.errors import DocumentRefused, RulesRefused
from bmnn_mark.rules import Level, Urgency
from bmnn_mark.units import Mm, Point, Rect

DAY = date(2027, 1, 31)
CHANGE = Relevelling(old=Level.TUYET_MAT, since=DAY)
COPY = Reproduction(
    kind=ReproductionKind.SAO_Y,
    made_on=DAY,
    number=2,
    quantity=5,
    recipient="Sở Ví Dụ",
    authority="GIÁM ĐỐC",
    signer="Người Mẫu",
)
LIFE = {
    "term": DAY,
    "extended": DAY,
    "relevelling": CHANGE,
    "declassified": DAY,
    "recall": DAY,
}
ORDER = [
    MarkKind.LEVEL,
    MarkKind.URGENCY,
    MarkKind.TERM,
    MarkKind.EXTENSION,
    MarkKind.RELEVELLING,
    MarkKind.DECLASSIFICATION,
    MarkKind.RECALL,
]


def _ink(*boxes: Rect) -> bytes:
    return b" ".join(
        b"0 0 0 rg %.3f %.3f %.3f %.3f re f"
        % (box.x.pt, 841.89 - box.bottom.pt, box.width.pt, box.height.pt)
        for box in boxes
    )


def _codes(plan):
    return [notice.code for notice in plan.notices]


@pytest.fixture
def refusal_of(plan_of):
    def run(path, **fields):
        with pytest.raises(DocumentRefused) as refusal:
            plan_of(path, **fields)
        return refusal.value

    return run


def test_the_marks_are_stacked_in_one_order_two_millimetres_apart(make_pdf, plan_of):
    plan = plan_of(make_pdf((b"", {})), urgency=Urgency.KHAN, **LIFE)
    assert [mark.kind for mark in plan.marks] == ORDER
    assert not any(mark.displaced for mark in plan.marks)
    for above, below in itertools.pairwise(plan.marks):
        assert below.box.x == above.box.x == 30
        assert below.box.y - above.box.bottom == pytest.approx(2.0, abs=1e-9)


@pytest.mark.parametrize("one", LIFE)
def test_a_mark_alone_stands_directly_below_the_level(make_pdf, plan_of, one):
    level, mark = plan_of(make_pdf((b"", {})), **{one: LIFE[one]}).marks
    assert (mark.box.x, mark.box.y) == (30, pytest.approx(45 + 8 + 2))
    assert mark.box.size == mark.drawing.size
    assert level.kind is MarkKind.LEVEL


def test_the_stack_follows_the_level_when_that_is_moved(make_pdf, plan_of):
    taken = Rect.of(30, 40, 40, 30)
    level, term = plan_of(make_pdf((_ink(taken), {})), term=DAY).marks
    assert level.displaced
    assert not term.displaced
    assert term.box.y == pytest.approx(level.box.bottom + 2)
    placed = plan_of(make_pdf((b"", {})), recall=DAY, at=Point(Mm(60), Mm(100))).marks
    assert [mark.box.corner for mark in placed] == [Point(Mm(60), Mm(100)), Point(Mm(60), Mm(110))]


def test_a_wide_mark_that_hits_the_title_goes_alone_to_the_nearest_place(make_pdf, plan_of):
    title = Rect.of(75, 54, 100, 60)  # right of the column, from below the level on
    plan = plan_of(make_pdf((_ink(title), {})), term=DAY, declassified=DAY)
    level, term, end = plan.marks
    assert not level.displaced
    assert term.displaced
    assert term.box.x == 30, "above in its own column"
    assert term.box.bottom < level.box.y
    assert not end.displaced, "a narrow one stays where the stack goes on"
    assert end.box.y == pytest.approx(level.box.bottom + 2)
    (notice,) = [one for one in plan.notices if one.code == "marks.displaced"]
    assert notice.detail["mark"] == "thoi-han"


def test_a_mark_goes_over_to_the_right_column_where_only_that_is_free(make_pdf, plan_of):
    left = [Rect.of(0, 0, 112, 43), Rect.of(0, 55, 112, 100), Rect.of(112, 70, 98, 90)]
    plan = plan_of(make_pdf((_ink(*left), {})), term=DAY)
    level, term = plan.marks
    assert not level.displaced
    assert term.box.x >= 112
    assert not any(term.box.overlaps(box) for box in left)


def test_no_room_is_refused_with_the_marks_name(make_pdf, refusal_of):
    lines = [Rect.of(0, y, 210, 2) for y in range(56, 297, 8)]
    refusal = refusal_of(make_pdf((_ink(Rect.of(0, 0, 210, 43), *lines), {})), extended=DAY)
    assert refusal.code == "marks.no_room"
    assert refusal.detail["mark"] == "gia-han"


def test_a_reason_lets_a_stacked_mark_cover_ink(make_pdf, plan_of):
    path = make_pdf((_ink(Rect.of(0, 0, 210, 43), Rect.of(0, 55, 210, 200)), {}))
    plan = plan_of(path, term=DAY, allow_overlap="no other place")
    assert [mark.displaced for mark in plan.marks] == [False, False]
    (notice,) = [one for one in plan.notices if one.code == "marks.over_ink"]
    assert notice.detail["mark"] == "thoi-han"


def test_a_black_number_keeps_off_ink_even_where_marks_may_cover_it(make_pdf, plan_of):
    path = make_pdf((_ink(Rect.of(100, 0, 110, 14)), {}))
    plan = plan_of(path, copies=3, allow_overlap="letterhead")
    (number,) = [one for one in plan.marks if one.kind is MarkKind.COPY_NUMBER]
    assert number.displaced
    assert number.box.y >= 14
    assert not [one for one in plan.notices if one.code == "marks.over_ink"]


def test_a_mark_that_has_to_move_cuts_no_letter_while_a_clean_place_is_free(make_pdf, plan_of):
    taken = Rect.of(0, 55, 210, 20)
    letter = Rect.of(70, 77.5, 2, 1)  # under half a hundredth of the nearest free place
    path = make_pdf((_ink(taken, letter), {}))
    _, recall = plan_of(path, recall=DAY).marks
    assert recall.displaced
    assert not recall.box.overlaps(letter)
    assert recall.box.y > taken.bottom


def test_real_papers_take_each_mark_of_their_later_life(papers, plan_of):
    for name, (field, value) in itertools.product(("plan", "letter"), LIFE.items()):
        plan = plan_of(papers[name], **{field: value})
        assert len(plan.marks) == 2
        assert not plan.marks[0].box.overlaps(plan.marks[1].box)


def test_corners_of_the_marks_size_keep_its_place_for_the_hand(make_pdf, plan_of):
    path = make_pdf((b"", {}))
    (level,) = plan_of(path).marks
    plan = plan_of(path, frame=True, term=DAY)
    guide, term = plan.marks
    assert (guide.kind, guide.box) == (MarkKind.LEVEL_GUIDE, level.box)
    assert term.box.y == pytest.approx(level.box.bottom + 2)
    (notice,) = [one for one in plan.notices if one.code == "marks.by_hand"]
    assert notice.detail == {"level": "toi-mat"}


def test_a_scan_that_bears_its_mark_gets_only_that_of_the_act(make_pdf, plan_of):
    stamped = Rect.of(30, 44, 30, 8)
    plan = plan_of(make_pdf((_ink(stamped), {})), level_there=True, declassified=DAY)
    (end,) = plan.marks
    assert end.kind is MarkKind.DECLASSIFICATION
    assert end.box.x == 30
    assert 53 <= end.box.y <= 56
    assert "marks.old_level_stays" in _codes(plan)


def test_a_level_in_words_is_not_doubled_by_a_later_act(papers, plan_of, refusal_of):
    plan = plan_of(papers["typed"], declassified=DAY)
    assert [mark.kind for mark in plan.marks] == [MarkKind.DECLASSIFICATION]
    changed = Relevelling(old=Level.TOI_MAT, since=DAY)
    plan = plan_of(papers["typed"], level=Level.MAT, relevelling=changed)
    assert [mark.kind for mark in plan.marks] == [MarkKind.RELEVELLING]
    other = Relevelling(old=Level.TUYET_MAT, since=DAY)
    assert refusal_of(papers["typed"], level=Level.MAT, relevelling=other).detail == {
        "found": "toi-mat", "asked": "mat",
    }  # fmt: skip
    assert refusal_of(papers["typed"], term=DAY).code == "marks.foreign_double"


def test_a_later_act_follows_the_rules_of_its_own_day(make_pdf, plan_of):
    path = make_pdf((b"", {}))
    plan = plan_of(path, act_pack="nd63-2026", declassified=DAY)
    (notice,) = [one for one in plan.notices if one.code == "marks.act_rules"]
    assert notice.detail == {"pack": "nd63-2026"}
    assert "marks.act_rules" not in _codes(plan_of(path, declassified=DAY))


def test_a_ban_sao_has_its_number_on_page_1_and_its_stamp_on_the_last(make_pdf, plan_of):
    body = Rect.of(30, 20, 165, 120)
    path = make_pdf((b"", {}), (_ink(body), {}), (_ink(body), {}))
    number, stamp = plan_of(path, reproduction=COPY).marks[1:]
    assert (number.kind, number.page, stamp.kind, stamp.page) == (
        MarkKind.REPRODUCTION_NUMBER, 1, MarkKind.REPRODUCTION, 3,
    )  # fmt: skip
    assert number.box.y == pytest.approx(8)
    assert number.box.right == pytest.approx(195, abs=0.01)
    assert stamp.box.x == 30
    assert stamp.box.y == pytest.approx(body.bottom + 2, abs=0.3)
    assert number.slot is None


def test_a_paper_of_one_page_bears_both(papers, plan_of):
    plan = plan_of(papers["plan"], reproduction=COPY)
    assert [mark.page for mark in plan.marks] == [1, 1, 1]
    stamp = plan.marks[-1]
    assert stamp.kind is MarkKind.REPRODUCTION
    assert not any(stamp.box.overlaps(mark.box) for mark in plan.marks[:-1])


def test_what_may_not_be_copied_gets_no_marks_of_a_ban_sao(papers, plan_of):
    with pytest.raises(RulesRefused) as refusal:
        plan_of(papers["stated"], reproduction=COPY)
    assert refusal.value.code == "noi_nhan.copying_forbidden"


def test_the_blank_room_of_a_signature_is_not_taken_for_free(make_pdf, plan_of):
    title, name = Rect.of(120, 100, 40, 5), Rect.of(120, 190, 40, 5)  # a tall gap between
    stamp = plan_of(make_pdf((_ink(title, name), {})), reproduction=COPY).marks[-1]
    assert stamp.box.y >= name.bottom


def test_a_footer_is_not_the_end_of_the_content(make_pdf, plan_of):
    page = _ink(Rect.of(30, 20, 165, 100), Rect.of(100, 284, 10, 4))
    stamp = plan_of(make_pdf((page, {})), reproduction=COPY).marks[-1]
    assert stamp.box.y == pytest.approx(122, abs=0.3)


@pytest.mark.parametrize("end", [240, 262, 275, 290])
def test_a_full_last_page_is_refused_for_the_stamp(make_pdf, refusal_of, plan_of, end):
    path = make_pdf((b"", {}), (_ink(Rect.of(30, 20, 165, end - 20)), {}))
    refusal = refusal_of(path, reproduction=COPY)
    assert (refusal.code, refusal.detail["mark"]) == ("marks.no_room", "ban-sao")
    assert refusal.detail["page"] == 2
    stamp = plan_of(path, reproduction=COPY, allow_overlap="no other place").marks[-1]
    assert Rect.of(5, 5, 200, 287.01).contains(stamp.box)


@pytest.mark.parametrize("seed", range(20))
def test_marks_lie_on_the_sheet_apart_from_one_another_and_from_ink(make_pdf, plan_of, seed):
    chance = random.Random(seed)
    taken = [
        Rect.of(
            chance.uniform(0, 180), chance.uniform(0, 270),
            chance.uniform(2, 50), chance.uniform(2, 20),
        )
        for _ in range(chance.randint(0, 7))
    ]  # fmt: skip
    asked = {name: value for name, value in LIFE.items() if chance.random() < 0.6}
    copies = chance.random() < 0.5
    more = {"copies": 9} if copies else {"reproduction": COPY}
    outcome = "planned"
    marks = ()
    try:
        marks = plan_of(
            make_pdf((_ink(*taken), {})), urgency=Urgency.KHAN, frame=seed % 2 == 0, **asked, **more
        ).marks
    except DocumentRefused as refusal:
        outcome = refusal.code
    assert outcome in {"planned", "marks.no_room"}
    assert outcome == "marks.no_room" or len(marks) == len(asked) + (3 if copies else 4)
    for mark in marks:
        assert Rect.of(5, 5, 200, 287.01).contains(mark.box)
        assert not any(mark.box.grown(-0.5).overlaps(ink) for ink in taken if ink.height > 3)
    for one, other in itertools.combinations(marks, 2):
        assert not one.box.grown(0.99).overlaps(other.box)
