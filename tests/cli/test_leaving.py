# SPDX-License-Identifier: Apache-2.0
"""A run that is ended from outside leaves nothing of the document behind."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bmnn_mark.files import MEMORY_FOLDER


def converting(run):
    """The run's work folders (it holds the lock of each) if the office suite is at work there."""
    found = set()
    for handle in Path(f"/proc/{run.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile, or a folder of an earlier step
            folder = handle.readlink()
            if folder.is_relative_to(MEMORY_FOLDER) and any(folder.glob("*/office")):
                found.add(folder)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_stays_when_the_run_is_ended_while_it_converts(clerk, sample_docx, number):
    words = ["stamp", sample_docx, "--level", "mat", "--pdf", "-o", "out.pdf"]
    command = [sys.executable, "-m", "bmnn_mark", "--config", clerk.config, *words]
    command = ["env", "--default-signal", *command]  # tests may run where signals are ignored
    with subprocess.Popen(command, cwd=clerk.home, stderr=subprocess.DEVNULL) as run:
        ends_at = time.monotonic() + 30
        while not (ours := converting(run)):
            assert run.poll() is None
            assert time.monotonic() < ends_at
            time.sleep(0.01)
        run.send_signal(number)
        run.send_signal(number)
        assert run.wait(timeout=20) == 128 + number
    assert not [path for path in ours if path.exists()]
    assert not (clerk.home / "out.pdf").exists()
    assert not [one for one in Path("/proc").glob("[0-9]*/cmdline") if _names(one, ours)]


def _names(cmdline, folders):
    try:
        words = cmdline.read_bytes()
    except OSError:
        return False
    return any(str(folder).encode() in words for folder in folders)
