# SPDX-License-Identifier: Apache-2.0
"""Those who ask: who they are by the kernel's word, what they said so far, what they are told.

No caller can make the guard wait. What a caller does not read piles up to a bound, and then the
caller is dropped.
"""

from __future__ import annotations

import grp
import socket
import struct
from dataclasses import dataclass

from bmnn_mark import plain
from bmnn_mark.errors import BmnnMarkError, Scalar
from bmnn_mark.printing.guard.protocol import MAX_LINE_BYTES

GROUP = "bmnn"
_SO_PEERGROUPS = 59
_MOST_GROUPS = 256  # of one process; who is in more is not let in
_READ_BYTES = 1 << 16
_MOST_UNREAD_BYTES = 1 << 20  # what a caller may leave unread before it is dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who is at the other end of a connection, as the kernel says."""

    pid: int
    uid: int
    groups: frozenset[int]

    def may_ask(self) -> bool:
        """Whether it is root or a member of the group."""
        return self.uid == 0 or group_id() in self.groups


def credentials_of(line: socket.socket) -> Credentials:
    """Who made a connection.

    Raises:
        OSError: the kernel does not say.
    """
    pid, uid, gid = struct.unpack("=3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    more = line.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 4 * _MOST_GROUPS)
    groups = struct.unpack(f"={len(more) // 4}i", more)
    return Credentials(pid=pid, uid=uid, groups=frozenset({gid, *groups}))


def group_id() -> int | None:
    """The number of the group that may ask; None where there is no such group."""
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return None


class Caller:
    """One connection."""

    def __init__(self, line: socket.socket, who: Credentials) -> None:
        line.settimeout(0)
        self.line = line
        self.who = who
        self.gone = False
        self.subscribed = False
        self.busy = False
        """A question of it waits for its answer."""
        self.heard = bytearray()
        self.half_since = 0.0
        """When the line it has begun and not ended began; 0 where there is none."""
        self.untold = bytearray()
        """What it has not taken yet."""

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self.line.fileno()

    def hear(self, now: float) -> bool:
        """Read what came; False where the connection is over or says what no caller may."""
        try:
            data = self.line.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        if not data:
            return False
        self.heard += data
        if not self.half_since:
            self.half_since = now
        first = self.heard.find(b"\n")
        line = first if first >= 0 else len(self.heard)
        return line <= MAX_LINE_BYTES and len(self.heard) <= MAX_LINE_BYTES + _READ_BYTES

    def next_line(self) -> bytes | None:
        """The next whole line, without its end."""
        line, newline, rest = bytes(self.heard).partition(b"\n")
        if not newline:
            return None
        self.heard = bytearray(rest)
        if not rest:
            self.half_since = 0.0
        return line

    def answer(self, value: object) -> bool:
        """Answer the question; False where the caller is to be dropped."""
        self.busy = False
        return self.tell({"value": value})

    def refuse(self, refusal: BmnnMarkError) -> bool:
        """Refuse the question; False where the caller is to be dropped."""
        self.busy = False
        detail: dict[str, Scalar] = dict(refusal.detail)
        kind = type(refusal).__name__
        return self.tell({"refused": {"code": refusal.code, "kind": kind, "detail": detail}})

    def tell(self, said: object) -> bool:
        """Say a line; False where the caller is to be dropped."""
        self.untold += plain.encode(said) + b"\n"
        return self.flush()

    def flush(self) -> bool:
        """Hand over what it takes now; False where the caller is to be dropped."""
        try:
            while self.untold:
                del self.untold[: self.line.send(self.untold)]
        except (BlockingIOError, InterruptedError):
            return len(self.untold) <= _MOST_UNREAD_BYTES
        except OSError:
            return False
        return True
