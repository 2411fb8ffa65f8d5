# SPDX-License-Identifier: Apache-2.0
"""Snapshots, baselines and policies for properties, made from the types of the facts themselves.

Whatever kind of fact is added to :class:`Snapshot` is generated without a word here. Text and
numbers are drawn from those that the judge's rules name, so that the rules are met.
"""

import ast
import types
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

import bmnn_mark.printing.judging as rules
from bmnn_mark.printing.baseline import Baseline, BaselineFault
from bmnn_mark.printing.facts import Snapshot
from bmnn_mark.printing.judge import MANDATORY
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL, AllowedLink, Policy, PolicyName
from tests.printing.parts import EXAMPLES, LOOPBACK, clean_snapshot, commissioned

MAC, BUS = "02:00:00:00:00:01", "pci0000:00/0000:00:03.0"
LAN = Policy(
    name=PolicyName.INDEPENDENT_LAN,
    allowed_links=(AllowedLink(permanent_mac=MAC, bus_path=BUS),),
    allowed_nets=("10.1.0.0/24", "fd00::/64"),
)
POLICIES = (AIR_GAPPED, LAN, REHEARSAL)
FRESH = 10_000_000


def named_by_the_rules(kind):
    sources = sorted(Path(rules.__path__[0]).glob("*.py"))
    trees = [ast.parse(one.read_text("utf-8")) for one in sources]
    found = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is kind
    }
    return sorted(one for one in found if kind is not str or len(one) < 40)


TEXTS = [
    *named_by_the_rules(str), MAC, BUS, "127.0.0.1", "10.1.0.7", "192.0.2.1", "::1", "fd00::7",
    "fe80::1", "nonsense", "lo", "e0",
]  # fmt: skip
NUMBERS = [*named_by_the_rules(int), 0, 1, 2, 3, 7, 24, 32, 0x10001, 0x10049, 254, 255, 65534]

policies = st.sampled_from(POLICIES)
text = st.sampled_from(TEXTS)
numbers = st.sampled_from(NUMBERS)


@cache
def of(hint):
    """A strategy for values of a type of the facts."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return st.one_of(*(of(one) for one in inside))
    if origin is tuple and inside[-1] is Ellipsis:
        return st.lists(of(inside[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(of(one) for one in inside))
    if origin is frozenset:
        return st.frozensets(of(inside[0]), max_size=2)
    if hint is type(None):
        return st.none()
    if hint in {bool, int, str}:
        return {bool: st.booleans(), int: numbers, str: text}[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if hint is Policy:
        return policies
    assert is_dataclass(hint), hint
    hints = get_type_hints(hint)
    return st.builds(hint, **{one.name: of(hints[one.name]) for one in fields(hint)})


def facts_of(part):
    """Facts of a part: generated ones, or those of a host without network."""
    hint = get_type_hints(Snapshot)[part]
    present = Union[tuple(one for one in get_args(hint) if one is not type(None))]  # noqa: UP007  # computed
    return st.one_of(st.just(EXAMPLES[part].clean), st.just(EXAMPLES[part].refusing), of(present))


PARTS = {part: facts_of(part) for part in MANDATORY}
#: Few parts differ from those of a clean host, so that refusals are not all there is.
few_parts = st.sets(st.sampled_from(MANDATORY), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: PARTS[name] for name in sorted(names)})
)
snapshots = few_parts.map(lambda facts: clean_snapshot(**facts))
baselines = st.one_of(
    st.just(commissioned()),
    of(Baseline).map(lambda one: replace(one, machine_id="m", policy=AIR_GAPPED)),
    st.sampled_from(BaselineFault),
)


def joined(first, more):
    """The facts of both; of what there can be only one, the first."""
    if isinstance(first, tuple):
        return first + more
    if not is_dataclass(first):
        return first
    pairs = {one.name: (getattr(first, one.name), getattr(more, one.name)) for one in fields(first)}
    return replace(
        first, **{name: mine + new for name, (mine, new) in pairs.items() if is_bag(mine, new)}
    )


def is_bag(mine, new):
    return isinstance(mine, tuple) and isinstance(new, tuple)


def with_more(snapshot, more):
    """The snapshot with the facts of another added to it.

    A link that comes is a new one: its number, name and place are no other's. (What a second
    witness says of a thing already known may well explain it.) Process 1 and sysfs see it too.
    """
    facts = {name: joined(getattr(snapshot, name), new) for name, new in more.items()}
    new = tuple(
        replace(one, index=FRESH + number, name=f"new{number}", bus_path=f"new/{number}")
        for number, one in enumerate(more.get("links", ()))
        if one != LOOPBACK
    )
    names = tuple(one.name for one in new)
    facts["links"] = snapshot.links + new
    seen = facts.get("namespace", snapshot.namespace)
    own = snapshot.namespace
    facts["namespace"] = replace(
        seen,
        own_links=own.own_links + names,
        host_links=None if own.host_links is None else own.host_links + names,
        sysfs_links=own.sysfs_links + names,
    )
    return replace(snapshot, **facts)
