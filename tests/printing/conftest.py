# SPDX-License-Identifier: Apache-2.0
"""What tests of printing share: an empty network to be in, and an administrator's hand."""

import ctypes
import os
import subprocess
import time

import pytest

from bmnn_mark.files import work_folder
from bmnn_mark.printing.rehearsal import private_scheduler

CLONE_NEWNET = 0x40000000


@pytest.fixture
def own_network():
    """Enter an empty network namespace, so that the host's own traffic is not seen."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    assert libc.unshare(CLONE_NEWNET) == 0, "these tests need root"
    try:
        yield
    finally:
        assert libc.setns(home, CLONE_NEWNET) == 0
        os.close(home)


@pytest.fixture
def room(own_network, monkeypatch):
    """A private scheduler, without a guard."""
    monkeypatch.delenv("CUPS_SERVER", raising=False)
    with work_folder() as folder, private_scheduler(folder) as cupsd:
        yield cupsd


def lpadmin(cupsd, *arguments):
    """Change the private scheduler's queues as an administrator would."""
    command = ["/usr/sbin/lpadmin", "-h", str(cupsd.socket), *arguments]
    subprocess.run(command, check=True, timeout=20, capture_output=True)


def wait_for(condition, seconds=8.0):
    """Wait until a condition holds."""
    ends_at = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < ends_at, "the condition never came true"
        time.sleep(0.01)
    return answer
