# SPDX-License-Identifier: Apache-2.0
"""Paths that a clerk or a saboteur may give: named refusals, no fault, no hang."""

import os

import pikepdf
import pytest


@pytest.fixture
def paper(clerk):
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595.28, 841.89))
    pdf.save(clerk.home / "a.pdf")
    return clerk


LONG = "x" * 300


@pytest.mark.parametrize("output", [LONG, "x" * 255 + "/y.pdf", LONG + "/y.pdf"])
def test_an_output_whose_name_is_too_long_is_refused_by_name(paper, output):
    ran = paper.json("stamp", "a.pdf", "--level", "mat", "-o", output)
    assert (ran.code, ran.error["code"]) == (3, "output.unwritable")


def test_a_document_whose_result_would_have_too_long_a_name_is_refused(paper):
    name = "x" * 248 + ".pdf"
    (paper.home / "a.pdf").rename(paper.home / name)
    ran = paper.json("stamp", name, "--level", "mat")
    assert (ran.code, ran.error["detail"]) == (3, {"reason": "ENAMETOOLONG"})


def test_a_long_word_that_is_no_code_is_no_fault(paper):
    assert paper.json("register", "init", "--rehearsal").code == 0
    ran = paper.json("trace", LONG)
    assert (ran.code, ran.error["code"]) == (2, "trace.reference_wrong")


def test_names_that_are_not_utf8_are_refused_before_any_work(paper):
    odd = os.fsdecode(b"a\xff.pdf")
    (paper.home / odd).write_bytes((paper.home / "a.pdf").read_bytes())
    before = paper.files()
    ran = paper.json("stamp", odd, "--level", "mat")
    assert (ran.code, ran.error["code"]) == (3, "document.name_not_utf8")
    ran = paper.json("stamp", "a.pdf", "--level", "mat", "-o", os.fsdecode(b"\xfe.pdf"))
    assert (ran.code, ran.error["code"]) == (3, "output.name_not_utf8")
    assert paper.files() == before


def test_a_pipe_a_device_and_a_folder_are_no_documents_and_no_lists(paper):
    os.mkfifo(paper.home / "pipe")
    assert paper.json("register", "init", "--rehearsal").code == 0
    for word, reason in (("pipe", "ENXIO"), ("/dev/zero", "ENXIO"), (".", "EISDIR")):
        ran = paper.json("stamp", word, "--level", "mat")
        assert (ran.code, ran.error["code"]) == (3, "document.unreadable")
        assert ran.error["detail"] == {"reason": reason}
        words = ["stamp", "a.pdf", "--level", "mat", "--number-sign", "1/BC", "--to", word]
        ran = paper.json(*words)
        assert (ran.code, ran.error["code"]) == (2, "recipients.unreadable")
        assert ran.error["detail"] == {"reason": reason}


def test_two_documents_of_one_name_do_not_overwrite_each_other(paper):
    for folder in ("x", "y"):
        (paper.home / folder).mkdir()
        (paper.home / folder / "a.pdf").write_bytes((paper.home / "a.pdf").read_bytes())
    words = ["stamp", "x/a.pdf", "y/a.pdf", "--level", "mat", "-o", "out", "--overwrite"]
    ran = paper.json(*words)
    assert (ran.code, ran.error["code"]) == (2, "input.same_output")
    assert not (paper.home / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("stamp", "a.pdf", "--level", "mat", "-o", ""),
        ("stamp", "a.pdf", "--level", "mat", "--number-sign", "1/A", "--copies", "2", "-o", " "),
        ("unmark", "a.pdf", "-o", ""),
        ("demo", "--out", ""),
        ("--register", "", "register", "list"),
        ("--config", "", "register", "list"),
    ],
)
def test_a_place_that_is_named_by_nothing_is_refused(paper, words):
    before = paper.files()
    ran = paper.json(*words)
    assert (ran.code, ran.error["code"]) == (2, "input.empty")
    assert paper.files() == before


def test_a_name_cannot_command_the_terminal(paper):
    name = "\x1b[2J\x9b31m\x7fa\u202e.pdf"
    (paper.home / "a.pdf").rename(paper.home / name)
    told = paper.run("stamp", name, "--level", "mat")
    assert told.code == 0
    assert not set("\x1b\x9b\x7f\u202e") & set(told.out + told.err)
    as_json = paper.json("stamp", name, "--level", "mat", "--overwrite")
    assert not set("\x1b\x9b\x7f\u202e") & set(as_json.out)
    assert as_json.json["outputs"][0]["input"] == name


def test_blanks_round_a_typed_code_or_reference_are_nothing(paper):
    assert paper.json("register", "init", "--rehearsal").code == 0
    words = ["--number-sign", "1/A", "--copies", "1"]
    made = paper.json("stamp", "a.pdf", "--level", "mat", *words, "-o", "out").json
    reference = made["outputs"][0]["short_reference"]
    strange = "BM1:" + "0" * 63
    ran = paper.json("trace", f" {reference} ", f"\t{strange} ")
    assert [one["trace"] for one in ran.json["codes"]] == ["reference", "not-ours"]


@pytest.mark.parametrize(
    "asked",
    [
        ("envelope", "--level", "mat", "--recipient", "Sở Nội vụ", "--sender", "UBND xã"),
        ("stamp", "mau.pdf", "--level", "mat", "--number-sign", "1/BC", "--copies", "2"),
        ("stamp", "mau.pdf", "hai.pdf", "--level", "mat"),
    ],
)
def test_refuses_the_name_of_a_file_where_a_folder_is_made(clerk, sample_pdf, asked):
    for name in ("mau.pdf", "hai.pdf"):
        (clerk.home / name).write_bytes(sample_pdf.read_bytes())
    ran = clerk.json(*asked, "-o", "ra.pdf")
    assert (ran.code, ran.error["code"]) == (2, "input.folder_wanted")
    assert not (clerk.home / "ra.pdf").exists()
