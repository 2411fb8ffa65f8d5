# SPDX-License-Identifier: Apache-2.0
"""Whether the facts are the host's own, and what its other network namespaces hold."""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.printing.facts import NamespaceFacts, OtherNamespace
from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.model import Evidence

_INITIAL_PID_NAMESPACE = 4026531836  # fixed by the kernel since 3.8


def judge_namespace(court: Court, facts: NamespaceFacts) -> Iterator[Evidence]:
    """Two witnesses that disagree are tampering; none to compare with is unverifiable."""
    references = {"pid1": facts.host_net, "kthreadd": facts.kernel_net}
    readable = {name: inode for name, inode in references.items() if inode is not None}
    for name, inode in readable.items():
        if inode != facts.own_net:
            yield court.found("ns.not_host", "proc.ns", name)
    if not readable:
        yield court.found("ns.unverifiable", "proc.ns")
    if facts.host_links is not None and facts.host_links != facts.own_links:
        yield court.found(
            "ns.iflist_differs_from_pid1",
            "proc.net.dev",
            own=len(facts.own_links),
            host=len(facts.host_links),
        )
    if facts.own_pid != _INITIAL_PID_NAMESPACE:
        yield court.found("ns.pid_not_initial", "proc.ns")
    names = {one.name for one in court.snapshot.links or ()}
    if court.snapshot.links is not None and names != set(facts.sysfs_links):
        differing = len(names.symmetric_difference(facts.sysfs_links))
        yield court.found("sys.differs_from_netlink", "sysfs.net", differing=differing)
    for place in facts.overmounted:
        yield court.found("proc.overmounted", "proc.mountinfo", place)


def judge_other_namespaces(court: Court, facts: tuple[OtherNamespace, ...]) -> Iterator[Evidence]:
    """A namespace with a card in it is a path off the host, whoever holds it."""
    for one in facts:
        source = f"netns.{one.held_by}"
        if one.links is None:
            yield court.found("ns.other_netns_unreadable", source, str(one.inode))
        else:
            code = "ns.other_netns_with_links" if one.links else "ns.other_netns_empty"
            yield court.found(code, source, str(one.inode), links=one.links)
