# SPDX-License-Identifier: Apache-2.0
"""Who may do what at the same time on one machine: locks that end with their process.

One print run at a time, because clearing up after an interrupted one empties the queue; and while
somebody makes copies nobody takes what is only reserved for left behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bmnn_mark.errors import PrinterRefused, RegisterRefused
from bmnn_mark.files import os_reason, private_folder
from bmnn_mark.workflow.office import Office

_PRINTING, _MAKING = "printing.lock", "making.lock"
_ONLY_ROOT = 0o600


@contextmanager
def printing_turn(office: Office) -> Iterator[None]:
    """The one print run, or the one clearing up after it, of this office on this machine.

    Raises:
        PrinterRefused: ``print.running``: another program has its turn.
    """
    with _held(office, _PRINTING, fcntl.LOCK_EX) as mine:
        if not mine:
            raise PrinterRefused("print.running")
        yield


@contextmanager
def making_turn(office: Office) -> Iterator[None]:
    """From before numbers are reserved until their copies are made; many may do so at once."""
    with _held(office, _MAKING, fcntl.LOCK_SH):
        yield


@contextmanager
def nobody_makes(office: Office) -> Iterator[bool]:
    """Whether nobody on this machine is making copies; nobody begins to while it is held."""
    with _held(office, _MAKING, fcntl.LOCK_EX) as mine:
        yield mine


@contextmanager
def _held(office: Office, name: str, kind: int) -> Iterator[bool]:
    """Hold a lock of the office's data folder; whether it could be had."""
    handle = _open(office.data_folder, name)
    try:
        wait = 0 if kind == fcntl.LOCK_SH else fcntl.LOCK_NB
        try:
            fcntl.flock(handle, kind | wait)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _open(folder: Path, name: str) -> int:
    try:
        private_folder(folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(folder / name, flags, _ONLY_ROOT)
    except OSError as error:
        raise RegisterRefused("register.unwritable", reason=os_reason(error)) from error
