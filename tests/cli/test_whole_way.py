# SPDX-License-Identifier: Apache-2.0
"""The main job through the command line: mark, number, trace; the demonstration with real paper."""

import io
import subprocess
from pathlib import PurePath

import pytest
import zxingcpp
from PIL import Image
from pyzbar import pyzbar

CSV = "ten;so_ban\nSở A;1\nSở B;2\n"


def rendered(pdf, page, dpi):
    done = subprocess.run(
        ["pdftoppm", "-png", "-r", str(dpi), "-f", str(page), "-l", str(page), pdf],
        capture_output=True, check=True,
    )  # fmt: skip
    return Image.open(io.BytesIO(done.stdout))


def red_box(image, dpi):
    """Box of the red ink on a page, mm: left, top, width, height."""
    red, green, blue = image.convert("RGB").split()
    far = Image.merge("RGB", (red.point(lambda v: 255 * (v > 150)),
                              green.point(lambda v: 255 * (v < 90)),
                              blue.point(lambda v: 255 * (v < 110))))  # fmt: skip
    ink = far.convert("L").point(lambda v: 255 * (v > 250))
    left, top, right, bottom = ink.getbbox()
    return [value * 25.4 / dpi for value in (left, top, right - left, bottom - top)]


@pytest.fixture
def ready(clerk, sample_docx, sample_pdf):
    (clerk.home / "mau.docx").write_bytes(sample_docx.read_bytes())
    (clerk.home / "mau.pdf").write_bytes(sample_pdf.read_bytes())
    (clerk.home / "nn.csv").write_text(CSV)
    return clerk


def test_a_pdf_is_marked_and_says_so(ready):
    ran = ready.json("stamp", "mau.pdf", "--level", "toi-mat")
    assert ran.code == 0
    result = ran.json
    (output,) = result["outputs"]
    assert output["path"] == "mau.marked.pdf"
    assert (result["level"], result["rules"], result["document"]) == ("toi-mat", "nd63-2026", None)
    assert "toi-mat.size" in result["unconfirmed"]
    worth = {one["provenance"] for one in result["unconfirmed_figures"]}
    assert worth == {"prior-law", "project-default"}
    assert len(result["verified"]["renderers"]) == 2
    assert (result["verified"]["proof"], result["verified"]["ok"]) == ("pixels", True)
    (mark,) = output["marks"]
    assert (mark["id"], mark["page"], mark["frame"]) == (
        "toi-mat", 1, "displayed page, origin top left",
    )  # fmt: skip
    assert mark["provenance"] in worth
    assert mark["source"]
    left, top, width, height = red_box(rendered(ready.home / "mau.marked.pdf", 1, 600), 600)
    assert (width, height) == (pytest.approx(30.0, abs=0.1), pytest.approx(8.0, abs=0.1))
    assert left == pytest.approx(mark["box_mm"][0], abs=0.1)
    assert top == pytest.approx(mark["box_mm"][1], abs=0.1)


def test_the_same_request_again_changes_nothing_and_another_is_refused(ready):
    ready.json("stamp", "mau.pdf", "--level", "toi-mat", "-o", "a.pdf")
    before = ready.files()
    again = ready.json("stamp", "a.pdf", "--level", "toi-mat")
    assert again.code == 0
    assert again.json["outputs"][0]["unchanged"] is True
    other = ready.json("stamp", "a.pdf", "--level", "mat")
    assert (other.code, other.error["code"]) == (3, "marks.already_marked")
    assert ready.files() == before


def test_the_same_order_gives_the_same_bytes(ready):
    for name in ("a.pdf", "b.pdf"):
        assert ready.json("stamp", "mau.pdf", "--level", "mat", "-o", name).code == 0
    assert (ready.home / "a.pdf").read_bytes() == (ready.home / "b.pdf").read_bytes()


def test_a_docx_is_marked_as_docx(ready):
    ran = ready.json("stamp", "mau.docx", "--level", "tuyet-mat", "--copying", "forbidden")
    assert ran.code == 0
    assert ran.json["outputs"][0]["path"] == "mau.marked.docx"


def test_several_files_go_into_a_folder_and_one_refusal_does_not_stop_the_rest(ready):
    (ready.home / "hong.pdf").write_bytes(b"%PDF-1.4 hong")
    ran = ready.json("stamp", "hong.pdf", "mau.pdf", "--level", "mat", "-o", "ra")
    assert ran.code == 3
    refused, done = ran.json["outputs"]
    assert refused["error"]["code"] == "document.damaged"
    assert done["path"] == "ra/mau.marked.pdf"


def test_a_folder_is_not_made_for_nothing(ready):
    for name in ("a.pdf", "b.pdf"):
        (ready.home / name).write_bytes(b"%PDF-1.4 hong")
    assert ready.json("stamp", "a.pdf", "b.pdf", "--level", "mat", "-o", "ra").code == 3
    assert not (ready.home / "ra").exists()


def test_a_preview_says_what_would_be_done_and_delivers_a_picture_alone(ready):
    before = ready.files()
    words = ["stamp", "mau.pdf", "--level", "toi-mat", "--preview", "xem.png"]
    assert ready.json(*words, "-o", "ra.pdf").error["code"] == "input.either"
    shown = ready.run(*words)
    assert shown.code == 0
    assert "No document was written" in shown.out
    assert "12/KH-SM (page 1; --number-sign)" in shown.out
    assert {str(path) for path in ready.files().keys() - before.keys()} == {"xem.png"}


def test_numbered_copies_are_registered_and_every_page_leads_back(ready):
    ready.json("register", "init", "--rehearsal")
    ran = ready.json(
        "stamp", "mau.pdf", "--level", "toi-mat", "--number-sign", "12/KH-SM", "--to", "nn.csv",
        "--date", "2026-11-05", "-o", "ra",
    )  # fmt: skip
    assert ran.code == 0, ran.out
    copies = ran.json["outputs"]
    assert ran.json["document"]["position"] == copies[0]["position"]
    assert [(copy["copy"], copy["of"], copy["recipient"]) for copy in copies] == [
        (1, 3, "Sở A"), (2, 3, "Sở B"), (3, 3, "Sở B"),
    ]  # fmt: skip
    pages = copies[0]["pages"]
    for copy in copies:
        path = ready.home / copy["path"]
        subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
        texts = set()
        for page in range(1, pages + 1):
            for dpi in (150, 200, 300):
                image = rendered(path, page, dpi)
                (by_zxing,) = {one.text for one in zxingcpp.read_barcodes(image)}
                (by_zbar,) = {one.data.decode() for one in pyzbar.decode(image)}
                assert by_zxing == by_zbar
                texts.add(by_zxing)
        assert texts == {one["code"] for one in copy["marks"] if one["id"] == "page-code"}
        assert len(texts) == pages
        assert copy["short_reference"] in subprocess.run(
            ["pdftotext", path, "-"], capture_output=True, text=True, check=True
        ).stdout.replace("-", "")
    traced = ready.json("trace", copies[1]["path"])
    assert traced.code == 0
    assert [
        (one["origin"], one["valid"], one["witness"], one["page"]) for one in traced.json["codes"]
    ] == [("rehearsal", True, "consistent", page) for page in range(1, pages + 1)]
    assert {
        (one["file"], one["copy"], one["status"], one["row"]["recipient"])
        for one in traced.json["codes"]
    } == {(PurePath(copies[1]["path"]).name, 2, "in-office", "Sở B")}
    reference = ready.json("trace", copies[0]["short_reference"].lower())
    assert reference.json["codes"][0]["copy"] == 1

    again = ready.json(
        "stamp", "mau.pdf", "--level", "toi-mat", "--number-sign", "12/KH-SM", "--copies", "2",
        "--date", "2026-11-05", "-o", "nua",
    )  # fmt: skip
    assert (again.code, again.error["code"]) == (9, "register.already_issued")
    assert not (ready.home / "nua").exists()
    assert ready.json("register", "verify").json["intact"] is True


def test_copies_whose_recipients_come_later_need_no_names(ready):
    ready.json("register", "init", "--rehearsal")
    ran = ready.json(
        "stamp", "mau.pdf", "--level", "mat", "--number-sign", "1/BC", "--copies", "2", "-o", "ra"
    )
    assert ran.code == 0, ran.out
    assert len(list((ready.home / "ra").iterdir())) == 2


def test_an_office_may_forbid_copies_as_files(ready):
    with ready.config.open("a") as config:
        config.write("allow_export = false\n")
    ready.json("register", "init", "--rehearsal")
    ran = ready.json(
        "stamp", "mau.pdf", "--level", "mat", "--number-sign", "1/BC", "--copies", "2", "-o", "ra"
    )
    assert (ran.code, ran.error["code"]) == (4, "export.forbidden")


def test_printing_here_is_refused_and_spends_nothing(ready):
    ready.json("register", "init")
    before = ready.json("register", "verify").json["events"]
    ran = ready.json("print", "mau.pdf", "--level", "mat", "--number-sign", "1/BC", "--copies", "2")
    assert ran.code in {5, 6}
    assert ran.error["code"] in {"host.online", "host.unknown"}
    assert ready.json("register", "verify").json["events"] == before


def test_the_demonstration_goes_the_whole_way(clerk):
    ran = clerk.json("demo", "--out", "ra")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["host"]["verdict"] in {"ONLINE", "UNKNOWN", "OFFLINE"}
    assert told["refusal"]
    assert told["rehearsal"]["verdict"] == "OFFLINE"
    assert told["rehearsal"]["states"] == ["device-done"] * 3
    assert "baseline.missing" in told["rehearsal"]["would_block"]
    assert {one["trace"] for one in told["traced"]} == {"consistent"}
    assert all(one["rehearsal"] for one in told["traced"])
    assert told["verified"]["intact"] is True
    for name in told["pictures"]:
        assert (clerk.home / "ra" / name).stat().st_size > 1000
    sheet = clerk.home / "ra" / "khay-giay" / told["rehearsal"]["sheets"][0]
    for page in (1, 2, 3):
        counts = rendered(sheet, page, 50).convert("L").histogram()
        assert sum(counts[150:230]) > 0.02 * sum(counts)  # the grey of the rehearsal overlay
    again = clerk.json("demo", "--out", "ra")
    assert again.code == 0


def test_the_demonstration_keeps_away_from_a_folder_that_is_not_its_own(clerk):
    (clerk.home / "ra").mkdir()
    (clerk.home / "ra" / "thu.txt").write_text("của tôi")
    ran = clerk.json("demo", "--out", "ra")
    assert (ran.code, ran.error["code"]) == (3, "output.exists")
    assert (clerk.home / "ra" / "thu.txt").read_text() == "của tôi"
