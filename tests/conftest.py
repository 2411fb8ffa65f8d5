# SPDX-License-Identifier: Apache-2.0
"""What tests of several rooms share: one run of the program, and an office of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
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


@pytest.fixture
def life_office():
    """Makes an office with an empty register; it is always 2026-11-22 there."""
    from bmnn_mark.config import Config
    from bmnn_mark.workflow.bookkeeping import create
    from bmnn_mark.workflow.office import office_for

    def make(folder, *, rehearsal=False):
        office = replace(
            office_for(Config(data_folder=str(folder), agency="SỞ MẪU"), None),
            today=lambda: date(2026, 11, 22),
            now=lambda: datetime(2026, 11, 22, 3, tzinfo=UTC),
        )
        create(office, agency=None, rehearsal=rehearsal, actor="An")
        return office

    return make


@pytest.fixture
def issue():
    """Enters a document and its copies as written to files, without any document."""
    from bmnn_mark.register.port import (
        CopyRecord,
        CopyState,
        DocumentIdentity,
        IssueRequest,
        Recipient,
    )  # fmt: skip
    from bmnn_mark.rules import Level

    def make(office, number_sign="12/BC-SM", *, states=("produced", "exported"), **changes):
        identity = DocumentIdentity(
            agency="SỞ MẪU", number_sign=number_sign, dated=date(2026, 11, 5)
        )
        names = ("Phòng A", "Phòng B", "")
        values = {
            "identity": identity,
            "level": Level.TOI_MAT,
            "pack": "nd63-2026",
            "recipients": tuple(Recipient(name=name) for name in names),
            "pages": 2,
            "source_sha256": sha256(number_sign.encode()).hexdigest(),
            "actor": "An",
        }
        register = office.open_register()
        made = register.reserve(IssueRequest(**values | changes))
        for state in states:
            register.record(
                tuple(
                    CopyRecord(attempt_id=one.attempt_id, state=CopyState(state), actor="An")
                    for one in made.copies
                )
            )
        return made

    return make
