# SPDX-License-Identifier: Apache-2.0
"""A tripwire on the host's network: any change while a copy is on its way to paper shows here.

It is opened before the first snapshot. It catches accidents (a cable, a phone, a radio that
connects by itself); it is no defence against root.
"""

from __future__ import annotations

import select
import socket
from types import TracebackType
from typing import Self

_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_BUFFER_BYTES = 1 << 20

#: rtnetlink groups: link, neighbours, addresses, routes and rules of both families, namespace
#: ids, nexthop objects.
_GROUPS = (1, 3, 5, 7, 8, 9, 11, 19, 28, 32)


class Tripwire:
    """Listens for changes of links, addresses, routes, rules and neighbours."""

    def __init__(self) -> None:
        self._line = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._line.bind((0, 0))
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        for group in _GROUPS:
            self._line.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        self._line.settimeout(0)
        self._touched = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._line.close()

    def touched(self, seconds: float = 0.0) -> bool:
        """Whether anything changed since the tripwire was opened; waits up to ``seconds`` for it.

        An overrun (ENOBUFS) or any other error of the socket counts as a change. Once touched,
        it stays so.
        """
        if not self._touched:
            try:
                ready, _, _ = select.select([self._line], [], [], seconds)
                self._touched = bool(ready)
            except (OSError, ValueError):
                self._touched = True
        return self._touched
