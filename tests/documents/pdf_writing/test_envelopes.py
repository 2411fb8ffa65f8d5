# SPDX-License-Identifier: Apache-2.0
"""Envelopes: what each bears, what it must not say, and that nothing runs into anything."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pypdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageChops

from bmnn_mark.documents.envelopes import (
    Envelope,
    EnvelopeLayer,
    EnvelopeSize,
    EnvelopeTask,
)
from bmnn_mark.documents.model import MarkKind, MarkRequest
from bmnn_mark.documents.pdf.envelope import lay_out, make_envelopes
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Level, Urgency, load_pack
from bmnn_mark.units import Mm, Rect

PACK = "nd63-2026"
LETTER = Envelope(
    sender="SỞ XÂY DỰNG TỈNH VÍ DỤ",
    sender_address="Số 12 đường Trần Phú, tỉnh Ví Dụ",
    number_sign="12/BC-SXD",
    addressee="Ủy ban nhân dân tỉnh Ví Dụ",
    person="Đồng chí Nguyễn Văn Mẫu",
    address="Số 1 đường Lê Lợi, phường Trung Tâm, tỉnh Ví Dụ",
)
SYMBOLS = {Level.TUYET_MAT: "ky-hieu-a", Level.TOI_MAT: "ky-hieu-b", Level.MAT: "ky-hieu-c"}
ALL = [
    *itertools.product([EnvelopeLayer.INNER, EnvelopeLayer.OUTER], [Level.TUYET_MAT], EnvelopeSize),
    *itertools.product([EnvelopeLayer.SOLE], [Level.TOI_MAT, Level.MAT], EnvelopeSize),
]


def task(tmp_path, layer, level, size, *letters, urgency=None):
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return EnvelopeTask(
        target=str(tmp_path / "bi.pdf"),
        work=str(work),
        layer=layer,
        size=size,
        envelopes=letters or (LETTER,),
        request=MarkRequest(level=level, pack=PACK, urgency=urgency),
    )


def words_of(path, page=0):
    return " ".join(pypdf.PdfReader(path).pages[page].extract_text().split())


@pytest.mark.parametrize(("layer", "level", "size"), ALL)
def test_an_envelope_of_any_size_bears_what_it_must(tmp_path, layer, level, size):
    marks = lay_out(task(tmp_path, layer, level, size, urgency=Urgency.THUONG_KHAN))
    stamps = [one.drawing.name for one in marks if one.kind is not MarkKind.ENVELOPE_TEXT]
    inner = layer is EnvelopeLayer.INNER
    assert stamps == (
        ["tuyet-mat", "thuong-khan", "boc-bi"] if inner else [SYMBOLS[level], "thuong-khan"]
    )
    sheet = Rect.of(0, 0, size.size.width, size.size.height).grown(-9)
    assert all(sheet.contains(one.box) for one in marks)
    for one, other in itertools.combinations(marks, 2):
        assert not one.box.overlaps(other.box)


def test_what_a_stranger_sees_says_neither_level_nor_person_nor_number(tmp_path):
    made = task(tmp_path, EnvelopeLayer.OUTER, Level.TUYET_MAT, EnvelopeSize.C5)
    result = make_envelopes(made)
    said = words_of(made.target)
    assert "A" in said.split()
    assert "Ủy ban nhân dân tỉnh Ví Dụ" in said
    for never in ("MẬT", "Mật", "mật", "Nguyễn Văn Mẫu", "12/BC-SXD", "CHỈ NGƯỜI"):
        assert never not in said
    assert {mark.kind for mark in result.marks} == {MarkKind.SYMBOL, MarkKind.ENVELOPE_TEXT}
    data = (tmp_path / "bi.pdf").read_bytes()
    assert b"tuyet-mat" not in data


def test_an_inner_envelope_says_all_that_the_decree_names(tmp_path):
    made = task(tmp_path, EnvelopeLayer.INNER, Level.TUYET_MAT, EnvelopeSize.DL)
    result = make_envelopes(made)
    said = words_of(made.target)
    for part in (
        "Số: 12/BC-SXD",
        "Nguyễn Văn Mẫu",
        "TUYỆT MẬT",
        "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ",
    ):
        assert part in said
    assert [mark.certificate is not None for mark in result.marks] == [
        mark.kind is not MarkKind.ENVELOPE_TEXT for mark in result.marks
    ]
    for one in result.marks:
        if one.certificate is not None:
            assert all(each.holds or each.nominal for each in one.certificate.measures)


def test_each_recipient_has_a_page_of_the_envelopes_size(tmp_path):
    other = replace(LETTER, addressee="Sở Y tế tỉnh Ví Dụ", address="")
    made = task(
        tmp_path, EnvelopeLayer.SOLE, Level.MAT, EnvelopeSize.C5, LETTER, other,
        urgency=Urgency.HOA_TOC,
    )  # fmt: skip
    result = make_envelopes(made)
    assert result.pages == 2
    document = pypdfium2.PdfDocument(made.target)
    for page, letter in enumerate((LETTER, other)):
        width, height = document[page].get_size()
        assert (Mm.from_pt(width), Mm.from_pt(height)) == (
            pytest.approx(229, abs=0.01), pytest.approx(162, abs=0.01),
        )  # fmt: skip
        assert letter.addressee in words_of(made.target, page)
        assert "CHỈ NGƯỜI" not in words_of(made.target, page)
    grey = ImageChops.invert(document[0].render(scale=2).to_pil().convert("L"))
    left, top, right, bottom = grey.getbbox()
    assert Mm.from_px(left, 144) > 9
    assert Mm.from_px(top, 144) > 9
    assert Mm.from_px(right, 144) < 220
    assert Mm.from_px(bottom, 144) < 153


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("addressee", {"addressee": "Ban quản lý dự án " * 20}),
        ("addressee", {"addressee": "K" * 60}),
        ("sender", {"sender": "K" * 60}),
        ("number-sign", {"number_sign": "K" * 60}),
        ("addressee", {"address": "đường rất dài " * 30}),
    ],
)
def test_a_text_that_does_not_fit_is_refused_never_shrunk(tmp_path, part, changed):
    letter = replace(LETTER, **changed)
    made = task(tmp_path, EnvelopeLayer.INNER, Level.TUYET_MAT, EnvelopeSize.DL, letter)
    with pytest.raises(DocumentRefused) as refusal:
        make_envelopes(made)
    assert refusal.value.code == "envelope.does_not_fit"
    assert refusal.value.detail == {"part": part, "page": 1, "size": "dl"}
    assert not (tmp_path / "bi.pdf").exists()


@pytest.mark.parametrize("field", ["sender", "addressee", "person", "address"])
def test_no_text_may_read_as_a_level(tmp_path, field):
    letter = replace(LETTER, **{field: "TỐI MẬT"})
    with pytest.raises(DocumentRefused) as refusal:
        lay_out(task(tmp_path, EnvelopeLayer.SOLE, Level.MAT, EnvelopeSize.C5, letter))
    assert refusal.value.code == "envelope.level_in_text"


NAMES = st.lists(
    st.sampled_from(["Sở", "Ban", "Phòng", "Ủy", "quyết", "nghị", "Ngữ"]), max_size=16
).map(" ".join)


@given(
    sender=NAMES.filter(bool), addressee=NAMES.filter(bool), address=NAMES, person=NAMES,
    which=st.sampled_from(ALL), urgency=st.sampled_from([None, *Urgency]),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_laid_out_is_whole_and_apart_or_refused(
    tmp_path, sender, addressee, address, person, which, urgency
):
    layer, level, size = which
    letter = replace(LETTER, sender=sender, addressee=addressee, address=address, person=person)
    code = "laid out"
    marks = ()
    try:
        marks = lay_out(task(tmp_path, layer, level, size, letter, urgency=urgency))
    except DocumentRefused as refusal:
        code = refusal.code
    assert code in {"laid out", "envelope.does_not_fit"}
    assert bool(marks) == (code == "laid out")
    sheet = Rect.of(0, 0, size.size.width, size.size.height).grown(-9)
    said = " ".join(run.text for mark in marks for run in mark.drawing.operations
                    if mark.kind is MarkKind.ENVELOPE_TEXT)  # fmt: skip
    assert not marks or (addressee in said and sender in said)
    assert all(sheet.contains(mark.box) for mark in marks)
    for one, other in itertools.combinations(marks, 2):
        assert not one.box.overlaps(other.box)


def test_the_pack_names_every_symbol():
    assert all(name in load_pack(PACK).stamps for name in SYMBOLS.values())
