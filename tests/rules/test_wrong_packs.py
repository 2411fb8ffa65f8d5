# SPDX-License-Identifier: Apache-2.0
"""A pack that is wrong in any way does not load, and the refusal names the key."""

from __future__ import annotations

import tomllib

import pytest

from bmnn_mark.errors import RulesRefused
from bmnn_mark.rules import parse_pack
from bmnn_mark.rules.load import PACKS_FOLDER

RIGHT = (PACKS_FOLDER / "tt24-2020.toml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert RIGHT.count(old) >= 1, old
    return RIGHT.replace(old, new, 1)


def refused_key(text: str) -> str:
    with pytest.raises(RulesRefused) as refusal:
        parse_pack(text, "tt24-2020")
    assert refusal.value.code == "rules.pack_wrong"
    assert refusal.value.detail["pack"] == "tt24-2020"
    return str(refusal.value.detail["key"])


def within(head: str, old: str, new: str) -> str:
    """The pack with the first ``old`` after a head replaced."""
    at = RIGHT.index(head)
    assert old in RIGHT[at:]
    return RIGHT[:at] + RIGHT[at:].replace(old, new, 1)


def in_stamp(name: str, old: str, new: str) -> str:
    return within(f"[stamps.{name}]", old, new)


def without_line(head: str, key: str) -> str:
    """The pack without the line of ``key`` in the table ``head``."""
    at = RIGHT.index(head)
    start = RIGHT.index(f"\n{key} = ", at) + 1
    return RIGHT[:start] + RIGHT[RIGHT.index("\n", start) + 1 :]


def test_the_right_pack_loads():
    assert parse_pack(RIGHT, "tt24-2020").id == "tt24-2020"


SIZE = 'value = { width = 30.0, height = 8.0 }, unit = "mm"'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        # not TOML, not this pack
        ("id = ", ""),
        (changed('id = "tt24-2020"', 'id = "other"'), "id"),
        # unknown keys, at every depth
        ("shade = 1\n" + RIGHT, "shade"),
        (in_stamp("toi-mat", "[stamps.toi-mat]", "[stamps.toi-mat]\nweight = 3"), "toi-mat.weight"),
        (in_stamp("toi-mat", SIZE, SIZE + ", note = 1"), "toi-mat.size.note"),
        (
            in_stamp("toi-mat", "height = 8.0", "height = 8.0, depth = 1.0"),
            "toi-mat.size.value.depth",
        ),
        (changed('read-at = "', 'page = 3\nread-at = "'), "sources.mau-02-tuyet-mat.page"),
        # missing source, provenance, figure, stamp, term
        (in_stamp("toi-mat", ', source = "mau-02-toi-mat"', ""), "toi-mat.wording.source"),
        (
            in_stamp("toi-mat", 'source = "mau-02-toi-mat"', 'source = "none"'),
            "toi-mat.wording.source",
        ),
        (in_stamp("toi-mat", 'provenance = "read", ', ""), "toi-mat.wording.provenance"),
        (
            in_stamp("toi-mat", 'provenance = "read"', 'provenance = "law"'),
            "toi-mat.wording.provenance",
        ),
        (without_line("[stamps.toi-mat]", "size"), "toi-mat.size"),
        (without_line("[page-code]", "floor"), "page-code.floor"),
        (without_line("[terms]", "mat"), "terms.mat"),
        (changed("[stamps.toi-mat]", "[stamps.toi-mot]"), "toi-mat"),
        # units
        (in_stamp("toi-mat", SIZE, SIZE.replace("mm", "pt")), "toi-mat.size.unit"),
        (in_stamp("toi-mat", SIZE, SIZE.replace(', unit = "mm"', "")), "toi-mat.size.unit"),
        (in_stamp("toi-mat", 'unit = "pt"', 'unit = "mm"'), "toi-mat.text-size.unit"),
        (changed('value = 30, unit = "year"', 'value = 30, unit = "day"'), "terms.tuyet-mat.unit"),
        # types and impossible values
        (in_stamp("toi-mat", 'value = "TỐI MẬT"', "value = 5"), "toi-mat.wording.value"),
        (in_stamp("toi-mat", 'value = "TỐI MẬT"', 'value = " "'), "toi-mat.wording.value"),
        (in_stamp("toi-mat", 'value = "TỐI MẬT"', 'value = "TỐI\\nMẬT"'), "toi-mat.wording.value"),
        (
            in_stamp("toi-mat", 'value = "TỐI MẬT"', 'value = "TO\u0302\u0301I"'),
            "toi-mat.wording.value",
        ),
        (in_stamp("toi-mat", 'value = "TỐI MẬT"', 'value = "TỐI {k}"'), "toi-mat.wording.value"),
        (in_stamp("ban-so", "{number}", ""), "ban-so.wording.value"),
        (in_stamp("toi-mat", "width = 30.0", "width = -30.0"), "toi-mat.size.value"),
        (in_stamp("toi-mat", "width = 30.0", "width = 3000.0"), "toi-mat.size.value"),
        (in_stamp("toi-mat", "width = 30.0", "width = nan"), "toi-mat.size.value"),
        (in_stamp("toi-mat", "width = 30.0, ", ""), "toi-mat.side-room"),
        (in_stamp("toi-mat", "height = 8.0", "height = 2.8"), "toi-mat.size.value"),
        (in_stamp("toi-mat", "value = 1.0", "value = 0.0"), "toi-mat.gap.value"),
        (in_stamp("toi-mat", "value = 13.0", "value = 0.0"), "toi-mat.text-size.value"),
        (in_stamp("toi-mat", "value = 2,", "value = 0,"), "toi-mat.lines.value"),
        (in_stamp("toi-mat", "value = 2,", "value = 1,"), "toi-mat.gap"),
        (in_stamp("khan", "value = 1,", "value = 2,"), "khan.gap"),
        (changed("[208, 2, 27]", "[208, 2, 256]"), "ink.red.value"),
        (changed("[208, 2, 27]", "[208, 2]"), "ink.red.value"),
        (changed("[0, 0, 0]", "[0, -1, 0]"), "ink.black.value"),
        (in_stamp("toi-mat", 'value = "red"', 'value = "blue"'), "toi-mat.ink.value"),
        (without_line("[stamps.ban-so]", "ink"), "ban-so.ink"),
        (changed("value = 0.2,", "value = -0.2,"), "border.line.value"),
        (within("[page-code]", "value = 15.0,", "value = 21.0,"), "page-code.floor.value"),
        (changed("least = 20.0, most = 25.0", "least = 26.0, most = 25.0"), "margins.top.value"),
        (changed('value = 30, unit = "year"', 'value = 0, unit = "year"'), "terms.tuyet-mat.value"),
        (changed("value = 2026-02-28", "value = 2019-02-28"), "validity.last.value"),
        (changed("{copies}", ""), "noi-nhan.copies.value"),
        # rows below the first, circles, what fits
        (in_stamp("giai-mat", "{date}", ""), "giai-mat.rows.since.value"),
        (in_stamp("giai-mat", "{date}", "{date}{date}"), "giai-mat.rows.since.value"),
        (in_stamp("giai-mat", "{date}", "{date} {day}"), "giai-mat.rows.since.value"),
        (in_stamp("giai-mat", "\nsince =", "\nuntil ="), "giai-mat.rows.since"),
        (without_line("[stamps.giai-mat]", "row-gap"), "giai-mat.row-gap"),
        (without_line("[stamps.ban-sao]", "row-width"), "ban-sao.row-width"),
        (without_line("[stamps.thoi-han]", "head-room"), "thoi-han.head-room"),
        (in_stamp("ky-hieu-a", "height = 15.0", "height = 14.0"), "ky-hieu-a.size.value"),
        (changed("{day}/{month}", "{month}"), "dates.form.value"),
        (
            changed('"sao lục", provenance = "read"', '"", provenance = "read"'),
            "reproduction.sao-luc.value",
        ),
    ],
)
def test_refuses_a_wrong_pack_by_the_key_that_is_wrong(text, key):
    assert refused_key(text) == key


def test_refuses_a_figure_called_read_that_cites_another_time():
    text = changed(
        'instrument = "Thông tư 24/2020/TT-BCA"\nclause = "Mẫu 02"',
        'instrument = "Thông tư 33/2015/TT-BCA"\nclause = "Điều 16"',
    )
    assert refused_key(text) == "tuyet-mat.wording.provenance"


def test_refuses_prior_law_that_cites_an_instrument_of_the_pack():
    text = in_stamp("mat", 'source = "tt33-mat"', 'source = "mau-02-toi-mat"')
    assert refused_key(text) == "mat.wording.provenance"


def test_refuses_a_choice_of_our_own_dressed_as_law_and_law_dressed_as_ours():
    dressed = in_stamp("ban-so", 'provenance = "project-default"', 'provenance = "read"')
    assert refused_key(dressed) == "ban-so.wording.provenance"
    hidden = in_stamp("toi-mat", 'provenance = "read"', 'provenance = "project-default"')
    assert refused_key(hidden) == "toi-mat.wording.provenance"


def test_refuses_a_source_without_the_place_where_it_was_read():
    at = RIGHT.index("[sources.mau-02-toi-mat]")
    start = RIGHT.index("read-at", at)
    text = RIGHT[:start] + RIGHT[RIGHT.index("\n", start) + 1 :]
    assert refused_key(text) == "toi-mat.wording.source"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('why-vi = "chưa đọc được văn bản nào quy định; lấy', 'clause = "Mẫu 02"\nwhy-vi = "lấy'),
        ('clause = "Mẫu 02"', 'clause = "Mẫu 02"\nwhy-en = "we think so"'),
        ('why-en = "read for no instrument; by analogy with TUYỆT MẬT and TỐI MẬT of Mẫu 02"', ""),
    ],
)
def test_refuses_a_source_that_is_half_law_and_half_own_choice(old, new):
    assert refused_key(changed(old, new)).endswith(".source")


def test_refuses_a_source_nothing_rests_on():
    spare = '\n[sources.spare]\ninstrument = "x"\nclause = "y"\nread-at = "z"\n'
    assert refused_key(RIGHT + spare) == "sources.spare"


def test_every_single_key_is_needed_or_known():
    """Renaming any key of any figure is refused."""
    table = tomllib.loads(RIGHT)
    assert len(table["stamps"]) == 18
    for line in sorted({one for one in RIGHT.splitlines() if " = { value" in one}):
        key = line.partition(" = ")[0]
        broken = RIGHT.replace(line, line.replace(key, f"{key}x", 1), 1)
        assert refused_key(broken)
