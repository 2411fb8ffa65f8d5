# SPDX-License-Identifier: Apache-2.0
"""Every example runs from anywhere and says what it promises."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SAYS = {
    "issue_numbered_copies.py": ["2/3", "page 3: consistent", "register intact: True"],
    "judge_this_host.py": ["baseline.missing"],
    "mark_a_document.py": ["toi-mat: page 1, 30.0 x 8.0 mm", "pdfium", "poppler"],
    "own_register.py": [
        "consistent: copy 2 of 2, page 2, exported, for Văn thư Sở Mẫu",
        "reference: copy 2 of 2, page None, exported, for Văn thư Sở Mẫu",
    ],
    "sample_document.py": [],
}
#: Run by tests/register/test_archive.py, on archives good and bad.
ELSEWHERE = {"verify_archive.py"}


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == SAYS.keys() | ELSEWHERE


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs_from_anywhere(name, tmp_path):
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for words in SAYS[name]:
        assert words in done.stdout
