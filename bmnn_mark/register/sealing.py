# SPDX-License-Identifier: Apache-2.0
"""Sealed fields: what names people or says what a document is about.

Each field of each event has a key of its own, used once; the keys of one event are wrapped
together under the register's master key. The leaf holds a salted commitment, so a new master key
re-wraps, and forgetting a field's key erases it, without a change to any leaf.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from bmnn_mark.register.events import canonical

#: What a sealed field may hold: a JSON value without fractions.
Value = str | int | None | list["Value"] | dict[str, "Value"]
Entropy = Callable[[int], bytes]
"""Gives as many random bytes as asked for."""

#: Gives the master key of a number; raises ``RegisterRefused`` where there is none.
FindMaster = Callable[[int], bytes]

FIELD_KEY_BYTES = 32
_FORGOTTEN = bytes(FIELD_KEY_BYTES)
SALT_BYTES = 16
_LENGTH_BYTES = 4
_PAD_TO = 32
_NONCE = bytes(12)  # each key seals one field, once


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The sealed fields of one event.

    Attributes:
        commitments: by field name, hexadecimal; they stand in the leaf.
        boxes: the fields' ciphertexts in the order of their names, each after its length.
        wrapped: the fields' keys in that order, under a master key; zeros for one forgotten.
        master: number of that master key.
    """

    commitments: dict[str, str]
    boxes: bytes
    wrapped: bytes
    master: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """A sealed field in the clear: with its name, what its leaf committed to.

    Attributes:
        salt: 16 random bytes.
        value: canonical JSON.
    """

    salt: bytes
    value: bytes


class SealError(ValueError):
    """A sealed field does not open, or is not what its leaf committed to."""


def commitment(name: str, salt: bytes, value: bytes) -> str:
    """What a leaf says of a sealed field."""
    return hashlib.sha256(
        b"bmnn-mark/commitment/1\x00" + name.encode() + b"\x00" + salt + value
    ).hexdigest()


class Sealer:
    """Seals and opens the fields of one register's events.

    Args:
        masters: by number, the master keys at hand, 64 bytes each.
        newest: number of the one that fields are sealed under.
        register_id: bound into every box.
        find: looks for a master key that came since; raises ``RegisterRefused`` where none did.
    """

    def __init__(
        self, masters: Mapping[int, bytes], newest: int, register_id: str, find: FindMaster
    ) -> None:
        self._ciphers = {number: AESSIV(key) for number, key in masters.items()}
        self._newest = newest
        self._register = register_id.encode()
        self._find = find

    @property
    def newest(self) -> int:
        """Number of the master key that fields are sealed under."""
        return self._newest

    def seal(self, n: int, fields: Mapping[str, Value], entropy: Entropy) -> Sealed:
        """Seal the fields of event ``n``."""
        names = sorted(fields)
        random = entropy(len(names) * (FIELD_KEY_BYTES + SALT_BYTES))
        keys, salts = random[: len(names) * FIELD_KEY_BYTES], random[len(names) * FIELD_KEY_BYTES :]
        commitments, boxes = {}, []
        for place, name in enumerate(names):
            key = keys[place * FIELD_KEY_BYTES : (place + 1) * FIELD_KEY_BYTES]
            salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
            value = canonical(fields[name])
            commitments[name] = commitment(name, salt, value)
            plain = salt + value
            plain += bytes(-len(plain) % _PAD_TO)
            box = AESGCM(key).encrypt(_NONCE, plain, self._bound_to(n, name))
            boxes += [len(box).to_bytes(_LENGTH_BYTES), box]
        return Sealed(
            commitments=commitments,
            boxes=b"".join(boxes),
            wrapped=self._wrap(n, keys, self._newest),
            master=self._newest,
        )

    def open(self, n: int, sealed: Sealed, only: Iterable[str] | None = None) -> dict[str, Value]:
        """The fields of event ``n``, or ``only`` some, each checked against its commitment.

        A field whose key was forgotten is not among them.

        Raises:
            SealError: a box, the wrapped keys or a commitment does not fit.
            RegisterRefused: ``register.key_missing``.
        """
        opened: dict[str, Value] = {}
        for name, field in self.reveal(n, sealed, only).items():
            try:
                opened[name] = msgspec.json.decode(field.value)
            except ValueError as error:
                raise SealError from error
        return opened

    def reveal(
        self, n: int, sealed: Sealed, only: Iterable[str] | None = None
    ) -> dict[str, Revealed]:
        """What proves the fields of event ``n`` to somebody without keys, or ``only`` some.

        A field whose key was forgotten is not among them.

        Raises:
            SealError: a box, the wrapped keys or a commitment does not fit.
            RegisterRefused: ``register.key_missing``.
        """
        names = sorted(sealed.commitments)
        keys = self._unwrap(n, sealed)
        boxes = _split(sealed.boxes)
        if len(keys) != len(names) or len(boxes) != len(names):
            raise SealError
        wanted = set(names) if only is None else set(only)
        return {
            name: self._open_one(n, name, key, box, sealed.commitments[name])
            for name, key, box in zip(names, keys, boxes, strict=True)
            if name in wanted and key != _FORGOTTEN
        }

    def rewrap(self, n: int, wrapped: bytes, master: int) -> bytes:
        """The keys of event ``n``, wrapped under master key ``master``, under the newest one.

        Raises:
            SealError: they do not unwrap.
            RegisterRefused: ``register.key_missing``.
        """
        keys = self._unwrap(n, Sealed(commitments={}, boxes=b"", wrapped=wrapped, master=master))
        return self._wrap(n, b"".join(keys), self._newest)

    def forget(self, n: int, sealed: Sealed, names: Iterable[str]) -> bytes:
        """The keys of event ``n`` without those of some fields, under the newest master key.

        Raises:
            SealError: they do not unwrap.
            RegisterRefused: ``register.key_missing``.
        """
        gone = set(names)
        kept = [
            _FORGOTTEN if name in gone else key
            for name, key in zip(sorted(sealed.commitments), self._unwrap(n, sealed), strict=True)
        ]
        return self._wrap(n, b"".join(kept), self._newest)

    def _wrap(self, n: int, keys: bytes, number: int) -> bytes:
        return self._ciphers[number].encrypt(keys, [self._bound_to(n, "")])

    def _unwrap(self, n: int, sealed: Sealed) -> list[bytes]:
        cipher = self._ciphers.get(sealed.master)
        if cipher is None:
            if sealed.master < 1:
                raise SealError
            cipher = self._ciphers[sealed.master] = AESSIV(self._find(sealed.master))
        try:
            keys = cipher.decrypt(sealed.wrapped, [self._bound_to(n, "")])
        except (InvalidTag, ValueError) as error:
            raise SealError from error
        return [keys[at : at + FIELD_KEY_BYTES] for at in range(0, len(keys), FIELD_KEY_BYTES)]

    def _open_one(self, n: int, name: str, key: bytes, box: bytes, committed: str) -> Revealed:
        try:
            padded = AESGCM(key).decrypt(_NONCE, box, self._bound_to(n, name))
        except (InvalidTag, ValueError) as error:
            raise SealError from error
        salt, value = padded[:SALT_BYTES], padded[SALT_BYTES:].rstrip(b"\x00")
        if not hmac.compare_digest(commitment(name, salt, value), committed):
            raise SealError
        return Revealed(salt=salt, value=value)

    def _bound_to(self, n: int, name: str) -> bytes:
        return b"bmnn-mark/field/1\x00" + self._register + n.to_bytes(8) + name.encode()


def _split(boxes: bytes) -> list[bytes]:
    parts = []
    at = 0
    while at < len(boxes):
        end = at + _LENGTH_BYTES + int.from_bytes(boxes[at : at + _LENGTH_BYTES])
        if end > len(boxes):
            raise SealError
        parts.append(boxes[at + _LENGTH_BYTES : end])
        at = end
    return parts


def blind_index(key: bytes, kind: str, value: Value) -> bytes:
    """What stands in a table instead of a value that must be found again or be unique.

    Args:
        key: the register's blind-index key.
        kind: what the value is, so that equal values of two kinds differ.
        value: the value, brought to one form by the caller.
    """
    return hmac.digest(key, kind.encode() + b"\x00" + canonical(value), "sha256")[:16]
