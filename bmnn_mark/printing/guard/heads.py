# SPDX-License-Identifier: Apache-2.0
"""The newest signed head of a register, kept where the register's own clerk cannot write.

A register that is put back to an older state is shorter than this head, or another one at its
size; whoever opens it for work compares (``docs/register-format.md``, "Heads").
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bmnn_mark import plain
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.files import private_folder, write_whole
from bmnn_mark.printing.guard.protocol import KnownHead

_REGISTER = re.compile(r"[0-9a-f]{32}")
_ROOT = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9TZ:.\-]{10,32}")


def known_head(folder: Path, untrusted_register: str) -> KnownHead | None:
    """The newest head known of a register; None where none is.

    Raises:
        PrinterRefused: ``guard.asked_wrong``, ``guard.head_damaged``.
    """
    path = _path(folder, untrusted_register)
    try:
        return plain.decode(path.read_bytes(), KnownHead)
    except FileNotFoundError:
        return None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise PrinterRefused("guard.head_damaged") from error


def raise_head(folder: Path, untrusted_head: KnownHead, register: tuple[str, bytes]) -> None:
    """Keep a head that is later than the one known; the same one again changes nothing.

    Args:
        folder: of the heads.
        untrusted_head: what somebody says is the register's head.
        register: id and public key of the pinned register.

    Raises:
        PrinterRefused: ``guard.wrong_register``, ``guard.head_forged``, ``guard.head_behind``,
            ``guard.head_forked``, ``guard.head_damaged``, ``guard.asked_wrong``.
    """
    if untrusted_head.register_id != register[0]:
        raise PrinterRefused("guard.wrong_register")
    head = _checked(untrusted_head, register[1])
    known = known_head(folder, head.register_id)
    if known is not None:
        if head.size < known.size:
            raise PrinterRefused("guard.head_behind", size=head.size, known=known.size)
        if head.size == known.size:
            if head.root != known.root:
                raise PrinterRefused("guard.head_forked", size=head.size)
            return
    private_folder(folder)
    write_whole(_path(folder, head.register_id), [plain.encode(head)], overwrite=True)


def _checked(head: KnownHead, public_key: bytes) -> KnownHead:
    if not (head.size > 0 and _ROOT.fullmatch(head.root) and _MOMENT.fullmatch(head.at)):
        raise PrinterRefused("guard.asked_wrong", what="head")
    message = (
        f"bmnn-mark tree head 1\n{head.register_id}\n{head.size}\n{head.root}\n{head.at}\n"
    ).encode()
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            bytes.fromhex(head.signature), message
        )
    except (InvalidSignature, ValueError) as error:
        raise PrinterRefused("guard.head_forged") from error
    return head


def _path(folder: Path, untrusted_register: str) -> Path:
    if not _REGISTER.fullmatch(untrusted_register):
        raise PrinterRefused("guard.asked_wrong", what="register")
    return folder / f"{untrusted_register}.json"
