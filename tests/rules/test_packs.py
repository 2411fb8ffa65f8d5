# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from datetime import date

import pytest

from bmnn_mark.errors import ExitCode, RulesRefused
from bmnn_mark.i18n import Lang
from bmnn_mark.rules import (
    Copying,
    Level,
    Provenance,
    RulePack,
    Urgency,
    load_pack,
    pack_for,
    pack_ids,
)
from bmnn_mark.rules.figures import Ink


@pytest.fixture(params=["tt24-2020", "nd63-2026"])
def pack(request) -> RulePack:
    return load_pack(request.param)


def test_both_packs_ship_oldest_first():
    assert pack_ids() == ("tt24-2020", "nd63-2026")


@pytest.mark.parametrize(
    ("day", "pack_id"),
    [
        (date(2020, 7, 1), "tt24-2020"),
        (date(2026, 2, 28), "tt24-2020"),
        (date(2026, 3, 1), "nd63-2026"),
        (date(2026, 11, 21), "nd63-2026"),
        (date(2099, 1, 1), "nd63-2026"),
    ],
)
def test_the_pack_follows_the_day_of_the_act(day, pack_id):
    assert pack_for(day).id == pack_id


@pytest.mark.parametrize("day", [date(2020, 6, 30), date(2015, 1, 1), date(1, 1, 1)])
def test_there_are_no_rules_before_july_2020(day):
    with pytest.raises(RulesRefused) as refusal:
        pack_for(day)
    assert refusal.value.code == "rules.no_pack"
    assert refusal.value.exit_code is ExitCode.RULES
    assert refusal.value.detail == {"day": day.isoformat()}


@pytest.mark.parametrize("name", ["", "tt24", "../packs/tt24-2020", "/etc/passwd", "TT24-2020"])
def test_refuses_a_pack_nobody_knows(name):
    with pytest.raises(RulesRefused) as refusal:
        load_pack(name)
    assert refusal.value.code == "rules.unknown_pack"
    assert refusal.value.detail == {}


SIZES = {
    "tuyet-mat": (40, 8),
    "toi-mat": (30, 8),
    "mat": (20, 8),
    "khan": (20, 8),
    "thuong-khan": (40, 8),
    "hoa-toc": (30, 8),
    "ban-so": (None, 8),
    "ky-hieu-a": (15, 15),
    "ky-hieu-b": (15, 15),
    "ky-hieu-c": (15, 15),
    "giai-mat": (30, 13),
    "thoi-han": (None, None),
    "gia-han": (None, None),
    "dieu-chinh": (None, None),
    "thu-hoi": (None, None),
    "boc-bi": (None, None),
    "ban-sao-so": (None, 8),
    "ban-sao": (None, None),
}
TEXT_SIZES = {"ky-hieu-a": 40, "ky-hieu-b": 40, "ky-hieu-c": 40, "giai-mat": 14}
ROW_SIZES = {"giai-mat": 13, "thoi-han": 13, "gia-han": 13, "dieu-chinh": 13, "thu-hoi": 13,
             "ban-sao": 11}  # fmt: skip
BLACK_STAMPS = {"ban-so", "ban-sao-so", "ban-sao"}
WORDINGS = {
    "tuyet-mat": "TUYỆT MẬT",
    "toi-mat": "TỐI MẬT",
    "mat": "MẬT",
    "khan": "KHẨN",
    "thuong-khan": "THƯỢNG KHẨN",
    "hoa-toc": "HỎA TỐC",
    "ban-so": "BẢN SỐ: {number}",
    "ky-hieu-a": "A",
    "ky-hieu-b": "B",
    "ky-hieu-c": "C",
    "giai-mat": "GIẢI MẬT",
    "thoi-han": "THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC",
    "gia-han": "GIA HẠN THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC",
    "dieu-chinh": "ĐIỀU CHỈNH ĐỘ MẬT",
    "thu-hoi": "TÀI LIỆU THU HỒI",
    "boc-bi": "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ",
    "ban-sao-so": "BẢN SAO SỐ: {number}",
    "ban-sao": "BẢN SAO BÍ MẬT NHÀ NƯỚC",
}
ROWS = {
    "giai-mat": ["Từ: {date}"],
    "thoi-han": ["Đến: {date}"],
    "gia-han": ["Đến: {date}"],
    "dieu-chinh": ["{old} → {new}", "Từ: {date}"],
    "thu-hoi": ["Thời hạn: {date}"],
}


def test_stamps_have_the_sizes_and_words_of_the_design(pack):
    assert set(pack.stamps) == set(SIZES)
    for name, stamp in pack.stamps.items():
        size = stamp.size.value
        assert (size.width, size.height) == SIZES[name]
        assert stamp.wording.value == WORDINGS[name]
        assert stamp.text_size.value == TEXT_SIZES.get(name, 13)
        assert stamp.bold.value is True
        if name in ROW_SIZES:
            assert stamp.row_text_size.value == ROW_SIZES[name]
            assert stamp.row_bold.value is False
        if name != "ban-sao":
            assert [row.value for row in stamp.rows.values()] == ROWS.get(name, [])
    assert pack.stamp("giai-mat").row_gap.value == 2
    assert list(pack.stamp("ban-sao").rows) == [
        "kind", "date", "quantity", "recipient", "authority", "signer"
    ]  # fmt: skip


def test_urgency_has_one_line_and_every_other_stamp_two(pack):
    for name in set(pack.stamps) - set(Urgency):
        assert pack.stamp(name).lines.value == 2
        assert pack.stamp(name).gap.value == 1
    for name in Urgency:
        assert pack.stamp(name).lines.value == 1
        assert pack.stamp(name).gap is None


def test_numbers_and_stamps_of_copies_are_black_all_others_red(pack):
    for name, stamp in pack.stamps.items():
        assert stamp.ink.value is (Ink.BLACK if name in BLACK_STAMPS else Ink.RED)


def test_red_is_the_circulars_for_secrecy_and_the_decrees_for_urgency(pack):
    """No text read gives an ink for the copy number."""
    for name in Level:
        figure = pack.figure(f"{name}.ink")
        assert figure.source.instrument == "Thông tư 24/2020/TT-BCA"
        assert figure.source.clause == "Điều 3 khoản 2"
        of_its_time = pack.id == "tt24-2020"
        assert figure.provenance is (Provenance.READ if of_its_time else Provenance.PRIOR_LAW)
    for name in Urgency:
        assert pack.figure(f"{name}.ink").source.instrument == "Nghị định 30/2020/NĐ-CP"
    assert pack.figure("ban-so.ink").provenance is Provenance.PROJECT_DEFAULT


def test_ink_line_page_code_and_margins_are_those_of_the_design(pack):
    assert pack.ink.colour(Ink.RED) == (208, 2, 27)
    assert pack.ink.colour(Ink.BLACK) == (0, 0, 0)
    assert pack.border.line.value == 0.2
    code = pack.page_code
    assert (code.side.value, code.floor.value, code.quiet_modules.value) == (20, 15, 4)
    assert (code.edge.value, code.left.value, code.bottom.value) == (5, 7, 12)
    assert (code.hole_depth.value, code.hole_span.value) == (12, 40)
    spans = {
        side: (getattr(pack.margins, side).value.least, getattr(pack.margins, side).value.most)
        for side in ("top", "bottom", "left", "right")
    }
    assert spans == {"top": (20, 25), "bottom": (20, 25), "left": (30, 35), "right": (15, 20)}


def test_terms_are_thirty_twenty_and_ten_years(pack):
    terms = {level: pack.terms[level].value for level in Level}
    assert terms == {Level.TUYET_MAT: 30, Level.TOI_MAT: 20, Level.MAT: 10}


def test_the_first_code_place_keeps_its_quiet_zone_off_the_text_and_on_the_sheet(pack):
    code = pack.page_code
    quiet = code.side.value / 33 * code.quiet_modules.value
    assert code.left.value + code.side.value + quiet <= pack.margins.left.value.least
    assert code.left.value >= code.edge.value
    assert code.bottom.value >= code.edge.value


def test_copying_lines_say_allowed_and_forbidden(pack):
    assert pack.copying_wording(Copying.ALLOWED) == "- Được phép sao, chụp."
    assert pack.copying_wording(Copying.FORBIDDEN) == "- Không được phép sao, chụp."
    assert pack.level_wording(Level.TOI_MAT) == "TỐI MẬT"
    assert pack.urgency_wording(Urgency.HOA_TOC) == "HỎA TỐC"


def provenances(pack: RulePack, prefix: str) -> set[Provenance]:
    found = {
        figure.provenance
        for path, figure in pack.figures()
        if path == prefix or path.startswith(f"{prefix}.")
    }
    assert found
    return found


def test_the_secrecy_marks_are_read_for_2020_and_prior_law_for_2026():
    old, new = load_pack("tt24-2020"), load_pack("nd63-2026")
    for name in ("tuyet-mat", "toi-mat"):
        assert provenances(old, name) == {Provenance.READ}
        assert provenances(new, name) == {Provenance.PRIOR_LAW}


def test_of_the_rarer_stamps_only_what_was_read_is_called_so(pack):
    law = Provenance.READ if pack.id == "tt24-2020" else Provenance.PRIOR_LAW
    own = Provenance.PROJECT_DEFAULT
    for name in ("ky-hieu-a", "giai-mat"):
        assert provenances(pack, f"{name}.size") == provenances(pack, f"{name}.text-size") == {law}
    assert provenances(pack, "ky-hieu-b.size") == {law}
    assert provenances(pack, "ky-hieu-b.text-size") == {own}
    assert provenances(pack, "ky-hieu-c.size") == {own}
    assert provenances(pack, "giai-mat.ink") == {law}
    assert provenances(pack, "ky-hieu-a.ink") == {own}
    for name in ("thoi-han", "gia-han", "dieu-chinh"):
        assert provenances(pack, name) == {own}
    for name in ("thu-hoi", "boc-bi", "ban-sao-so", "ban-sao"):
        assert provenances(pack, f"{name}.wording") == {law}
        rest = [path for path, _ in pack.figures() if path.startswith(f"{name}.")]
        assert {pack.figure(path).provenance for path in rest if "wording" not in path} == {own}


def test_days_and_kinds_of_copies_are_written_as_on_a_stamp(pack):
    assert pack.day_wording(date(2027, 3, 5)) == "05/03/2027"
    assert pack.reproduction_wording("sao-y") == "sao y bản chính"
    assert pack.reproduction_wording("trich-sao") == "trích sao"
    with pytest.raises(RulesRefused) as refusal:
        pack.reproduction_wording("figures")
    assert refusal.value.code == "rules.no_figure"


def test_nothing_about_the_form_of_the_mark_mat_is_called_the_law_of_its_time(pack):
    for part in ("wording", "size", "lines", "gap", "text-size", "bold"):
        assert provenances(pack, f"mat.{part}") <= {
            Provenance.PRIOR_LAW,
            Provenance.PROJECT_DEFAULT,
        }
    assert pack.figure("mat.size").source.instrument == "Thông tư 33/2015/TT-BCA"


def test_what_nobody_read_is_our_own_choice(pack):
    for prefix in (
        "ban-so",
        "page-code",
        "border",
        "ink",
        "slots.level-x",
        "noi-nhan.copies",
    ):
        assert provenances(pack, prefix) == {Provenance.PROJECT_DEFAULT}


def test_no_figure_of_the_unread_annex_of_2026_is_called_read():
    unread = {"Nghị định 63/2026/NĐ-CP", "Công văn 2663/VPCP-NC"}
    for _, figure in load_pack("nd63-2026").figures():
        assert figure.source.instrument not in unread


def test_what_is_read_for_2026_is_the_decree_on_clerical_work_or_two_figures_of_the_law():
    read = {
        path: figure.source.instrument
        for path, figure in load_pack("nd63-2026").figures()
        if figure.provenance is Provenance.READ
    }
    assert read.pop("validity.first") == "Luật 117/2025/QH15"
    assert read.pop("reporting.notice") == "Luật 117/2025/QH15"
    assert set(read.values()) == {"Nghị định 30/2020/NĐ-CP"}


def test_every_figure_names_instrument_and_clause_and_where_it_was_read(pack):
    paths = [path for path, _ in pack.figures()]
    assert len(paths) == len(set(paths))
    assert len(paths) > 70
    for path, figure in pack.figures():
        source = figure.source
        own = figure.provenance is Provenance.PROJECT_DEFAULT
        assert source.instrument.strip(), path
        assert bool(source.clause and source.read_at) is not own, path
        assert bool(source.why_vi and source.why_en) is own, path
        assert source.text.startswith(source.instrument)
        assert pack.figure(path) is figure


def test_people_are_told_instrument_and_clause_and_nothing_of_how_they_were_read(pack):
    for path, figure in pack.figures():
        cited = figure.basis.cited(Lang.VI)
        assert "http" not in cited, path
        assert not re.search(r"\b(the|of|and|read|page|text)\b", cited), path
        assert "bmnn-mark" not in cited, path
        assert "http" not in figure.basis.cited(Lang.EN), path


def test_an_earlier_instrument_is_not_cited_as_the_law_of_the_day():
    old, new = load_pack("tt24-2020"), load_pack("nd63-2026")
    law = "Nghị định 26/2020/NĐ-CP, Điều 2 khoản 1"
    assert old.noi_nhan.content.basis.cited(Lang.VI) == law
    assert new.noi_nhan.content.basis.cited(Lang.VI) == (
        f"{law} (văn bản trước đây, chưa đối chiếu với quy định hiện hành)"
    )


def test_an_own_choice_says_so_and_why():
    chosen = load_pack("nd63-2026").border.line.basis
    assert chosen.cited(Lang.VI).startswith("lựa chọn của phần mềm; không văn bản nào")
    assert chosen.cited(Lang.EN).startswith("the software's own choice; no text read")


def test_unconfirmed_figures_are_told_by_figure_and_by_group():
    old, new = load_pack("tt24-2020"), load_pack("nd63-2026")
    assert old.unconfirmed(["toi-mat"]) == ()
    assert old.unconfirmed(["ban-so.size", "toi-mat.size"]) == ("ban-so.size",)
    assert new.unconfirmed(["toi-mat.size"]) == ("toi-mat.size",)
    assert new.unconfirmed(["khan"]) == ()
    assert set(new.unconfirmed(["toi-mat"])) == {
        path for path, _ in new.figures() if path.startswith("toi-mat.")
    }
    # "mat" is a group of its own, not the beginning or the end of another one's name
    assert all(path.startswith("mat.") for path in new.unconfirmed(["mat"]))


def test_refuses_a_stamp_and_a_figure_that_are_not_there(pack):
    with pytest.raises(RulesRefused) as refusal:
        pack.stamp("giai-mat-2030")
    assert refusal.value.code == "rules.no_stamp"
    with pytest.raises(RulesRefused) as refusal:
        pack.figure("toi-mat.weight")
    assert refusal.value.code == "rules.no_figure"
