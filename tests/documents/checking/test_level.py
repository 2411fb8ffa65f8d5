# SPDX-License-Identifier: Apache-2.0
"""The độ mật mark on papers of others: right ones pass, each fault has its own finding."""

import pikepdf
import pytest

from bmnn_mark.documents.model import MarkKind
from bmnn_mark.rules import Level, Urgency, load_pack
from bmnn_mark.stamps.compose import level_mark, urgency_mark
from bmnn_mark.stamps.symbols import corner_guide
from bmnn_mark.units import Mm, Point
from tests.documents.checking.conftest import PLACE, Drawn, amiss, changed_rule, scaled, scan

PACK = load_pack("tt24-2020")
ABOUT = ("level", "mark", "urgency")
RIGHT = level_mark(PACK, Level.TUYET_MAT)


def with_rule(**figures):
    return level_mark(changed_rule("tuyet-mat", **figures), Level.TUYET_MAT)


def other_words(text):
    return with_rule(wording=text)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("pack", ["tt24-2020", "nd63-2026"])
def test_a_right_mark_has_no_finding(stamped, check, level, pack):
    result = check(stamped(level_mark(load_pack(pack), level)), pack=pack, level=level)
    assert amiss(result, *ABOUT) == set()
    [certificate] = result.certificates
    assert certificate.stamp == level.value
    assert certificate.holds


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        (scaled(RIGHT, 0.9), {"mark_scaled"}),
        (scaled(RIGHT, 1.06), {"mark_scaled"}),
        (with_rule(text_size=11.0), {"mark_text_size"}),
        (with_rule(gap=Mm(0.5)), {"mark_gap"}),
        (with_rule(lines=1, gap=None), {"mark_lines"}),
        (level_mark(PACK, Level.TUYET_MAT, red=(0, 40, 160)), {"mark_colour"}),
        (level_mark(PACK, Level.TUYET_MAT, red=(0, 0, 0)), {"mark_colour"}),
        (Drawn(RIGHT, Point(Mm(140), Mm(60))), {"level_place"}),
        (Drawn(RIGHT, Point(Mm(30), Mm(281))), {"level_place"}),
        (other_words("Tuyệt Mật"), {"mark_wording"}),
        (other_words("TUYET MAT"), {"mark_wording"}),
        (level_mark(PACK, Level.MAT), {"level_wrong"}),
    ],
    ids=[
        "small", "large", "type", "gap", "line", "blue", "black", "right", "low", "case", "bare",
        "level",
    ],
)  # fmt: skip
def test_a_wrong_mark_has_exactly_its_finding(stamped, check, drawing, expected):
    result = check(stamped(drawing), level=Level.TUYET_MAT)
    assert amiss(result, *ABOUT) == expected


def test_a_wrong_size_is_told_with_what_was_asked(stamped, check):
    size = PACK.stamps["tuyet-mat"].size.value
    wide = type(size)(width=Mm(44), height=Mm(8))
    result = check(stamped(with_rule(size=wide)))
    [finding] = [one for one in result.findings if one.code == "finding.mark_size"]
    assert finding.detail["width"] == pytest.approx(44, abs=0.05)
    assert finding.detail["asked_width"] == 40
    assert "Mẫu 02" in finding.basis.source.text
    assert finding.box.x == pytest.approx(30, abs=0.1)


def test_no_mark_is_a_fault(first_page, check):
    assert amiss(check(first_page), *ABOUT) == {"level_missing"}


def test_a_place_kept_free_waits_for_the_hand_stamp(stamped, check):
    guide = Drawn(corner_guide(RIGHT.size), kind=MarkKind.LEVEL_GUIDE)
    assert amiss(check(stamped(guide, labels=True)), *ABOUT) == {"level_by_hand"}


def test_two_marks_are_one_too_many(stamped, check):
    second = Drawn(RIGHT, Point(Mm(30), Mm(70)))
    assert amiss(check(stamped(RIGHT, second)), *ABOUT) == {"level_double"}


def test_words_without_a_frame_are_no_mark(stamped, check):
    drawing = RIGHT.__class__(RIGHT.name, RIGHT.size, RIGHT.operations[-1:], RIGHT.ink)
    assert amiss(check(stamped(drawing)), *ABOUT) == {"level_words_only"}


def test_urgency_stands_below_the_level(stamped, check):
    urgency = urgency_mark(PACK, Urgency.HOA_TOC)
    right = Drawn(urgency, Point(PLACE.x, Mm(55)), MarkKind.URGENCY)
    assert amiss(check(stamped(RIGHT, right)), *ABOUT) == set()
    beside = Drawn(urgency, Point(Mm(80), Mm(60)), MarkKind.URGENCY)
    assert amiss(check(stamped(RIGHT, beside)), *ABOUT) == {"urgency_place"}


def test_a_label_whose_mark_is_not_seen_is_a_fault(stamped, check):
    path = stamped(RIGHT, labels=True)
    assert amiss(check(path), *ABOUT, "label") == set()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        part = pdf.pages[0].Contents[-1]
        part.write(part.read_bytes().replace(b" Do Q", b" Q"))
        pdf.save(path)
    assert amiss(check(path), *ABOUT, "label") == {"level_missing", "label_disagrees"}


@pytest.mark.parametrize(
    ("level", "askew"), [(Level.MAT, -1.8), (Level.TOI_MAT, 1.4), (Level.TUYET_MAT, 0.0)]
)
def test_the_scan_of_a_right_mark_is_read_and_measured(stamped, check, tmp_path, level, askew):
    path = scan(stamped(level_mark(PACK, level)), tmp_path / "scan.pdf", askew=askew)
    result = check(path, level=level)
    assert amiss(result, *ABOUT) == set()
    [certificate] = result.certificates
    assert certificate.stamp == level.value
    assert not any(one.fails for one in certificate.measures if not one.nominal)


def test_the_scan_of_a_small_mark_is_a_fault(stamped, check, tmp_path):
    path = scan(stamped(scaled(RIGHT, 0.9)), tmp_path / "scan.pdf", askew=0.8)
    assert amiss(check(path), *ABOUT) == {"mark_scaled"}


def test_a_scan_in_grey_does_not_tell_the_colour(stamped, check, tmp_path):
    path = scan(stamped(RIGHT), tmp_path / "scan.pdf", grey=True)
    [finding] = [one for one in check(path).findings if one.code.startswith("finding.mark")]
    assert finding.code == "finding.mark_unmeasured"
    assert finding.detail["what"] == "COLOUR"
