# SPDX-License-Identifier: Apache-2.0
"""Every branch of the judge is taken by a test that says what must come of it."""

import json
import subprocess
import sys
from pathlib import Path

from bmnn_mark.files import work_folder

HERE = Path(__file__).parent
#: Tests of rules by data. Those over generated facts are left out: they say little of each branch.
OF_RULES = (
    "test_judge.py", "test_parts.py", "test_hardware.py", "test_hardware_buses.py",
    "test_hardware_list.py", "test_hardware_rows.py", "test_hardware_storage.py",
    "test_history_judged.py", "test_software.py",
)  # fmt: skip
JUDGE = "bmnn_mark.printing.judge,bmnn_mark.printing.judging"


def test_every_branch_of_the_judge_is_taken():
    with work_folder() as folder:  # in memory: the trees of files are many
        left = not_taken(folder)
    assert left == {}


def not_taken(folder):
    """Lines and branches that no test took, by file."""
    data, shown = folder / "data", folder / "shown.json"
    coverage = [sys.executable, "-m", "coverage"]
    chosen = ["-q", "--noconftest", "-p", "no:cacheprovider", f"--basetemp={folder}/t"]
    chosen += ["-k", "not (milliseconds or thousand or quickly)"]
    pytest = ["-m", "pytest", *chosen, *(str(HERE / one) for one in OF_RULES)]
    run = [*coverage, "run", "--branch", f"--source={JUDGE}", f"--data-file={data}", *pytest]
    ran = subprocess.run(run, capture_output=True, check=False, cwd=HERE.parents[1], timeout=200)
    assert ran.returncode == 0, ran.stdout.decode()[-2000:] + ran.stderr.decode()[-2000:]
    tell = [*coverage, "json", f"--data-file={data}", "-o", str(shown)]
    subprocess.run(tell, capture_output=True, check=True, cwd=HERE.parents[1], timeout=60)
    files = json.loads(shown.read_text("utf-8"))["files"]
    assert any(name.endswith("judging/network.py") for name in files)
    return {
        name: (one["missing_lines"], one["missing_branches"])
        for name, one in files.items()
        if one["missing_lines"] or one["missing_branches"] or one["excluded_lines"]
    }
