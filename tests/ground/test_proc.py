# SPDX-License-Identifier: Apache-2.0
import time

import pytest

from bmnn_mark import proc
from bmnn_mark.errors import Fault


def test_programs_get_a_fixed_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("BMNN_SECRET", "1")
    done = proc.run([proc.program("env")], home=tmp_path, seconds=10)
    assert b"BMNN_SECRET" not in done.stdout
    assert f"HOME={tmp_path}".encode() in done.stdout


def test_a_program_is_ended_with_its_children(tmp_path):
    started = time.monotonic()
    shell = proc.program("sh")
    done = proc.run([shell, "-c", "sleep 30 & sleep 30"], home=tmp_path, seconds=0.5)
    assert done.timed_out
    assert time.monotonic() - started < 5


def test_a_program_without_network_sees_only_the_loopback(tmp_path):
    prefix = proc.network_free_prefix()
    assert prefix is not None
    done = proc.run([*prefix, proc.program("cat"), "/proc/net/dev"], home=tmp_path, seconds=10)
    names = [line.split(":")[0].strip() for line in done.stdout.decode().splitlines()[2:]]
    assert names == ["lo"]


def test_a_missing_tool_is_named():
    with pytest.raises(Fault) as fault:
        proc.program("bmnn-no-such-tool")
    assert fault.value.detail == {"tool": "bmnn-no-such-tool"}
