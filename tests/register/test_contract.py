# SPDX-License-Identifier: Apache-2.0
"""What RegisterPort promises: kept by our register and by the example, missed by broken ones."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.port import (
    CopyRecord,
    FoundCode,
    IssueRequest,
    RegisterPort,
    Reservation,
    Witness,
)
from bmnn_mark.register.store import Register
from bmnn_mark.register.tickets import SIGNED_AS
from bmnn_mark.testing import RegisterPortContract
from bmnn_mark.tracking.code import PageCode


class Place(Protocol):
    """Where the tests keep a register; see ``conftest.py``."""

    def create(self, *, rehearsal: bool = False) -> Register: ...

    def open(self) -> Register: ...


EXAMPLE = Path(__file__).parents[2] / "examples" / "own_register.py"


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_register", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestOurRegister(RegisterPortContract):
    """On each engine."""

    @pytest.fixture(autouse=True)
    def _place(self, place: Place) -> None:
        self.place = place

    def new_register(self, folder: Path) -> RegisterPort:
        return self.place.create(rehearsal=True)

    def reopened(self, register: RegisterPort, folder: Path) -> RegisterPort:
        return self.place.open()


class TestTheExample(RegisterPortContract):
    def new_register(self, folder: Path) -> RegisterPort:
        made: RegisterPort = load_example().DocumentManagement(folder / "van-ban.db")
        return made

    def reopened(self, register: RegisterPort, folder: Path) -> RegisterPort:
        return self.new_register(folder)


class Broken:
    """Our register, with one promise broken by each subclass."""

    def __init__(self, register: Register) -> None:
        self.kept = register

    def __getattr__(self, name: str) -> object:
        return getattr(self.kept, name)


class SpendsNumbersTwice(Broken):
    def reserve(self, request: IssueRequest) -> Reservation:
        done = self.kept.reserve(request)
        return replace(done, copies=tuple(replace(one, number=1) for one in done.copies))


class BelievesEverySheet(Broken):
    def find_code(self, code: PageCode) -> FoundCode:
        return replace(self.kept.find_code(code), witness=Witness.AGREES)


class ForgetsSteps(Broken):
    def record(self, records: tuple[CopyRecord, ...]) -> None:
        del records


class SignsWhateverItIsAsked(Broken):
    def ticket(self, attempt_id: str, payload: bytes) -> bytes:
        del attempt_id
        return self.kept._sealing.keys.sign(SIGNED_AS + payload)


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (SignsWhateverItIsAsked, "test_no_ticket_is_signed_before_its_step_or_after_the_next"),
        (SignsWhateverItIsAsked, "test_no_other_ticket_is_signed_than_the_one_entered"),
        (SpendsNumbersTwice, "test_copies_are_numbered_from_1_to_n_in_the_recipients_order"),
        (BelievesEverySheet, "test_a_place_beyond_the_end_tells_of_a_truncated_history"),
        (BelievesEverySheet, "test_another_root_tells_of_a_rewritten_history"),
        (ForgetsSteps, "test_while_one_attempt_lives_there_is_no_other"),
    ],
)
def test_a_broken_promise_is_noticed(broken: type[Broken], promise: str, place: Place) -> None:
    register = broken(place.create(rehearsal=True))
    with pytest.raises((AssertionError, pytest.fail.Exception, RegisterRefused)):
        getattr(TestOurRegister(), promise)(register)
