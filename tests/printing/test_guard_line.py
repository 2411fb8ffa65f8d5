# SPDX-License-Identifier: Apache-2.0
"""The clerk's line to the guard, against one that says anything; and the guard's own eyes."""

import json
import os
import select
import signal
import socket
import threading
import time

import pytest

from bmnn_mark.errors import BmnnMarkError, HostUnknown, PrinterRefused, RegisterRefused
from bmnn_mark.printing.evidence.collecting import THIS_HOST
from bmnn_mark.printing.guard.client import GuardLine, Watch
from bmnn_mark.printing.guard.looking import LOOK_SECONDS, Eyes, Seen
from bmnn_mark.printing.guard.place import GuardPlace

GONE = object()


@pytest.fixture
def scripted(tmp_path):
    """Give what is said to each question in turn; ``GONE`` ends the connection."""
    place = GuardPlace.below(tmp_path)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(place.socket))
    door.listen()
    answers, asked = [], []

    def serve():
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            with line, line.makefile("rb") as file:
                while answers and (question := file.readline()):
                    asked.append(json.loads(question))
                    said = answers.pop(0)
                    if said is GONE:
                        break
                    for part in said if isinstance(said, list) else [said]:
                        line.sendall(part)
                        time.sleep(0.01)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield place, answers, asked
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def code_of(call):
    with pytest.raises(BmnnMarkError) as caught:
        call()
    return caught.value.code


GARBLED = [
    b"\n", b"[]\n", b"7\n", b"{nonsense\n", b"\xff\n", b'{"value":7}\n', b'{"value":{}}\n',
    b'{"value":[{"attempt_id":7}]}\n', b"[" * 60000 + b"\n",
]  # fmt: skip


@pytest.mark.parametrize("said", GARBLED, ids=range(len(GARBLED)))
def test_an_answer_that_is_not_one_is_no_answer(scripted, said):
    place, answers, _ = scripted
    answers[:] = [said]
    with GuardLine(place, seconds=5.0) as line:
        assert code_of(lambda: line.receipts(["a1" * 16])) == "guard.garbled"


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ({"code": "guard.clearing", "kind": "PrinterRefused", "detail": {}}, PrinterRefused,
         "guard.clearing"),
        ({"code": "host.unknown", "kind": "HostUnknown", "detail": {}}, HostUnknown,
         "host.unknown"),
        ({"code": "x.y", "kind": "RegisterRefused", "detail": {"n": 1}}, RegisterRefused, "x.y"),
        ({"code": "x.y", "kind": "SystemExit", "detail": {}}, PrinterRefused, "x.y"),
        ({"code": "x.y", "kind": ["x"], "detail": {}}, BmnnMarkError, "fault.unexpected"),
        ({"code": "x.y"}, BmnnMarkError, "fault.unexpected"),
        ("no", BmnnMarkError, "fault.unexpected"),
        (None, BmnnMarkError, "fault.unexpected"),
    ],
)  # fmt: skip
def test_a_refusal_comes_as_what_it_is_and_nothing_else_is_raised(scripted, said, kind, code):
    place, answers, _ = scripted
    answers[:] = [json.dumps({"refused": said}).encode() + b"\n"]
    with GuardLine(place, seconds=5.0) as line, pytest.raises(kind) as caught:
        line.report()
    assert caught.value.code == code


def test_an_answer_may_come_in_pieces_and_after_other_words(scripted):
    place, answers, asked = scripted
    answers[:] = [[b'{"changed":"x"}\n{"va', b'lue":', b"true}\n"], b'{"value":false}\n']
    with GuardLine(place, seconds=5.0) as line:
        assert line.pause() is True
        assert line.pause() is False
    assert asked == [{"op": "pause", "with": {}}] * 2


def test_a_line_that_ended_is_made_anew_with_the_next_question(scripted):
    place, answers, _ = scripted
    answers[:] = [GONE]
    with GuardLine(place, seconds=5.0) as line:
        assert code_of(line.pause) == "guard.absent"
        answers[:] = [b'{"value":true}\n']
        assert line.pause() is True


def test_a_guard_that_says_nothing_is_waited_for_no_longer_than_told(scripted):
    place, answers, _ = scripted
    answers[:] = [b"", b""]
    began = time.monotonic()
    with GuardLine(place, seconds=0.5) as line:
        assert code_of(line.pause) == "guard.no_answer"
    assert time.monotonic() - began < 2.0


def test_no_guard_is_a_refusal(tmp_path):
    with GuardLine(GuardPlace.below(tmp_path)) as line:
        assert code_of(line.report) == "guard.absent"
    assert code_of(lambda: Watch(GuardPlace.below(tmp_path))) == "guard.absent"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b'{"changed":"guard.overrun"}\n', "guard.overrun"),
        (b'{"changed":""}\n', "guard.lost"),
        (b"{}\n", "guard.lost"),
        (b"nonsense\n", "guard.lost"),
        (b'{"value":{}}\n', "guard.lost"),
        (b'{"chan', "guard.lost"),
    ],
)
def test_a_watch_takes_whatever_it_does_not_understand_for_a_change(scripted, said, code):
    place, answers, _ = scripted
    answers[:] = [[b'{"value":{}}\n', said]]
    with Watch(place) as watch:
        assert select.select([watch], [], [], 5.0)[0]
        assert watch.changed(0.5) == code
        assert watch.changed() == code


def test_a_watch_ends_with_its_guard(scripted):
    place, answers, _ = scripted
    answers[:] = [b'{"value":{}}\n', GONE]
    with Watch(place) as watch:
        watch._line._socket.sendall(b"{}\n")
        assert watch.changed(5.0) == "guard.lost"


# --- the guard's eyes ---


@pytest.fixture
def eyes(tmp_path):
    looking = Eyes(GuardPlace.below(tmp_path), THIS_HOST)
    looking.open()
    yield looking
    looking.close()


def wait_for_word(eyes, seconds=20.0):
    assert select.select([eyes], [], [], seconds)[0]
    return eyes.hear(time.monotonic())


def until_told(eyes, told, many):
    while len(told) < many:
        assert wait_for_word(eyes)


def test_who_asks_during_a_look_gets_the_next_and_all_of_them_get_one(eyes):
    told = []
    eyes.ask(lambda seen: told.append(("first", seen)), 1.0, 0)
    for name in ("second", "third"):
        eyes.ask(lambda seen, name=name: told.append((name, seen)), 2.0, 0)
    until_told(eyes, told, 1)
    assert [name for name, _ in told] == ["first"]
    until_told(eyes, told, 3)
    (_, first), (_, second), (_, third) = told
    assert isinstance(first, Seen)
    assert second is third
    assert second.snapshot_sha256 != first.snapshot_sha256


def test_who_asks_again_when_told_is_told_again_and_nobody_is_forgotten(eyes):
    told, turns = [], []

    def again(seen):
        told.append(seen)
        turns.append(seen)
        if len(turns) < 4:
            eyes.ask(again, 1.0, len(turns))

    eyes.ask(again, 1.0, 0)
    eyes.ask(told.append, 1.0, 0)
    eyes.ask(told.append, 1.0, 0)
    until_told(eyes, told, 6)
    assert all(isinstance(one, Seen) for one in told)


def test_eyes_that_hang_are_ended_and_say_nothing(eyes):
    told = []
    eyes.ask(told.append, 100.0, 0)
    until_told(eyes, told, 1)
    hung = eyes._process.pid
    os.kill(hung, signal.SIGSTOP)
    eyes.ask(told.append, 200.0, 0)
    eyes.ask(told.append, 201.0, 0)
    assert not eyes.overdue(200.0 + LOOK_SECONDS)
    assert eyes.overdue(200.1 + LOOK_SECONDS)
    eyes.blind(300.0)
    assert not eyes.overdue(300.0)
    assert isinstance(told[1], HostUnknown)
    assert eyes._process.pid != hung
    until_told(eyes, told, 3)  # who asked later was asked for anew
    assert isinstance(told[2], Seen)


@pytest.mark.parametrize("said", [b"x\n", b"{}\n", b"[]\n", b'{"report":{}}\n', b'{"report":7}\n'])
def test_a_look_that_does_not_read_is_none(eyes, said):
    told = []
    eyes.ask(told.append, 1.0, 0)
    eyes._said += said
    wait_for_word(eyes)
    assert isinstance(told[0], HostUnknown)
