# SPDX-License-Identifier: Apache-2.0
"""Marks come out again, and are replaced, through the command line."""

import subprocess
import zipfile

import pytest
from lxml import etree


@pytest.fixture
def ready(clerk, sample_docx, sample_pdf):
    (clerk.home / "mau.docx").write_bytes(sample_docx.read_bytes())
    (clerk.home / "mau.pdf").write_bytes(sample_pdf.read_bytes())
    return clerk


def pixels(path):
    done = subprocess.run(["pdftoppm", "-r", "100", path], capture_output=True, check=True)
    assert done.stdout.startswith(b"P6")
    return done.stdout


def words(path):
    done = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def canonical(path):
    with zipfile.ZipFile(path) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    return etree.tostring(root, method="c14n")


def test_a_pdf_looks_again_as_its_source_does(ready):
    ready.json(
        "stamp", "mau.pdf", "--level", "mat", "--drafter", "Lê Thị Soạn", "-o", "a.marked.pdf"
    )
    ran = ready.json("unmark", "a.marked.pdf")
    assert ran.code == 0, ran.out
    (result,) = ran.json["results"]
    assert (result["input"], result["output"]) == ("a.marked.pdf", "a.unmarked.pdf")
    assert (result["removed"], result["notices"]) == (2, [])
    assert [one["kind"] for one in result["marks"]] == ["level", "noi-nhan"]
    assert pixels(ready.home / "mau.pdf") != pixels(ready.home / "a.marked.pdf")
    assert pixels(ready.home / "mau.pdf") == pixels(ready.home / "a.unmarked.pdf")
    again = ready.json("unmark", "a.marked.pdf")
    assert (again.code, again.error["code"]) == (3, "output.exists")
    assert ready.json("unmark", "a.marked.pdf", "--overwrite").code == 0


@pytest.mark.parametrize("job", [("stamp", "--level", "mat"), ("unmark",)])
def test_no_result_takes_the_place_of_its_document(ready, job):
    before = (ready.home / "mau.pdf").read_bytes()
    (ready.home / "cung.pdf").hardlink_to(ready.home / "mau.pdf")
    for target in ("mau.pdf", "./mau.pdf", "cung.pdf"):
        ran = ready.json(job[0], "mau.pdf", *job[1:], "-o", target, "--overwrite")
        assert (ran.code, ran.error["code"]) == (2, "output.is_source")
    assert (ready.home / "mau.pdf").read_bytes() == before


def test_a_docx_is_again_what_it_was(ready):
    order = ("--level", "mat", "--drafter", "Lê Thị Soạn", "--copying", "forbidden")
    ready.json("stamp", "mau.docx", *order)
    ran = ready.run("unmark", "mau.marked.docx", "-o", "goc.docx")
    assert ran.code == 0, ran.err
    assert "goc.docx" in ran.out
    assert canonical(ready.home / "goc.docx") == canonical(ready.home / "mau.docx")
    assert canonical(ready.home / "mau.marked.docx") != canonical(ready.home / "mau.docx")


@pytest.mark.parametrize("name", ["mau.pdf", "mau.docx"])
def test_nothing_to_take_out_writes_nothing(ready, name):
    before = ready.files()
    ran = ready.json("unmark", name)
    (result,) = ran.json["results"]
    assert (ran.code, result["removed"], result["output"]) == (0, 0, None)
    assert ready.files() == before


def test_a_numbered_copy_keeps_its_marks(ready):
    ready.json("register", "init", "--rehearsal")
    ran = ready.json(
        "stamp", "mau.docx", "--level", "toi-mat", "--number-sign", "12/KH-SM", "--copies", "1",
        "-o", "ra",
    )  # fmt: skip
    copy = ran.json["outputs"][0]["path"]
    before = ready.files()
    for order in (("unmark", copy), ("stamp", copy, "--level", "mat", "--restamp")):
        refused = ready.json(*order)
        assert (refused.code, refused.error["code"]) == (3, "marks.is_numbered_copy")
        assert refused.error["next_step"]
    assert ready.files() == before


def test_an_output_of_the_other_kind_is_refused(ready):
    ran = ready.json("unmark", "mau.docx", "-o", "goc.pdf")
    assert (ran.code, ran.error["code"]) == (3, "output.other_kind")


def test_restamping_leaves_exactly_one_mark(ready):
    ready.json("stamp", "mau.pdf", "--level", "mat", "-o", "a.pdf")
    refused = ready.json("stamp", "a.pdf", "--level", "toi-mat", "-o", "b.pdf")
    assert refused.error["code"] == "marks.already_marked"
    ran = ready.json("stamp", "a.pdf", "--level", "toi-mat", "--restamp", "-o", "b.pdf")
    (output,) = ran.json["outputs"]
    assert [one["id"] for one in output["marks"]] == ["toi-mat"]
    told = ran.json["notices"][0]
    assert {"code": "marks.replaced", "detail": {"marks": 1}}.items() <= told.items()
    assert words(ready.home / "b.pdf").count("TỐI MẬT") == 1
    assert (
        words(ready.home / "b.pdf").count("MẬT") == words(ready.home / "mau.pdf").count("MẬT") + 1
    )
    before = ready.files()
    same = ready.json("stamp", "b.pdf", "--level", "toi-mat", "--restamp")
    assert same.json["outputs"][0]["unchanged"] is True
    assert ready.files() == before
    assert ready.json("unmark", "b.pdf").json["results"][0]["removed"] == 1
    assert pixels(ready.home / "b.unmarked.pdf") == pixels(ready.home / "mau.pdf")


@pytest.mark.parametrize("name", ["b.docx", "b.pdf"])
def test_restamping_a_docx_leaves_exactly_one_mark(ready, name):
    ready.json("stamp", "mau.docx", "--level", "mat", "--drafter", "Lê Thị Soạn", "-o", "a.docx")
    ran = ready.json("stamp", "a.docx", "--level", "toi-mat", "--restamp", "-o", name)
    assert ran.code == 0, ran.out
    assert [one["id"] for one in ran.json["outputs"][0]["marks"]] == ["toi-mat"]
    out = ready.json("unmark", name).json["results"][0]
    assert (out["removed"], out["marks"][0]["stamp"]) == (1, "toi-mat")
    if name == "b.docx":
        assert canonical(ready.home / "b.unmarked.docx") == canonical(ready.home / "mau.docx")


def test_restamping_what_bears_no_mark_simply_marks(ready):
    plain = ready.json("stamp", "mau.pdf", "--level", "mat", "-o", "a.pdf")
    ran = ready.json("stamp", "mau.pdf", "--level", "mat", "--restamp", "-o", "b.pdf")
    assert ran.code == 0
    assert ran.json["notices"] == plain.json["notices"]
    assert (ready.home / "a.pdf").read_bytes() == (ready.home / "b.pdf").read_bytes()


def test_restamping_and_numbering_are_two_steps(ready):
    ran = ready.json(
        "stamp", "mau.pdf", "--level", "mat", "--restamp", "--number-sign", "1/A", "--copies", "2"
    )
    assert (ran.code, ran.error["code"]) == (2, "input.either")
