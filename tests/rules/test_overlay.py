# SPDX-License-Identifier: Apache-2.0
"""Figures that an officer confirmed: written, read, checked, put in the place of shipped ones."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bmnn_mark import plain
from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import AgencyFigure, Level, Provenance, load_pack, pack_for, pack_ids
from bmnn_mark.rules.overlay import (
    Confirmation,
    changed_figures,
    parse_overlay,
    read_overlay,
    value_text,
    write_overlay,
    written,
)
from bmnn_mark.rules.values import parse_value, show_value

PACK = "nd63-2026"


def figure(path: str, value: object, pack: str = PACK) -> AgencyFigure:
    return AgencyFigure(
        pack=pack,
        figure=path,
        value=json.dumps(value),
        instrument="Công văn 2663/VPCP-NC",
        clause="Phụ lục, Mẫu 02",
        on=date(2026, 11, 22),
    )


def confirmed(path: str, value: object, pack: str = PACK) -> Confirmation:
    return Confirmation(figure=figure(path, value, pack), by="Trần Thị Ba")


@pytest.mark.parametrize("pack_id", pack_ids())
def test_every_value_of_a_pack_is_shown_as_it_may_be_typed(pack_id):
    for path, one in load_pack(pack_id).figures():
        typed = parse_value(path, type(one), show_value(one))
        assert json.loads(value_text(typed)) == json.loads(value_text(one.value)), path


@pytest.mark.parametrize(
    ("path", "typed", "value"),
    [
        ("toi-mat.size", "32,5 × 8", {"width": 32.5, "height": 8.0, "least_width": None}),
        ("ban-so.size", ">=25 x *", {"width": None, "height": None, "least_width": 25.0}),
        ("toi-mat.bold", "Không", False),
        ("toi-mat.ink", "đỏ", "red"),
        ("margins.top", "20-25", {"least": 20.0, "most": 25.0}),
        ("validity.first", "2026-03-02", "2026-03-02"),
    ],
)
def test_reads_values_as_people_write_them(path, typed, value):
    kind = type(load_pack(PACK).figure(path))
    assert parse_value(path, kind, typed) == value


@pytest.mark.parametrize(
    ("path", "typed"),
    [("toi-mat.size", "30"), ("toi-mat.size", "-30x8"), ("toi-mat.text-size", "1e3"),
     ("toi-mat.lines", "2.5"), ("toi-mat.bold", "maybe"), ("ink.red", "1,2"),
     ("toi-mat.ink", "blue"), ("validity.first", "2/3/2026"), ("border.line", "nan"),
     ("toi-mat.wording", "a\nb"), ("toi-mat.wording", " ")],
)  # fmt: skip
def test_refuses_what_is_no_value_of_the_figure(path, typed):
    with pytest.raises(RulesRefused) as refusal:
        parse_value(path, type(load_pack(PACK).figure(path)), typed)
    assert refusal.value.code == "rules.value_wrong"
    assert refusal.value.detail == {"figure": path}


def test_a_confirmed_figure_takes_the_place_of_the_shipped_one_and_of_no_other():
    overlay = (figure("toi-mat.size", {"width": 32.0, "height": 9.0}),)
    pack = load_pack(PACK, overlay)
    changed = pack.figure("toi-mat.size")
    assert (changed.value.width, changed.value.height) == (32, 9)
    assert changed.provenance is Provenance.AGENCY
    assert changed.source.text == "Công văn 2663/VPCP-NC, Phụ lục, Mẫu 02, 2026-11-22"
    assert "toi-mat.size" not in pack.unconfirmed(["toi-mat"])
    rest = {path: one for path, one in pack.figures() if path != "toi-mat.size"}
    assert rest == {p: one for p, one in load_pack(PACK).figures() if p != "toi-mat.size"}
    assert load_pack("tt24-2020", overlay) is load_pack("tt24-2020")
    assert pack_for(date(2026, 11, 5), overlay) is pack


def test_once_every_figure_is_confirmed_none_is_unconfirmed():
    for pack_id in pack_ids():
        shipped = load_pack(pack_id)
        overlay = tuple(
            figure(path, plain.to_builtins(one)["value"], pack_id)
            for path, one in shipped.figures()
        )
        pack = load_pack(pack_id, overlay)
        assert pack.unconfirmed(path for path, _ in pack.figures()) == ()
        assert changed_figures(overlay) == ()


def test_what_a_confirmed_figure_leaves_without_meaning_goes_and_what_it_needs_may_come():
    one_line = load_pack(PACK, (figure("toi-mat.lines", 1),))
    assert one_line.stamp("toi-mat").gap is None
    fixed = load_pack(PACK, (figure("thoi-han.size", {"width": 95, "height": 14}),))
    assert (fixed.stamp("thoi-han").side_room, fixed.stamp("thoi-han").head_room) == (None, None)
    doubled = load_pack(PACK, (figure("khan.lines", 2), figure("khan.gap", 1.0)))
    assert doubled.figure("khan.gap").value == 1
    assert doubled.figure("khan.gap").unit == "mm"


def test_only_a_changed_value_is_another_request():
    same = figure("toi-mat.size", {"width": 30, "height": 8})
    other = figure("mat.size", {"width": 21, "height": 8})
    (left,) = changed_figures((same, other))
    assert (left.figure, left.instrument) == ("mat.size", "")


@pytest.mark.parametrize(
    ("confirmations", "key"),
    [
        ([confirmed("toi-mat.size", {"width": -1, "height": 8})], "toi-mat.size.value"),
        ([confirmed("toi-mat.size", {"width": 30, "height": 2})], "toi-mat.size.value"),
        ([confirmed("toi-mat.weight", 3)], "toi-mat.weight"),
        ([confirmed("toi-mat.text-size", "13")], "toi-mat.text-size.value"),
        ([confirmed("khan.lines", 2)], "khan.gap"),
        ([confirmed("ban-so.wording", "BẢN SỐ")], "ban-so.wording.value"),
        ([confirmed("giai-mat.rows.since", "Từ ngày")], "giai-mat.rows.since.value"),
        ([confirmed("toi-mat", {})], "toi-mat"),
        ([confirmed("nowhere.size", 1)], "nowhere.size"),
        ([confirmed("mat.bold", True), confirmed("mat.bold", False)], "mat.bold"),
        ([confirmed("mat.bold", True, "nd1")], "pack"),
        ([Confirmation(figure=figure("mat.bold", True), by=" ")], ""),
    ],
)  # fmt: skip
def test_refuses_to_write_an_overlay_that_would_not_load(confirmations, key):
    with pytest.raises(RulesRefused) as refusal:
        written(confirmations)
    assert refusal.value.code == "rules.overlay_wrong"
    assert refusal.value.detail["key"] == key


def test_reads_back_what_was_written(tmp_path):
    path = tmp_path / "overlay.json"
    assert read_overlay(path).sha256 is None
    data, after = written([confirmed("toi-mat.bold", True), confirmed("mat.bold", True)])
    write_overlay(path, data)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_overlay(path) == after
    assert [one.figure.figure for one in after.confirmations] == ["mat.bold", "toi-mat.bold"]
    assert after.of(PACK, "mat.bold").by == "Trần Thị Ba"
    assert load_pack(PACK, after.figures).figure(f"{Level.MAT}.bold").provenance.confirmed


GOOD = written([confirmed("mat.bold", True)])[0].decode()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", GOOD[:-3], GOOD.replace('"format": 1', '"format": 2'),
        GOOD.replace('"by"', '"who"'), GOOD.replace("2026-11-22", "22/11/2026"),
        GOOD.replace('"value": true', '"value": NaN'),
        GOOD.replace('"by": "Trần', '"x": 1, "by": "Trần'),
        GOOD.replace('"on": "2026', '"on": "1026'), "[" * 100_000, GOOD.replace("Công", "\\ud800"),
    ],
)  # fmt: skip
def test_refuses_a_file_that_is_no_overlay(text):
    with pytest.raises(RulesRefused) as refusal:
        parse_overlay(text.encode())
    assert refusal.value.code == "rules.overlay_wrong"


def test_refuses_a_file_that_others_may_write_to_a_folder_and_a_large_one(tmp_path):
    path = tmp_path / "overlay.json"
    path.write_text(GOOD)
    path.chmod(0o620)
    with pytest.raises(RulesRefused, match="rules.overlay_unsafe"):
        read_overlay(path)
    path.chmod(0o600)
    path.write_text(GOOD + " " * (1 << 20))
    with pytest.raises(RulesRefused, match="rules.overlay_wrong"):
        read_overlay(path)
    with pytest.raises(RulesRefused, match="rules.overlay_unreadable"):
        read_overlay(tmp_path)
