# SPDX-License-Identifier: Apache-2.0
"""Every bomb ends in time, by its name, within bounds of memory, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bombs import BOMBS, Bomb

from bmnn_mark.documents import confined
from bmnn_mark.documents.checking.model import CheckTask
from bmnn_mark.documents.model import MarkRequest, MarkTask
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS, MIB, Limits
from bmnn_mark.rules import Level

PACK = "tt24-2020"
#: Silence after which the reader of a bomb that works without end is ended; of the others, far off.
PATIENCE, FAR_OFF = 2.0, 30.0
SLOW = "document.too_slow"
QUICK = [one for one in BOMBS if one.code not in {SLOW, None}]


def limits_for(one: Bomb) -> Limits:
    patience = PATIENCE if one.code == SLOW else FAR_OFF
    return dataclasses.replace(
        DEFAULT_LIMITS, worker_stall_seconds=patience, render_seconds=5.0,
        worker_memory_bytes=2048 * MIB,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A private work folder and, beside it, where the bomb lies."""
    work = tmp_path / "work"
    work.mkdir(mode=0o700)
    return work


def written(one: Bomb, work: Path) -> Path:
    path = work.parent / f"source.{one.kind}"
    path.write_bytes(one.make())
    return path


def mark(one: Bomb, work: Path):
    run = confined.mark_docx if one.kind == "docx" else confined.mark_pdf
    request = MarkRequest(level=Level.MAT, pack=PACK)
    source = written(one, work)
    return lambda: run(
        MarkTask(
            source=str(source), target=str(work / "marked"), work=str(work), request=request,
            limits=limits_for(one),
        )
    )  # fmt: skip


def check(one: Bomb, work: Path):
    run = confined.check_docx if one.kind == "docx" else confined.check_pdf
    source = written(one, work)
    return lambda: run(
        CheckTask(source=str(source), work=str(work), pack=PACK, limits=limits_for(one))
    )


def test_there_are_at_least_twenty_of_them_each_with_its_number():
    numbers = [one.number for one in BOMBS]
    assert numbers == list(range(1, len(BOMBS) + 1))
    assert sum(one.code is not None for one in BOMBS) >= 20


@pytest.mark.parametrize("one", BOMBS, ids=lambda one: f"{one.number:02}-{one.name}")
def test_a_bomb_is_refused_by_name_or_does_no_harm(one, folder):
    run = mark(one, folder)
    started = time.monotonic()
    if one.code is None:
        assert run().pages == 1
        return
    with pytest.raises(DocumentRefused) as refusal:
        run()
    assert refusal.value.code == one.code
    assert time.monotonic() - started < limits_for(one).worker_stall_seconds + 20
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("one", QUICK[::2], ids=lambda one: f"{one.number:02}-{one.name}")
def test_a_bomb_is_refused_by_name_when_it_is_checked(one, folder):
    run = check(one, folder)
    with pytest.raises(DocumentRefused) as refusal:
        run()
    assert refusal.value.code == one.code
    assert list(folder.iterdir()) == []
