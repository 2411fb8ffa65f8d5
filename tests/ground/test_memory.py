# SPDX-License-Identifier: Apache-2.0
"""What stays in memory: folders that are memory, and no image of a process on a disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from bmnn_mark import files, proc
from bmnn_mark.errors import Fault
from bmnn_mark.memory import is_memory

ASK = (
    "import ctypes, resource\n"
    "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
)
NO_DUMP = "(0, 0) 0\n"


def test_a_temporary_file_system_is_memory_and_a_disk_is_not(tmp_path):
    assert is_memory(Path("/dev/shm"))
    assert not is_memory(Path("/usr"))
    assert not is_memory(tmp_path / "missing")
    assert not is_memory(tmp_path, mounts=tmp_path / "no-table")


def test_a_mount_of_which_nothing_is_known_is_not_memory(tmp_path):
    table = tmp_path / "mounts"
    table.write_text("21 1 99:99 / /elsewhere rw - tmpfs tmpfs rw\n")
    assert not is_memory(tmp_path, mounts=table)


def test_documents_of_a_real_register_are_refused_where_no_folder_is_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MEMORY_FOLDER", tmp_path)
    with files.work_folder() as folder:  # of no register, or a rehearsal's
        assert folder.parent == tmp_path
    assert not is_memory(tmp_path)
    with (
        pytest.raises(Fault, match=r"fault\.no_memory_folder"),
        files.work_folder(memory_only=True),
    ):
        raise AssertionError
    monkeypatch.setattr(files, "MEMORY_FOLDER", tmp_path / "missing")
    with (
        pytest.raises(Fault, match=r"fault\.no_memory_folder"),
        files.work_folder(memory_only=True),
    ):
        raise AssertionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "begins",
    [
        "from bmnn_mark.memory import forbid_dumps; forbid_dumps()\n",
        "import bmnn_mark.cli as c; c.main(['rules', 'list'])\n",
        "import io, sys; import bmnn_mark.worker as w; sys.argv = ['x', 'none']\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b'{}'))\n"
        "import os; out = os.dup(1); w.serve({}); os.dup2(out, 1)\n",
    ],
)
def test_processes_that_hold_documents_leave_no_image_of_themselves(begins):
    done = subprocess.run(
        [sys.executable, "-c", begins + ASK], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.endswith(NO_DUMP), done.stderr


def test_programs_that_are_started_for_documents_leave_none_either(tmp_path):
    done = proc.run(
        [sys.executable, "-c", "import resource; print(resource.getrlimit(4))"],
        home=tmp_path, seconds=30,
    )  # fmt: skip
    assert done.stdout == b"(0, 0)\n"
