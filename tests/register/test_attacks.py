# SPDX-License-Identifier: Apache-2.0
"""Every attack on a register is noticed, or the table says honestly why nobody can."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import attack_list
from scene import Power

QUALITY = Path(__file__).parents[2] / "docs" / "quality.md"


@pytest.fixture(scope="module")
def present():
    return attack_list.table()


def test_every_attack_is_noticed_but_those_that_nobody_can_notice(present):
    rows = [line.split(" | ") for line in present.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(attack_list.ATTACKS) >= 60
    assert "(?)" not in present
    for attack, (_name, *cells) in zip(attack_list.ATTACKS, rows, strict=True):
        silent = {power for power in Power if "not found" in cells[power]}
        assert silent == set(attack.silent), attack.name
    assert len({name for name, *_ in rows}) == len(rows)
    noticed = [row for row in rows if "not found" not in str(row)]
    assert len(noticed) > 60


def test_the_file_alone_hides_nothing():
    silent = [one for one in attack_list.ATTACKS if Power.FILE in one.silent]
    assert {one.silent[Power.FILE] for one in silent} == {"c"}


def test_the_table_in_the_documentation_is_the_present_one(present):
    written = attack_list.table_in(QUALITY.read_text())
    assert written == present, "run script/tamper-table"
