# SPDX-License-Identifier: Apache-2.0
"""A clerk prints without root, by the shipped policy, and can do nothing else with the queue."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bmnn_mark.printing.rehearsal import isolated


@pytest.fixture(scope="module")
def story():
    scenario = Path(__file__).with_name("clerk_scenario.py")
    done = subprocess.run(
        isolated([sys.executable, "-I", str(scenario)]),
        capture_output=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_clerk_of_the_group_prints_without_root(story):
    assert (story["policy"], story["findings"]) == ("bmnn", [])
    assert story["clerk"] == [["device-done", ""]] * 2
    assert story["sheets"] == [3009, 3009]


def test_who_is_not_of_the_group_gets_no_word_of_the_guard(story):
    assert story["stranger"][0] == "guard.absent"
    assert story["stranger"][1] == {"reason": "EACCES"}


def test_a_clerk_may_make_jobs_and_nothing_else_whoever_he_says_he_is(story):
    assert story["acts"] == {
        "clerk": ["create"], "clerk as root": [], "stranger": [], "stranger as clerk": [],
    }  # fmt: skip


def test_a_job_without_a_ticket_came_to_no_device(story):
    assert story["starts"] == 2
