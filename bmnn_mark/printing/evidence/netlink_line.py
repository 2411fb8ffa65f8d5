# SPDX-License-Identifier: Apache-2.0
"""Dumps from the kernel over a netlink socket: whole, or not at all.

A dump that the kernel marks as interrupted is asked for again; one that stays so, or that does
not fit the buffer, is a failure and never a shorter list. Nothing is sent to any network.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator

HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ATTRIBUTE_TYPE = 0x3FFF
_ERROR, _DONE = 2, 3
_REQUEST_DUMP = 0x301
_INTERRUPTED = 0x10
_BUFFER_BYTES = 1 << 20
_TRIES = 3
_SECONDS = 3.0


class DumpInterruptedError(InterruptedError):
    """The kernel's tables changed during every try of a dump."""

    def __init__(self) -> None:
        super().__init__(errno.EINTR, "dump interrupted")


def dump(protocol: int, request: int, payload: bytes) -> list[bytes]:
    """Every message of one dump, each with its header.

    Args:
        protocol: family of the netlink socket.
        request: type of the message that asks.
        payload: what follows its header.

    Raises:
        DumpInterruptedError: the tables changed each time.
        OSError: the kernel refuses, or says less than everything.
    """
    ask = HEADER.pack(HEADER.size + len(payload), request, _REQUEST_DUMP, 1, 0) + payload
    for _ in range(_TRIES):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as line:
            line.settimeout(_SECONDS)
            line.bind((0, 0))
            line.send(ask)
            try:
                return list(_messages(line))
            except DumpInterruptedError:
                continue
    raise DumpInterruptedError


def attributes(message: bytes, start: int) -> dict[int, bytes]:
    """The attributes of a message, by number, from byte ``start`` to its end.

    Of one that comes twice the last counts.

    Raises:
        OSError: one does not fit its message.
    """
    found = {}
    offset = start
    while offset + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if length < _ATTRIBUTE.size or offset + length > len(message):
            raise OSError(errno.EBADMSG, "attribute of a false length")
        found[kind & _ATTRIBUTE_TYPE] = message[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found


def _messages(line: socket.socket) -> Iterator[bytes]:
    """The messages of one dump until the kernel says that it is done."""
    while True:
        data, _, flags, _ = line.recvmsg(_BUFFER_BYTES)
        if flags & socket.MSG_TRUNC:
            raise OSError(errno.EMSGSIZE, "dump truncated")
        offset = 0
        while offset < len(data):
            length, kind, message_flags, _, _ = HEADER.unpack_from(data, offset)
            if length < HEADER.size or offset + length > len(data):
                raise OSError(errno.EBADMSG, "message of a false length")
            if message_flags & _INTERRUPTED:
                raise DumpInterruptedError
            if kind in {_ERROR, _DONE}:
                _refused(data[offset + HEADER.size : offset + length], done=kind == _DONE)
                return
            yield data[offset : offset + length]
            offset += (length + 3) & ~3


def _refused(body: bytes, *, done: bool) -> None:
    """A dump that failed on its way says so in the message that ends it."""
    code = struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
    if code < 0 or not done:
        raise OSError(-code or errno.EBADMSG, os.strerror(-code))
