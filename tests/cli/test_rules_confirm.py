# SPDX-License-Identifier: Apache-2.0
"""Confirming figures of the rules from the command line, and what becomes of marks by them."""

import json
import os
import pty
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from types import SimpleNamespace

import pypdfium2
import pytest
from PIL import Image

from bmnn_mark.cli.app import run

SOURCE = ("--source", "Công văn 2663/VPCP-NC, Phụ lục, Mẫu 02")
DAY = ("--date", "2026-11-05")


@pytest.fixture
def office(clerk):
    assert here(clerk, "register", "init", "--rehearsal", "--actor", "An").code == 0
    return clerk


def confirm(office, *words):
    return here(office, "rules", "confirm", "nd63-2026", "--actor", "Trần Thị Ba", *words)


def here(office, *words):
    """The same as ``office.json``, without a process of its own."""
    out = StringIO()
    with redirect_stdout(out):
        code = run(["--config", str(office.config), "--lang", "en", "--json", *map(str, words)])
    return SimpleNamespace(code=code, json=json.loads(out.getvalue()),
                           error=json.loads(out.getvalue()).get("error"))  # fmt: skip


def overlay_of(office):
    return office.home / "data" / "rules-overlay.json"


def mark_of(ran):
    result = ran.json
    return next(one for one in result["outputs"][0]["marks"] if one["kind"] == "level"), result


def test_a_confirmed_figure_is_drawn_shown_recorded_and_taken_back(office, sample_pdf):
    ran = confirm(office, "--figure", "toi-mat.size", "--value", "32x9", *SOURCE)
    assert ran.code == 0
    assert ran.json["figures"][0]["value"] == "32 x 9 mm"
    assert ran.json["recorded"] is True
    told = here(office, "rules", "explain", "nd63-2026", "toi-mat.size").json
    assert told["provenance"] == "agency"
    assert told["source"]["instrument"] == "Công văn 2663/VPCP-NC"
    assert told["confirmed_by"] == "Trần Thị Ba"
    assert (
        "shipped value: 30 x 8 mm"
        in office.run("rules", "explain", "nd63-2026", "toi-mat.size").out
    )
    ran = here(office, "stamp", sample_pdf, "--level", "toi-mat", *DAY, "-o", office.home / "a.pdf")
    mark, result = mark_of(ran)
    assert mark["box_mm"][2:] == [32, 9]
    assert "toi-mat.size" not in result["unconfirmed"]
    assert "toi-mat.lines" in result["unconfirmed"]
    (change,) = confirm(office, "--history").json["changes"]
    assert (change["figure"], change["actor"]) == ("toi-mat.size", "Trần Thị Ba")
    assert json.loads(change["value"])["width"] == 32
    assert confirm(office, "--withdraw", "toi-mat.size").json["overlay_sha256"] is None
    assert not overlay_of(office).exists()
    assert here(office, "rules", "explain", "nd63-2026", "toi-mat.size").json["provenance"] == (
        "prior-law"
    )
    assert here(office, "register", "verify").json["intact"] is True
    again = confirm(office, "--withdraw", "toi-mat.size")
    assert (again.code, again.error["code"]) == (4, "rules.not_confirmed")


def test_once_all_is_confirmed_marking_passes_where_confirmed_figures_are_demanded(
    office, sample_pdf
):
    office.config.write_text(office.config.read_text() + "require_confirmed_rules = true\n")
    words = ("stamp", sample_pdf, "--level", "mat", *DAY, "-o", office.home / "a.pdf")
    refused = here(office, *words)
    assert refused.code == 4
    assert refused.error["code"] == "rules.unconfirmed"
    assert confirm(office, "--as-shown", *SOURCE).json["unconfirmed"] == 0
    assert here(office, "rules", "list").json["packs"][1]["unconfirmed"] == 0
    ran = here(office, *words)
    assert ran.code == 0
    mark, result = mark_of(ran)
    assert result["unconfirmed"] == []
    assert mark["box_mm"][2] == 20
    same = here(office, "stamp", office.home / "a.pdf", "--level", "mat", *DAY)
    assert same.json["outputs"][0]["unchanged"] is True
    # the very same marks as before anybody confirmed anything
    confirm(office, "--withdraw-all")
    office.config.write_text(office.config.read_text().replace("= true", "= false"))
    same = here(office, "stamp", office.home / "a.pdf", "--level", "mat", *DAY)
    assert same.json["outputs"][0]["unchanged"] is True


def test_numbered_copies_are_made_by_confirmed_figures(office, sample_pdf):
    assert confirm(office, "--figure", "toi-mat.size", "--value", "32x9", *SOURCE).code == 0
    ran = here(
        office, "stamp", sample_pdf, "--level", "toi-mat", *DAY, "--number-sign", "12/KH-SXD",
        "--copies", "2", "--actor", "An", "-o", office.home / "out",
    )  # fmt: skip
    assert ran.code == 0, ran.json
    mark, result = mark_of(ran)
    assert mark["box_mm"][2] == 32
    assert len(result["outputs"]) == 2


@pytest.mark.parametrize("damage", ["changed", "removed", "writable"])
def test_a_file_that_the_register_does_not_know_is_named_and_not_used(office, sample_pdf, damage):
    confirm(office, "--figure", "toi-mat.size", "--value", "32x9", *SOURCE)
    path = overlay_of(office)
    match damage:
        case "changed":
            path.write_text(path.read_text().replace("32.0", "35.0"))
            code = "rules.overlay_changed"
        case "removed":
            path.unlink()
            code = "rules.overlay_missing"
        case "writable":
            path.chmod(0o622)
            code = "rules.overlay_unsafe"
    target = office.home / "a.pdf"
    ran = here(office, "stamp", sample_pdf, "--level", "toi-mat", *DAY, "-o", target)
    assert (ran.code, ran.error["code"]) == (4, code)
    assert not target.exists()
    for words in (("show", "nd63-2026"), ("list",), ("explain", "nd63-2026", "mat.size")):
        assert here(office, "rules", *words).error["code"] == code
    refused = confirm(office, "--figure", "mat.size", "--value", "20x8", *SOURCE)
    assert (refused.code, refused.error["code"]) == (4, code)
    history = confirm(office, "--history")
    assert (history.code, history.json["overlay"]["code"]) == (4, code)
    assert confirm(office, "--withdraw-all").code == 0
    assert here(office, "stamp", sample_pdf, "--level", "toi-mat", *DAY, "-o", target).code == 0
    assert here(office, "register", "verify").json["intact"] is True


def test_without_a_register_nothing_can_be_confirmed_and_no_file_is_used(clerk, sample_pdf):
    refused = confirm(clerk, "--figure", "mat.size", "--value", "20x8", *SOURCE)
    assert (refused.code, refused.error["code"]) == (9, "register.not_found")
    path = overlay_of(clerk)
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"format": 1, "figures": []}')
    path.chmod(0o600)
    ran = here(clerk, "stamp", sample_pdf, "--level", "mat", *DAY, "-o", clerk.home / "a.pdf")
    assert ran.error["code"] == "rules.overlay_unregistered"


def test_previews_at_true_size_and_a_dry_run_records_nothing(office):
    picture, paper = office.home / "xem.png", office.home / "xem.pdf"
    words = ("--figure", "toi-mat.size", "--value", "32x9", *SOURCE, "--dry-run", "--preview")
    ran = confirm(office, *words, picture)
    assert (ran.code, ran.json["recorded"]) == (0, False)
    assert not overlay_of(office).exists()
    assert confirm(office, "--history").json["changes"] == []
    with Image.open(picture) as drawn:
        assert drawn.info["dpi"] == pytest.approx((600, 600), abs=0.5)
        assert red_width(drawn.convert("RGB")) * 25.4 / 600 == pytest.approx(32, abs=0.1)
    assert confirm(office, *words, paper).code == 0
    document = pypdfium2.PdfDocument(paper)
    assert document[0].get_size() == pytest.approx((595.28, 841.89), abs=0.01)
    shown = document[0].render(scale=600 / 72).to_pil().convert("RGB")
    assert "TỐI MẬT" in document[0].get_textpage().get_text_range()
    document.close()
    assert red_width(shown) * 25.4 / 600 == pytest.approx(32, abs=0.1)
    refused = confirm(office, *words, office.home / "xem.jpg")
    assert (refused.code, refused.error["code"]) == (2, "rules.preview_kind")
    refused = confirm(office, *words, picture)
    assert (refused.code, refused.error["code"]) == (3, "output.exists")


def red_width(picture):
    """Pixels from the first to the last column of the stamp's red."""
    red, green, blue = picture.split()
    is_red = Image.merge("RGB", (red.point(lambda v: 255 * (v > 190)),
                                 green.point(lambda v: 255 * (v < 90)),
                                 blue.point(lambda v: 255 * (v < 90))))  # fmt: skip
    every = is_red.convert("RGB").point(lambda v: v // 3).convert("L")
    left, _, right, _ = every.point(lambda v: 255 * (v > 80)).getbbox()
    return right - left


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--figure", "toi-mat.size", "--value", "30", *SOURCE), "rules.value_wrong"),
        (("--figure", "toi-mat.size", "--value", "30x2", *SOURCE), "rules.overlay_wrong"),
        (("--figure", "toi-mat.size", "--value", "18x8", *SOURCE), "stamps.does_not_fit"),
        (("--figure", "toi-mat.wide", "--value", "30", *SOURCE), "rules.no_figure"),
        (("--figure", "toi-mat.size", "--value", "30x8"), "input.together"),
        (("--figure", "toi-mat.size", "--value", "30x8", "--source", "nhớ vậy"),
         "rules.source_wrong"),
        (("--figure", "mat.size", "--figure", "mat.gap", "--value", "1", *SOURCE),
         "rules.values_uneven"),
        (("--figure", "mat.size", "--value", "20x8", "--as-shown", *SOURCE), "input.either"),
        (("--figure", "mat.size"), "rules.no_terminal"),
    ],
)  # fmt: skip
def test_refuses_what_cannot_be_confirmed_and_records_nothing(office, words, code):
    ran = confirm(office, *words)
    assert ran.error["code"] == code
    assert not overlay_of(office).exists()
    assert confirm(office, "--history").json["changes"] == []


def test_the_form_goes_through_figures_and_asks_before_it_records(office):
    """On a terminal: one as shown, one corrected after a typing error, one skipped, then stop."""
    ours, theirs = pty.openpty()
    typed = "\nCông văn 2663/VPCP-NC, Mẫu 02\nba mươi\n31x8\n\n-\nq\ny\n"
    os.write(ours, typed.encode())
    done = subprocess.run(
        [sys.executable, "-m", "bmnn_mark", "--config", office.config, "--lang", "en",
         "rules", "confirm", "nd63-2026", "--figure", "toi-mat", "--actor", "Ba"],
        stdin=theirs, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 0, done.stderr
    assert "[2/7] toi-mat.size = 30 x 8 mm" in done.stderr
    assert "rules.value_wrong" in done.stderr
    assert "toi-mat.size = 31 x 8 mm" in done.stdout
    changes = confirm(office, "--history").json["changes"]
    assert [one["figure"] for one in changes] == ["toi-mat.wording", "toi-mat.size"]
    assert {one["source"] for one in changes} == {"Công văn 2663/VPCP-NC, Mẫu 02"}
