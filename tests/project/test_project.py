# SPDX-License-Identifier: Apache-2.0
"""What the project promises about itself: light imports, true documents, small rooms."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bmnn_mark.cli.app import COMMANDS
from bmnn_mark.errors import ExitCode

ROOT = Path(__file__).parents[2]
HEAVY = {"PIL", "pikepdf", "pypdf", "pypdfium2", "docx", "lxml", "sqlalchemy", "cryptography",
         "cups", "qrcode", "fontTools", "rich"}  # fmt: skip


def modules_after(statement):
    script = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "statement", ["import bmnn_mark", "import bmnn_mark.cli.app", "import bmnn_mark.rules"]
)
def test_importing_stays_light(statement):
    assert not HEAVY & modules_after(statement)


def test_the_command_table_of_the_docs_is_the_code():
    text = (ROOT / "docs/cli.md").read_text()
    named = set(re.findall(r"^\| `(\w+)", text, re.MULTILINE))
    assert named == set(COMMANDS)


def test_the_exit_codes_of_the_docs_are_the_code():
    table = (ROOT / "docs/cli.md").read_text().split("## Exit codes")[1]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [
        code.value for code in ExitCode
    ]


def test_modules_stay_rooms_and_not_halls():
    long = {
        str(path.relative_to(ROOT)): count
        for path in ROOT.glob("bmnn_mark/**/*.py")
        if (count := len(path.read_text().splitlines())) > 420
    }
    assert not long
    assert not list(ROOT.glob("bmnn_mark/**/utils.py"))
    assert not list(ROOT.glob("bmnn_mark/**/common.py"))


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
def test_locks_are_hashed_and_name_no_host(lock):
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    pins = re.findall(r"^[\w.-]+==", text, re.MULTILINE)
    assert len(pins) > 15
    assert text.count("--hash=sha256:") >= len(pins)


def test_every_source_file_names_its_licence():
    for folder in ("bmnn_mark", "tests", "examples", "benchmarks"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            assert path.read_text().startswith("# SPDX-License-Identifier: Apache-2.0"), path


def test_links_between_documents_lead_somewhere():
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "SECURITY.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"
