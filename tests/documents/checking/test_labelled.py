# SPDX-License-Identifier: Apache-2.0
"""The rarer stamps of ours: each measured on the page, and told where only a label is there."""

from dataclasses import replace

import pikepdf
import pytest

from bmnn_mark.documents.model import MarkKind
from bmnn_mark.rules import Level, StampId, load_pack
from bmnn_mark.stamps.compose import level_mark, rehearsal_overlay
from bmnn_mark.stamps.samples import stamp_sample
from bmnn_mark.units import Mm, Point, Size
from tests.documents.checking.conftest import Drawn, amiss, changed_rule

PACK = load_pack("tt24-2020")
KINDS = {
    StampId.COPY_NUMBER: MarkKind.COPY_NUMBER,
    StampId.TERM: MarkKind.TERM,
    StampId.EXTENSION: MarkKind.EXTENSION,
    StampId.RELEVELLING: MarkKind.RELEVELLING,
    StampId.DECLASSIFICATION: MarkKind.DECLASSIFICATION,
    StampId.RECALL: MarkKind.RECALL,
    StampId.REPRODUCTION_NUMBER: MarkKind.REPRODUCTION_NUMBER,
    StampId.REPRODUCTION: MarkKind.REPRODUCTION,
}
ABOUT = ("mark", "label")


@pytest.fixture
def blank(tmp_path):
    path = tmp_path / "blank.pdf"
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595.276, 841.89))
    pdf.save(path)
    return path


def below_one_another(pack):
    """Every stamp down a page."""
    drawn, y = [], 10.0
    for stamp, kind in KINDS.items():
        drawing = stamp_sample(pack, stamp)
        drawn.append(Drawn(drawing, Point(Mm(30), Mm(y)), kind))
        y += drawing.size.height + 5
    return drawn


def test_every_rarer_stamp_has_its_certificate(stamped, check, blank):
    result = check(stamped(*below_one_another(PACK), paper=blank, labels=True))
    assert amiss(result, *ABOUT) == set()
    assert {one.stamp for one in result.certificates} == set(KINDS)
    for one in result.certificates:
        assert one.holds, one
        rows = [measure for measure in one.measures if measure.part.value == "row-text-size"]
        assert bool(rows) is (PACK.stamps[one.stamp].row_text_size is not None)


def test_of_a_rehearsal_s_copy_what_cannot_be_read_is_not_called_wrong(stamped, check, first_page):
    overlay = rehearsal_overlay(Size(Mm(210), Mm(297)), ())
    marks = [
        Drawn(level_mark(PACK, Level.MAT)),
        Drawn(stamp_sample(PACK, StampId.COPY_NUMBER), Point(Mm(160), Mm(8)), MarkKind.COPY_NUMBER),
        Drawn(overlay, Point(Mm(0), Mm(0)), MarkKind.REHEARSAL),
    ]
    result = check(stamped(*marks, paper=first_page, labels=True))
    codes = {one.code for one in result.findings}
    assert "finding.rehearsal" in codes
    assert not {one for one in codes if one.startswith(("finding.noi_nhan", "finding.page_number"))}
    assert "finding.label_disagrees" not in codes


def test_a_label_of_which_the_page_shows_nothing_like_it_is_told(stamped, check, blank):
    liar = replace(stamp_sample(PACK, StampId.RECALL), name=StampId.TERM.value)
    huge = replace(liar, size=replace(liar.size, width=Mm(170), height=Mm(200)))
    for drawing in (liar, huge):
        path = stamped(Drawn(drawing, kind=MarkKind.TERM), paper=blank, labels=True)
        result = check(path)
        assert not result.certificates
        [found] = [one for one in result.findings if one.code == "finding.label_disagrees"]
        assert (found.page, found.detail) == (1, {"mark": "thoi-han"})


def test_a_rarer_stamp_that_is_not_as_the_rules_have_it_is_no_right_one(stamped, check, blank):
    other = stamp_sample(changed_rule("giai-mat", gap=Mm(0.5)), StampId.DECLASSIFICATION)
    path = stamped(Drawn(other, kind=MarkKind.DECLASSIFICATION), paper=blank, labels=True)
    result = check(path)
    [certificate] = result.certificates
    assert not certificate.holds
    assert "finding.mark_gap" in {one.code for one in result.findings}
