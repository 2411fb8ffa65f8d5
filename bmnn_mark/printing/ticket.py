# SPDX-License-Identifier: Apache-2.0
"""The ticket that lets one job through the gate: signed by the register, bound to the bytes.

A ticket is no secret (the options of a job show in lists of processes): it is good for one start
at the device, ever, of exactly these bytes. Whoever holds the register's signing key can make one,
but not without an entry in the register that ``verify`` and ``muster`` show.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bmnn_mark.errors import PrinterRefused

#: Job option that carries the ticket to the gate.
OPTION = "bmnn-ticket"
#: Stands before the payload in what is signed, so that no other signature of a register is one.
SIGNED_AS = b"bmnn-mark print ticket 1\x00"

_PAYLOAD = struct.Struct(">B16s16s16sHH32sQQ16s16s")
_FORMAT = 1
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Leave to print one attempt of one copy.

    Attributes:
        register_id: the register, 32 hexadecimal digits.
        attempt_id: the attempt, 32 hexadecimal digits.
        document_id: the document, 32 hexadecimal digits.
        copy: number of the copy, from 1.
        attempt: number of the attempt, from 1.
        sha256: of the submitted file, hexadecimal.
        length: of the submitted file, bytes.
        queue: name of the queue.
        expires_at: second since 1970 after which it is worth nothing.
        boot_id: the boot of the host during which it is good.
    """

    register_id: str
    attempt_id: str
    document_id: str
    copy: int
    attempt: int
    sha256: str
    length: int
    queue: str
    expires_at: int
    boot_id: str

    def payload(self) -> bytes:
        """The bytes that stand for it; the queue by the start of its name's SHA-256."""
        return _PAYLOAD.pack(
            _FORMAT,
            bytes.fromhex(self.register_id),
            bytes.fromhex(self.attempt_id),
            bytes.fromhex(self.document_id),
            self.copy,
            self.attempt,
            bytes.fromhex(self.sha256),
            self.length,
            self.expires_at,
            UUID(self.boot_id).bytes,
            _queue_digest(self.queue),
        )

    def signed(self, signature: bytes) -> str:
        """The ticket as the job carries it, 263 letters of base64.

        Args:
            signature: Ed25519, of :data:`SIGNED_AS` and the payload.
        """
        return base64.urlsafe_b64encode(self.payload() + signature).decode("ascii").rstrip("=")


def read_ticket(untrusted_text: str, public_key: bytes, queue: str) -> Ticket:
    """Read a ticket and check its signature; when and where it is good is the guard's to judge.

    Args:
        untrusted_text: what came with the job.
        public_key: Ed25519 key of the register, 32 bytes, pinned at enrolment.
        queue: name of the queue that the job is in.

    Raises:
        PrinterRefused: ``gate.no_ticket``, ``gate.ticket_form``, ``gate.ticket_forged``,
            ``gate.ticket_queue``.
    """
    if not untrusted_text:
        raise PrinterRefused("gate.no_ticket")
    try:
        data = base64.b64decode(
            untrusted_text + "=" * (-len(untrusted_text) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise PrinterRefused("gate.ticket_form") from error
    if len(data) != _PAYLOAD.size + _SIGNATURE_BYTES or data[0] != _FORMAT:
        raise PrinterRefused("gate.ticket_form")
    payload, signature = data[: _PAYLOAD.size], data[_PAYLOAD.size :]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, SIGNED_AS + payload)
    except InvalidSignature as error:
        raise PrinterRefused("gate.ticket_forged") from error
    _, register, attempt_id, document, copy, attempt, digest, length, ends, boot, place = (
        _PAYLOAD.unpack(payload)
    )
    if place != _queue_digest(queue):
        raise PrinterRefused("gate.ticket_queue")
    return Ticket(
        register_id=register.hex(),
        attempt_id=attempt_id.hex(),
        document_id=document.hex(),
        copy=copy,
        attempt=attempt,
        sha256=digest.hex(),
        length=length,
        queue=queue,
        expires_at=ends,
        boot_id=str(UUID(bytes=boot)),
    )


def _queue_digest(queue: str) -> bytes:
    return hashlib.sha256(queue.encode()).digest()[:16]
