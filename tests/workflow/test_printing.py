# SPDX-License-Identifier: Apache-2.0
"""The whole way to paper with a real scheduler, on a real host without network."""

import json
import sys
from pathlib import Path

import pytest

from bmnn_mark import proc
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.printing.rehearsal import isolated


@pytest.fixture(scope="module")
def story(tmp_path_factory, sample_pdf):
    """What happened when the device broke down at the second of three copies."""
    home = tmp_path_factory.mktemp("print")
    other = home / "khac.docx"
    write_sample(other, number="99/KH-SM")
    scenario = Path(__file__).with_name("print_scenario.py")
    command = [sys.executable, str(scenario), str(sample_pdf), str(other), str(home / "data")]
    done = proc.run(isolated(command), home=home, seconds=200)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_run_stops_at_the_first_copy_that_fails(story):
    assert story["broken"] == ["device-done", "unknown", "void"]
    assert story["sheets_after_break"] == 1


def test_the_queue_stays_paused_until_a_person_resumes_it(story):
    assert story["paused"] == "printer.paused"


def test_nothing_of_the_document_stays_behind(story):
    assert story["spool_after_break"] == []
    assert story["spool"] == []
    assert story["leaked"] is False


def test_what_waits_for_a_person_is_listed(story):
    assert story["open"] == [1, 2]


def test_a_document_is_not_issued_twice(story):
    assert story["same_again"] == "register.already_issued"


def test_an_unknown_copy_is_not_tried_again_before_a_person_closed_it(story):
    assert story["before_closing"].startswith("register.")


def test_one_person_alone_calls_no_printed_sheet_spoiled(story):
    assert story["alone"] == "input.needed"


def test_print_row_50_a_second_run_beside_the_first_is_refused(story):
    assert story["running"] == "print.running"


def test_print_row_53_a_copy_beyond_the_number_is_refused_before_it_is_reserved(story):
    assert story["beyond"] == "register.no_such_copy"
    assert max(number for number, _, _ in story["attempts"]) == 3


def test_print_row_43_the_next_print_settles_what_a_killed_one_left(story):
    assert story["killed"] == -9
    assert story["crashed"] == [[1, "releasing"], [2, "produced"], [3, "produced"]]
    assert story["settled"] == [[1, "void"], [2, "void"], [3, "void"]]
    assert story["notices"] == [["print.settled", {"attempts": 1}]]
    assert story["next"] == ["device-done"] * 3
    assert story["next_sheets"] == 3


def test_what_another_machine_began_is_left_to_it(story):
    assert story["of_another_machine"] == ["created"]


def test_a_closed_run_goes_on_with_the_copies_that_are_missing(story):
    assert story["repaired"] == ["device-done", "device-done"]
    assert story["numbers"] == [2, 3]
    assert story["sheets"] == 3


def test_a_copy_is_tried_again_only_from_the_registered_file(story):
    assert story["other_file"] == "print.other_file"


def test_a_copy_printed_again_bears_the_very_same_marks_without_being_told(story):
    first, again = story["marks"]
    assert again == first
    assert {"level", "urgency", "noi-nhan", "page-code"} <= {mark["kind"] for mark in again}


def test_a_printed_copy_is_never_printed_again(story):
    assert story["printed_again"].startswith("register.")


def test_every_attempt_stands_in_the_register(story):
    assert story["attempts"] == [
        [1, 1, "printed"],
        [2, 1, "spoiled"],
        [2, 2, "device-done"],
        [3, 1, "void"],
        [3, 2, "device-done"],
    ]
    assert story["intact"] is True
