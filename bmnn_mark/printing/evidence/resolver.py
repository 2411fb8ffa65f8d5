# SPDX-License-Identifier: Apache-2.0
"""Name servers that the system's files name; nobody is asked."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from bmnn_mark.printing.facts import Resolver

_PLACES = (
    "etc/resolv.conf",
    "run/systemd/resolve/resolv.conf",
    "run/NetworkManager/resolv.conf",
    "run/NetworkManager/no-stub-resolv.conf",
)


def read_resolvers(root: Path) -> tuple[Resolver, ...]:
    """Every ``nameserver`` line of the files that name servers stand in."""
    found = []
    for place in _PLACES:
        try:
            text = (root / place).read_text("utf-8", "replace")
        except (FileNotFoundError, NotADirectoryError):
            continue
        for line in text.splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                found.append(
                    Resolver(place=place, server=words[1], loopback=_is_loopback(words[1]))
                )
    return tuple(dict.fromkeys(found))


def _is_loopback(untrusted_server: str) -> bool:
    try:
        return ipaddress.ip_address(untrusted_server.partition("%")[0]).is_loopback
    except ValueError:
        return False
