# SPDX-License-Identifier: Apache-2.0
"""The key of a register's page codes, as bytes; what is done with it is in ``code``."""

from __future__ import annotations

from dataclasses import dataclass, field

KEY_ID_BYTES = 3
SECRET_BYTES = 64
#: The first bit of a key id: set for a rehearsal register's keys and for no others, so that every
#: reader can say "rehearsal" without any key.
_REHEARSAL_BIT = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceKey:
    """What seals and opens a register's page codes.

    Attributes:
        key_id: 3 bytes that stand in the clear in each code; random but for the rehearsal bit.
        secret: 64 bytes, the AES-SIV key; never shown.
    """

    key_id: bytes
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key_id) != KEY_ID_BYTES or len(self.secret) != SECRET_BYTES:
            raise ValueError("a trace key has an id of 3 bytes and a secret of 64")

    @classmethod
    def from_entropy(cls, entropy: bytes, *, rehearsal: bool) -> TraceKey:
        """A key made of 67 random bytes.

        >>> TraceKey.from_entropy(bytes(67), rehearsal=True).key_id.hex()
        '800000'
        """
        first = entropy[0] | _REHEARSAL_BIT if rehearsal else entropy[0] & ~_REHEARSAL_BIT
        return cls(key_id=bytes([first]) + entropy[1:KEY_ID_BYTES], secret=entropy[KEY_ID_BYTES:])

    @property
    def rehearsal(self) -> bool:
        """Whether it is the key of a rehearsal register."""
        return is_rehearsal(self.key_id)


def is_rehearsal(key_id: bytes) -> bool:
    """Whether a key id is that of a rehearsal register."""
    return bool(key_id[0] & _REHEARSAL_BIT)
