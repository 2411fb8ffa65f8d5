# SPDX-License-Identifier: Apache-2.0
"""Plain values between floors and processes: dataclasses as JSON, checked when read back.

What crosses into or out of a worker process, and what a front end gets, is made of frozen
dataclasses, enums, numbers, text, paths and lists of these. This module is their one codec.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import msgspec

from bmnn_mark.units import Mm

T = TypeVar("T")

#: The codec looks a type up when it first meets it, and two threads at that crash the interpreter.
_ONE_AT_A_TIME = Lock()


def encode(value: object) -> bytes:
    """The value as one line of JSON."""
    with _ONE_AT_A_TIME:
        return msgspec.json.encode(value, enc_hook=_encode_own)


def decode(data: bytes, kind: type[T]) -> T:
    """Read back a value of ``kind``.

    Raises:
        msgspec.ValidationError: the bytes do not describe such a value.
    """
    with _ONE_AT_A_TIME:
        return msgspec.json.decode(data, type=kind, dec_hook=_decode_own)


def to_builtins(value: object) -> Any:
    """The value as dicts, lists and scalars, for ``--json`` and templates."""
    with _ONE_AT_A_TIME:
        return msgspec.to_builtins(value, enc_hook=_encode_own)


def from_builtins(value: object, kind: type[T]) -> T:
    """The inverse of :func:`to_builtins`, checked."""
    with _ONE_AT_A_TIME:
        return msgspec.convert(value, kind, dec_hook=_decode_own)


def _encode_own(value: object) -> object:
    if isinstance(value, Mm):
        return round(float(value), 6)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


def _decode_own(kind: type, value: object) -> object:
    if kind is Mm and isinstance(value, int | float):
        return Mm(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(kind.__name__)
