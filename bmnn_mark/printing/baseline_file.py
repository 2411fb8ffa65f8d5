# SPDX-License-Identifier: Apache-2.0
"""The baseline as a file: signed by the host's own key, read back only as root left it.

Both lie where only root writes. The signature binds the file to the key, so that a baseline of
another host, or one edited by hand, is told from this host's own.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bmnn_mark import plain
from bmnn_mark.errors import Fault, UsageRefused
from bmnn_mark.files import os_reason, private_folder, sync_folder, write_whole
from bmnn_mark.printing.baseline import Baseline, BaselineFault, BaselineReading
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.printing.model import PolicyName

#: Stands before the text in what is signed, so that no other signature of the host is one.
SIGNED_AS = b"bmnn-mark host baseline 1\x00"

_LAST = "baseline.last"
_MAX_BYTES = 8 << 20
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """The file: ``baseline`` is the very text that was signed."""

    baseline: str
    key: str
    signature: str


def read_baseline(place: GuardPlace = SYSTEM) -> BaselineReading:
    """The host's baseline, or why there is none; never raises for what lies there."""
    try:
        data = _read_roots_own(place.baseline)
        own_key = _private_key(place).public_key()
    except FileNotFoundError:
        return BaselineFault.MISSING
    except _UnsafeError:
        return BaselineFault.UNSAFE
    except OSError:
        return BaselineFault.UNREADABLE
    except ValueError:  # the host's key is no key
        return BaselineFault.FORGED
    reading = _checked(data, own_key)
    try:
        older = isinstance(reading, Baseline) and reading.number < _last_number(place)
    except (OSError, ValueError):
        return BaselineFault.UNREADABLE
    return BaselineFault.OLDER if older else reading


def _last_number(place: GuardPlace) -> int:
    """Number of the baseline that was signed last, as noted apart from it; 0 where none was."""
    try:
        return int((place.state / _LAST).read_text("ascii"))
    except FileNotFoundError:
        return 0


def _checked(untrusted_data: bytes, own_key: Ed25519PublicKey) -> BaselineReading:
    try:
        signed = plain.decode(untrusted_data, _Signed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return BaselineFault.DAMAGED
    text = signed.baseline.encode("utf-8", "surrogatepass")
    try:
        own_key.verify(bytes.fromhex(signed.signature), SIGNED_AS + text)
    except (InvalidSignature, ValueError):
        return BaselineFault.FORGED
    try:
        baseline = plain.decode(text, Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UsageRefused):
        return BaselineFault.DAMAGED
    if baseline.policy.name is PolicyName.REHEARSAL:  # only a rehearsal register leads there
        return BaselineFault.DAMAGED
    return baseline


def write_baseline(baseline: Baseline, place: GuardPlace = SYSTEM) -> str:
    """Sign the baseline and put it in its place; the former one stays beside it, by its number.

    Returns:
        The fingerprint of the host's key: SHA-256, hexadecimal, of the public key's 32 bytes.

    Raises:
        Fault: ``fault.folder``.
        DocumentRefused: ``output.unwritable``.
    """
    private_folder(place.pins)
    key = host_key(place)
    text = plain.encode(baseline)
    signed = _Signed(
        baseline=text.decode("utf-8"),
        key=key.public_key().public_bytes_raw().hex(),
        signature=key.sign(SIGNED_AS + text).hex(),
    )
    if place.baseline.exists():
        kept = place.baseline.with_name(f"baseline-{baseline.number - 1}.json")
        former = place.baseline.read_bytes()
        if not kept.exists() or kept.read_bytes() != former:  # a former try may have come so far
            write_whole(kept, [former], overwrite=False)
    write_whole(place.state / _LAST, [b"%d\n" % baseline.number], overwrite=True)
    write_whole(place.baseline, [plain.encode(signed)], overwrite=True)
    return fingerprint(key.public_key())


def kept_baselines(place: GuardPlace = SYSTEM) -> tuple[int, ...]:
    """Numbers of the former baselines that are kept beside the present one."""
    names = (one.name for one in place.pins.glob("baseline-*.json"))
    found = (re.fullmatch(r"baseline-(\d{1,9})\.json", name) for name in names)
    return tuple(sorted(int(one[1]) for one in found if one))


def former_sha256(place: GuardPlace = SYSTEM) -> str:
    """SHA-256, hexadecimal, of the baseline file that lies there; empty for none."""
    try:
        return hashlib.sha256(place.baseline.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256, hexadecimal, of a public key's 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def host_key(place: GuardPlace = SYSTEM) -> Ed25519PrivateKey:
    """The host's own key; made where there is none yet.

    Raises:
        Fault: ``fault.folder``: it cannot be kept, or is not root's alone.
    """
    private_folder(place.state)
    path = key_path(place)
    try:
        return _private_key(place)
    except FileNotFoundError:
        pass
    except (_UnsafeError, ValueError) as error:
        raise Fault("fault.folder", reason="WRITABLE_BY_OTHERS") from error
    except OSError as error:
        raise Fault("fault.folder", reason=os_reason(error)) from error
    key = Ed25519PrivateKey.generate()
    write_whole(path, [key.private_bytes_raw()], overwrite=False)
    sync_folder(place.state)
    return key


def key_path(place: GuardPlace = SYSTEM) -> Path:
    """Where the host's private key lies: 32 bytes, root's, 0600."""
    return place.state / "host.key"


class _UnsafeError(Exception):
    """A file that is not its reader's alone."""


def _private_key(place: GuardPlace) -> Ed25519PrivateKey:
    data = _read_roots_own(key_path(place), secret=True)
    if len(data) != _SEED_BYTES:
        raise ValueError("key length")
    return Ed25519PrivateKey.from_private_bytes(data)


def _read_roots_own(path: Path, *, secret: bool = False) -> bytes:
    """Read a regular file of root's (or, in a rehearsal without root, of the caller's) own."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        others = 0o077 if secret else 0o022
        owned = status.st_uid in {0, os.getuid()}
        if not stat.S_ISREG(status.st_mode) or not owned or status.st_mode & others:
            raise _UnsafeError
        if status.st_size > _MAX_BYTES:
            raise ValueError("too long")
        return file.read(_MAX_BYTES)
