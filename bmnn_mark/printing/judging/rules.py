# SPDX-License-Identifier: Apache-2.0
"""Which rules judge which part of a snapshot.

A new kind of evidence is four entries of one name: a field of :class:`~bmnn_mark.printing.facts.
Snapshot` (which makes it mandatory), its collector in ``evidence/collecting.py``, its rules here,
and its examples in ``tests/printing/parts.py``. A test compares the four lists; and a part that
comes without facts leaves the host UNKNOWN by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bmnn_mark.printing.judging.court import Court
from bmnn_mark.printing.judging.hardware import judge_hardware
from bmnn_mark.printing.judging.history import judge_clock, judge_history
from bmnn_mark.printing.judging.namespaces import judge_namespace, judge_other_namespaces
from bmnn_mark.printing.judging.network import (
    judge_addresses,
    judge_links,
    judge_neighbours,
    judge_nexthops,
    judge_routes,
    judge_rules,
    judge_transforms,
    judge_translations,
)
from bmnn_mark.printing.judging.software import judge_daemons, judge_resolvers
from bmnn_mark.printing.judging.storage import judge_storage
from bmnn_mark.printing.judging.system import judge_environment, judge_sockets
from bmnn_mark.printing.model import Evidence

#: Judges the facts of one part; they are there, for a part without facts is judged before.
PartRules = Callable[[Court, Any], Iterator[Evidence]]

RULES: Mapping[str, PartRules] = {
    "namespace": judge_namespace,
    "other_namespaces": judge_other_namespaces,
    "held_namespaces": judge_other_namespaces,
    "links": judge_links,
    "addresses": judge_addresses,
    "routes": judge_routes,
    "nexthops": judge_nexthops,
    "rules": judge_rules,
    "neighbours": judge_neighbours,
    "transforms": judge_transforms,
    "translations": judge_translations,
    "sockets": judge_sockets,
    "environment": judge_environment,
    "hardware": judge_hardware,
    "storage": judge_storage,
    "daemons": judge_daemons,
    "resolvers": judge_resolvers,
    "history": judge_history,
    "clock": judge_clock,
}
