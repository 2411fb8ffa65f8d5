# SPDX-License-Identifier: Apache-2.0
"""The certificate of a mark says what was measured, also where that is not what the form asks."""

from dataclasses import replace

import pikepdf
import pytest

from bmnn_mark.documents.certificates import MarkSeen, certificate
from bmnn_mark.documents.findings import Measure, Part
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.proof import Pair
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.stamps.compose import level_mark
from bmnn_mark.stamps.samples import stamp_samples
from bmnn_mark.units import Mm, Point, Rect
from tests.documents.checking.conftest import PACK, PLACE, scaled

RULES = load_pack(PACK)
RIGHT = level_mark(RULES, Level.TUYET_MAT)


@pytest.fixture
def certified(first_page, tmp_path):
    """The certificate that the proof gives a drawing."""

    def run(drawing):
        mark = PlannedMark(
            kind=MarkKind.LEVEL, drawing=drawing, page=1, box=Rect.at(PLACE, drawing.size)
        )
        plan, target = MarkPlan(marks=(mark,)), tmp_path / "marked.pdf"
        with open_pdf(first_page, DEFAULT_LIMITS, tmp_path) as opened:
            write_marked(opened, plan, target, mark_id="a", pack_id=PACK)
            pair = Pair(before=opened.path, after=target, sizes=opened.sizes, work=tmp_path)
        request = MarkRequest(level=Level.TUYET_MAT, pack=PACK)
        [placed] = prove_pdf(pair, plan, request=request)
        return placed.certificate

    return run


def test_every_stamp_of_the_rules_is_certified(tmp_path):
    blank, target = tmp_path / "blank.pdf", tmp_path / "marked.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595.276, 1190))
        pdf.save(blank)
    drawings = stamp_samples(load_pack("nd63-2026"))
    marks, y = [], Mm(8)
    for drawing in drawings:
        box = Rect.at(Point(Mm(20), y), drawing.size)
        marks.append(PlannedMark(kind=MarkKind.LEVEL, drawing=drawing, page=1, box=box))
        y += drawing.size.height + 3
    plan = MarkPlan(marks=tuple(marks))
    with open_pdf(blank, DEFAULT_LIMITS, tmp_path) as opened:
        write_marked(opened, plan, target, mark_id="a", pack_id="nd63-2026")
        pair = Pair(before=opened.path, after=target, sizes=opened.sizes, work=tmp_path)
    placed = prove_pdf(pair, plan, request=MarkRequest(level=Level.MAT, pack="nd63-2026"))
    off = {
        one.stamp: [part.part for part in one.certificate.measures if not part.holds]
        for one in placed
        if not one.certificate.holds
    }
    assert off == {}
    assert len(placed) == len(drawings) > 15


def measured(one):
    return {measure.part: measure for measure in one.measures}


def test_a_right_mark_holds_to_a_tenth_of_a_millimetre_and_two_percent_of_type(certified):
    one = certified(RIGHT)
    assert one.holds
    assert (one.stamp, one.pack, one.dpi, one.shade) == ("tuyet-mat", PACK, 600, (208, 2, 27))
    parts = measured(one)
    assert parts[Part.WIDTH].measured == pytest.approx(40, abs=0.1)
    assert parts[Part.GAP].measured == pytest.approx(1, abs=0.1)
    assert parts[Part.TEXT_SIZE].measured == pytest.approx(13, rel=0.02)
    assert (parts[Part.WIDTH].figure, parts[Part.WIDTH].provenance) == ("tuyet-mat.size", "read")
    assert "Mẫu 02" in parts[Part.WIDTH].source


def test_the_clearance_of_the_type_is_told_as_nominal(certified):
    clearance = measured(certified(RIGHT))[Part.CLEARANCE]
    assert clearance.nominal
    assert clearance.required == 2
    assert clearance.measured < 1.9


def test_a_mark_of_another_size_does_not_hold(certified):
    one = certified(scaled(RIGHT, 0.95))
    assert not one.holds
    assert measured(one)[Part.WIDTH].fails
    assert measured(one)[Part.WIDTH].measured == pytest.approx(38, abs=0.05)


def test_what_two_engines_do_not_agree_on_is_not_measured():
    seen = MarkSeen(
        box=Rect.of(30, 45, 40, 8), frame=None, sizes=(13.0,), ink=None, shade=None
    )  # fmt: skip
    other = replace(seen, box=Rect.of(30, 45, 40.2, 8))
    parts = measured(certificate("tuyet-mat", RULES, 1, [seen, other], dpi=600))
    assert parts[Part.WIDTH].measured is None
    assert not parts[Part.WIDTH].holds
    assert not parts[Part.WIDTH].fails
    assert parts[Part.HEIGHT].holds


@pytest.mark.parametrize(
    ("found", "holds", "fails"), [(30.05, True, False), (30.25, False, False), (30.5, False, True)]
)
def test_an_unsure_figure_is_neither_right_nor_wrong(found, holds, fails):
    one = Measure(
        figure="toi-mat.size", part=Part.WIDTH, required=30, measured=found, tolerance=0.1,
        uncertainty=0.2, provenance="read", source="",
    )  # fmt: skip
    assert (one.holds, one.fails) == (holds, fails)


def test_what_is_no_stamp_of_the_rules_has_no_certificate():
    seen = MarkSeen(box=Rect.of(0, 0, 20, 20), frame=None, sizes=(), ink=None, shade=None)
    assert certificate("page-code", RULES, 1, [seen], dpi=600) is None
