# SPDX-License-Identifier: Apache-2.0
"""What tests of several rooms share: one run of the program, and an office of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True)
settings.register_profile("dev", max_examples=40, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@dataclass(frozen=True)
class Ran:
    """How one run of ``bmnn-mark`` ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        return self.json["error"]


@dataclass(frozen=True)
class Clerk:
    """Somebody at a machine with a data folder of her own."""

    home: Path
    config: Path

    def run(self, *words, lang="en", **environment):
        done = subprocess.run(
            [sys.executable, "-m", "bmnn_mark", "--config", self.config, "--lang", lang, *words],
            capture_output=True,
            text=True,
            cwd=self.home,
            timeout=280,
            env={**os.environ, **environment},
        )
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def json(self, *words, **environment):
        return self.run("--json", *words, **environment)

    def files(self):
        """Everything below her folder with its bytes, the register's own files left out."""
        return {
            path.relative_to(self.home): path.read_bytes()
            for path in self.home.rglob("*")
            if path.is_file() and "data" not in path.relative_to(self.home).parts
        }


@pytest.fixture
def clerk(tmp_path):
    home = tmp_path / "clerk"
    home.mkdir()
    config = home / "config.toml"
    config.write_text(f'data_folder = "{home / "data"}"\nagency = "SỞ MẪU"\n')
    config.chmod(0o600)
    return Clerk(home, config)


@pytest.fixture(scope="session")
def sample_docx(tmp_path_factory):
    from bmnn_mark.documents.word.sample import write_sample

    path = tmp_path_factory.mktemp("sample") / "mau.docx"
    write_sample(path)
    return path


@pytest.fixture(scope="session")
def sample_pdf(sample_docx):
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{sample_docx.parent}/profile",
         "--convert-to", "pdf", "--outdir", sample_docx.parent, sample_docx],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return sample_docx.with_suffix(".pdf")
