# SPDX-License-Identifier: Apache-2.0
"""The line to a confined process, with real processes at the other end."""

import dataclasses
import sys
import textwrap
import time

import pytest

from bmnn_mark import cage, worker
from bmnn_mark.errors import DocumentRefused, Fault, RulesRefused
from bmnn_mark.limits import DEFAULT_LIMITS

CHILD = """
import os, sys, time
from bmnn_mark.worker import Progress, TaskKind, serve
from bmnn_mark.errors import RulesRefused

def echo(request, on_progress):
    on_progress(Progress(phase="open", page=1, pages=2))
    print("a library that talks on standard output")
    return {"got": request["text"]}

def refuse(request, on_progress):
    raise RulesRefused("rules.no_pack", day="2019-01-01")

def break_down(request, on_progress):
    raise ValueError(request["text"])

def hang(request, on_progress):
    time.sleep(60)

def eat(request, on_progress):
    return len(bytearray(8 << 30))

def fill_up(request, on_progress):
    raise OSError(28, request["text"])

def die(request, on_progress):
    os.kill(os.getpid(), 11)

def babble(request, on_progress):
    os.write(answer_line(), b"no JSON\\n")

def lie(request, on_progress):
    os.write(answer_line(), b'{"refusal": {"kind": "SystemExit", "code": "x", "detail": {}}}\\n')

def make_up(request, on_progress):
    error = RulesRefused("rules.made_up_by_the_document")
    raise error

def mistype(request, on_progress):
    return [request["text"]]

def invent(request, on_progress):
    on_progress(Progress(phase="../secret words"))
    return request

def answer_line():
    return max(int(name) for name in os.listdir("/proc/self/fd") if pipe(name))

def pipe(name):
    try:
        return os.readlink("/proc/self/fd/" + name).startswith("pipe:") and int(name) > 2
    except OSError:
        return False

def linger(request, on_progress):
    import atexit
    atexit.register(time.sleep, 60)
    return {}

tasks = (
    echo, refuse, break_down, fill_up, hang, eat, die, babble, lie, make_up, mistype, invent, linger
)
serve({task.__name__: TaskKind(request=dict, run=task) for task in tasks})
"""


@pytest.fixture
def child(tmp_path, monkeypatch):
    """A module of tasks that the interpreter finds although it runs isolated and caged."""
    program, home = tmp_path / "program", tmp_path / "home"
    program.mkdir(0o755)
    home.mkdir(0o700)
    (program / "bmnn_test_child.py").write_text(textwrap.dedent(CHILD))
    launcher = program / "python"
    launcher.write_text(f'#!/bin/sh\nshift\nPYTHONPATH={program} exec {sys.executable} -s "$@"\n')
    launcher.chmod(0o755)
    monkeypatch.setattr(worker.sys, "executable", str(launcher))
    own = (*cage.own_places(), str(program))
    monkeypatch.setattr(cage, "own_places", lambda: own)
    limits = dataclasses.replace(DEFAULT_LIMITS, worker_stall_seconds=1.5)

    def call(task, text="secret words", **more):
        return worker.call(
            "bmnn_test_child", task, {"text": text}, dict, home=home, limits=limits, **more
        )

    return call


def test_a_result_and_its_progress_come_back(child):
    steps = []
    assert child("echo", on_progress=steps.append) == {"got": "secret words"}
    assert steps == [worker.Progress(phase="open", page=1, pages=2)]


def test_a_refusal_arrives_as_itself(child):
    with pytest.raises(RulesRefused, match="rules.no_pack") as refusal:
        child("refuse")
    assert refusal.value.detail == {"day": "2019-01-01"}


def test_a_fault_names_places_and_no_values(child):
    with pytest.raises(Fault, match="fault.unexpected") as fault:
        child("break_down")
    assert "ValueError" in str(fault.value.detail)
    assert "secret" not in str(fault.value.detail)


def test_a_full_disk_is_the_machines_want_and_no_fault_to_report(child):
    with pytest.raises(Fault, match="fault.machine_short") as fault:
        child("fill_up")
    assert fault.value.detail == {"reason": "ENOSPC"}


def test_silence_is_ended(child):
    started = time.monotonic()
    with pytest.raises(DocumentRefused, match="document.too_slow"):
        child("hang")
    assert time.monotonic() - started < 10


def test_memory_is_bounded(child):
    with pytest.raises(DocumentRefused, match="document.too_heavy"):
        child("eat")


def test_a_crash_is_a_refusal(child):
    with pytest.raises(DocumentRefused, match="document.reader_crashed"):
        child("die")


def test_a_caller_may_stop(child):
    def stop(_step):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        child("echo", on_progress=stop)


@pytest.mark.parametrize("task", ["babble", "lie", "make_up", "mistype", "invent"])
def test_an_answer_out_of_form_is_a_fault_without_its_words(child, task):
    with pytest.raises(Fault, match="worker_line") as caught:
        child(task)
    assert caught.value.detail == {}


def test_a_process_that_answers_and_does_not_end_is_too_slow(child):
    with pytest.raises(DocumentRefused, match="document.too_slow"):
        child("linger")
