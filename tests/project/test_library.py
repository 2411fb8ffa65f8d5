# SPDX-License-Identifier: Apache-2.0
"""The public names: all there, none heavy, each documented, and the page about them true."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import bmnn_mark

PAGE = Path(__file__).parents[2] / "docs/library.md"
_CONTRACT = {
    "Level", "MarkRequest", "Recipient", "Register", "issue_copies", "mark", "print_copies",
    "trace",
}  # fmt: skip


def test_the_names_of_the_contract_are_public():
    assert set(bmnn_mark.__all__) >= _CONTRACT


@pytest.mark.parametrize("name", bmnn_mark.__all__)
def test_a_public_name_is_there_and_documented(name):
    assert (getattr(bmnn_mark, name).__doc__ or "").strip()
    assert f"`{name}`" in PAGE.read_text()
    assert name in dir(bmnn_mark)


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        bmnn_mark.nonsense  # noqa: B018


def test_importing_the_package_costs_less_than_five_milliseconds():
    script = (
        "import time; t = time.perf_counter(); import bmnn_mark; print(time.perf_counter() - t)"
    )
    best = min(
        float(subprocess.run([sys.executable, "-I", "-c", script], capture_output=True).stdout)
        for _ in range(5)
    )
    assert best < 0.005


def test_the_examples_of_the_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert ran.attempted > 5
    assert ran.failed == 0
