# SPDX-License-Identifier: Apache-2.0
"""Rules on sockets, and on what the system runs in."""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.printing.facts import Environment, Socket, SocketKind
from bmnn_mark.printing.judging.court import Court, is_loopback_address
from bmnn_mark.printing.model import Evidence


def judge_sockets(court: Court, facts: tuple[Socket, ...]) -> Iterator[Evidence]:
    """A peer elsewhere is a connection; a listener for others waits for one."""
    for one in facts:
        source = f"proc.net.{one.kind.value}"
        if one.kind in {SocketKind.PACKET, SocketKind.RAW}:
            yield court.found(f"sock.{one.kind.value}", source)
        elif one.kind is SocketKind.OTHER:
            yield court.found("sock.unknown_family", "proc.net.protocols", one.protocol)
        elif one.remote and not is_loopback_address(one.remote):
            allowed = court.is_inside(one.remote)
            yield court.found(
                "sock.remote_peer", source, one.remote, allowed=allowed, port=one.remote_port
            )
        elif not one.remote and not is_loopback_address(one.local):
            yield court.found("sock.non_loopback_listener", source, one.local, port=one.local_port)


def judge_environment(court: Court, facts: Environment) -> Iterator[Evidence]:
    """The host outside of a virtual machine decides, and the guest cannot know."""
    for sign in facts.hypervisor:
        yield court.found("env.virtual_machine", "system", sign)
    for sign in facts.container:
        yield court.found("env.container", "system", sign)
    for family in facts.forwarding:
        yield court.found("net.forwarding", "proc.sys", family)
