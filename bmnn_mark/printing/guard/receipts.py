# SPDX-License-Identifier: Apache-2.0
"""Reading what the gate left of each start at the device; root's files, by attempt."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.guard.protocol import End, Receipt, ReceiptState, Start

_ATTEMPT = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 1 << 16
_RECEIPT_BYTES = 1 << 12  # more than one takes

T = TypeVar("T")


def demand_attempt(untrusted_id: str) -> str:
    """The id of an attempt, which is to become part of a file's name.

    Raises:
        PrinterRefused: ``guard.asked_wrong``.
    """
    if not _ATTEMPT.fullmatch(untrusted_id):
        raise PrinterRefused("guard.asked_wrong", what="attempt")
    return untrusted_id


def has_receipt(folder: Path, attempt_id: str) -> bool:
    """Whether an attempt ever came to the device, or anything says so."""
    return any(_there(folder / f"{attempt_id}.{end}") for end in ("start", "end"))


def is_spent(folder: Path, attempt_id: str) -> bool:
    """Whether an attempt's ticket opens the gate no more: it did, or the attempt was called off."""
    return has_receipt(folder, attempt_id) or _there(folder / f"{attempt_id}.void")


def call_off(folder: Path, attempt_id: str) -> None:
    """Have the ticket of an attempt that never started be worth nothing for the rest of the boot.

    A register that then enters VOID may give the copy another attempt; the first one's ticket is
    good for some minutes still, and a job with it could otherwise be sent once more.

    Raises:
        PrinterRefused: ``guard.receipts_unwritable``; then nothing may be said of the attempt.
    """
    try:
        (folder / f"{attempt_id}.void").touch(mode=0o600)
    except OSError as error:
        raise PrinterRefused("guard.receipts_unwritable", reason=os_reason(error)) from error


def demand_room(folder: Path) -> None:
    """Refuse where a receipt could not be written now, or others could take one away.

    Raises:
        PrinterRefused: ``guard.receipts_unwritable``.
    """
    trial = folder / ".trial"
    try:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "")
        if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PrinterRefused("guard.receipts_unwritable", reason="WRITABLE_BY_OTHERS")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(trial, flags, 0o600), "wb") as file:
            file.write(bytes(_RECEIPT_BYTES))
        trial.unlink()
    except OSError as error:
        with suppress(OSError):
            trial.unlink(missing_ok=True)
        raise PrinterRefused("guard.receipts_unwritable", reason=os_reason(error)) from error


def read_receipt(folder: Path, untrusted_id: str) -> Receipt:
    """What the gate wrote of an attempt; what does not read counts for the worse.

    Raises:
        PrinterRefused: ``guard.asked_wrong``.
        OSError: the folder cannot be read; then nothing is known.
    """
    attempt_id = demand_attempt(untrusted_id)
    folder.stat()  # a folder that is not there is no proof that nothing started
    if not has_receipt(folder, attempt_id):
        return Receipt(attempt_id=attempt_id, state=ReceiptState.NONE)
    start = _read(folder / f"{attempt_id}.start", Start)
    end = _read(folder / f"{attempt_id}.end", End)
    if start is None or end is None:
        state = ReceiptState.STARTED
    elif end.status == 0 and not end.stopped:
        state = ReceiptState.DONE
    else:
        state = ReceiptState.FAILED
    return Receipt(
        attempt_id=attempt_id,
        state=state,
        job_uuid=start.job_uuid if start else "",
        snapshot_sha256=start.snapshot_sha256 if start else "",
        sha256=start.sha256 if start else "",
        end=end,
    )


def _there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        with path.open("rb") as file:
            return plain.decode(file.read(_MOST_BYTES), kind)
    except (FileNotFoundError, msgspec.ValidationError, msgspec.DecodeError):
        return None
