# SPDX-License-Identifier: Apache-2.0
"""``register export``, and what a clerk hears of a clock that was set back."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bmnn_mark.register.opening import create_register
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.rules import Level

VERIFIER = Path(__file__).parents[2] / "examples" / "verify_archive.py"


@pytest.fixture
def attempts(clerk):
    """Attempts that a person has to close, entered in 2099."""
    data = clerk.home / "data"
    register = create_register(
        f"sqlite:///{data / 'register.db'}",
        data,
        agency="Sở Mẫu",
        actor="An",
        rehearsal=True,
        clock=lambda: datetime(2099, 1, 1, tzinfo=UTC),
    )
    request = IssueRequest(
        identity=DocumentIdentity(agency="Sở Mẫu", number_sign="1/BC", dated=date(2026, 3, 2)),
        level=Level.MAT,
        pack="nd63-2026",
        recipients=(Recipient(name="Bình", copies=2),),
        pages=1,
        source_sha256="00" * 32,
        actor="An",
    )
    copies = register.reserve(request).copies
    for state in (CopyState.CREATED, CopyState.UNKNOWN):
        register.record(
            tuple(CopyRecord(attempt_id=one.attempt_id, state=state, actor="An") for one in copies)
        )
    return [one.attempt_id for one in copies]


def test_a_clock_set_back_is_said_beside_the_result(clerk, attempts):
    ran = clerk.json("register", "close", attempts[0], "--outcome", "printed")
    assert (ran.code, ran.json["state"]) == (0, "printed")
    assert "clock is" in ran.err
    spoiled = ("register", "close", attempts[1], "--outcome", "spoiled")
    two = ("--second-actor", "Lê Bình", "--reason", "kẹt giấy, đã huỷ")
    quiet = clerk.run("--quiet", *spoiled, *two)
    assert (quiet.code, quiet.err) == (0, "")
    assert clerk.json("register", "verify").json["clock_set_back"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "input.needed"),
        (("--second-actor", "Lê Bình"), "input.needed"),
        (("--second-actor", "An", "--reason", "kẹt giấy"), "input.two_people"),
    ],
)
def test_a_sheet_is_called_spoiled_by_two_people_and_for_a_reason(clerk, attempts, words, code):
    spoiled = ("register", "close", attempts[0], "--outcome", "spoiled", "--actor", "An")
    assert clerk.json(*spoiled, *words).error["code"] == code
    printed = ("register", "close", attempts[0], "--outcome", "printed")
    assert clerk.json(*printed, "--reason", "kẹt giấy").error["code"] == "input.together"
    assert clerk.json(*printed).code == 0


def test_an_archive_is_written_and_good(clerk, attempts):
    told = clerk.json("register", "export", "-o", "so.zip").json
    assert (told["events"], told["opened"], told["output"]) == (8, False, "so.zip")
    done = subprocess.run(
        [sys.executable, VERIFIER, "--key", told["fingerprint"], clerk.home / "so.zip"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert clerk.json("register", "export", "-o", "so.zip").error["code"] == "output.exists"
    again = clerk.run("register", "export", "-o", "so.zip", "--overwrite")
    assert (again.code, told["fingerprint"] in again.out) == (0, True)


def test_an_opened_archive_must_be_meant(clerk, attempts):
    refused = clerk.json("register", "export", "--opened", "-o", "mo.zip")
    assert (refused.code, refused.error["code"]) == (2, "archive.opened_unconfirmed")
    assert not (clerk.home / "mo.zip").exists()
    refused = clerk.json("register", "export", "--confirm-opened", "-o", "mo.zip")
    assert refused.error["code"] == "input.together"
    ran = clerk.run("register", "export", "--opened", "--confirm-opened", "-o", "mo.zip")
    assert ran.code == 0
    data = (clerk.home / "mo.zip").read_bytes()
    assert "Bình".encode() in data
    assert (clerk.home / "mo.zip").stat().st_mode & 0o777 == 0o600
