# SPDX-License-Identifier: Apache-2.0
"""What became of an attempt, by the gate's receipt with the scheduler's word as second witness.

The scheduler calls a job completed whose device program was killed, and forgets jobs; the receipt
is root's file, durable before a byte goes out. So the receipt decides, and the scheduler can only
take from what it says, never add to it.
"""

from __future__ import annotations

from bmnn_mark.errors import Scalar
from bmnn_mark.printing.attempt import AttemptState
from bmnn_mark.printing.guard.protocol import Receipt, ReceiptState
from bmnn_mark.printing.scheduler.cups import JobState


def outcome(receipt: Receipt, job: JobState | None, uuid: str = "") -> AttemptState:
    """How an attempt ended, once its job is gone and can be started no more.

    Args:
        receipt: what the gate wrote of it, read after the job was removed.
        job: the last that the scheduler said of the job; None where nobody was there to ask.
        uuid: of the job that was made for the attempt; empty where that is not known.

    >>> outcome(Receipt(attempt_id="", state=ReceiptState.NONE), JobState.COMPLETED).value
    'void'
    >>> outcome(Receipt(attempt_id="", state=ReceiptState.DONE), JobState.CANCELED).value
    'unknown'
    >>> outcome(Receipt(attempt_id="", state=ReceiptState.DONE), None).value
    'device-done'
    """
    if receipt.state is ReceiptState.NONE:
        return AttemptState.VOID
    same_job = not uuid or receipt.job_uuid == uuid
    if receipt.state is ReceiptState.DONE and same_job and job in {None, JobState.COMPLETED}:
        return AttemptState.DEVICE_DONE
    return AttemptState.UNKNOWN


def told(receipt: Receipt) -> dict[str, Scalar]:
    """What the gate says of the device, for the book."""
    said: dict[str, Scalar] = {"receipt": receipt.state.value}
    if receipt.end is not None:
        said |= {
            "device_bytes": receipt.end.sent,
            "device_sha256": receipt.end.device_sha256 or None,
            "device_status": receipt.end.status,
        }
    return said
