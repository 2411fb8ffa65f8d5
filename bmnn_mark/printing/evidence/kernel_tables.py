# SPDX-License-Identifier: Apache-2.0
"""What the kernel does with packets besides routing them: IPsec, and address translation.

Only root may ask. A kernel without such a table has none; asking never has it loaded.
"""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

from bmnn_mark.printing.evidence.netlink_line import HEADER, attributes, dump
from bmnn_mark.printing.facts import Transforms, Translation

_XFRM, _GET_STATES, _GET_POLICIES = 6, 0x12, 0x15
_NETFILTER, _NFTABLES, _GET_CHAINS, _GET_RULES = 12, 10, 4, 7
_FAMILY_BYTES = 4
_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_TYPE = 1, 3, 7
_RULE_TABLE, _RULE_CHAIN = 1, 2
_OLD_TABLES = {"ip": "ip_tables_names", "ip6": "ip6_tables_names"}
_ABSENT = frozenset({errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT})


def read_transforms(root: Path) -> Transforms:
    """How many IPsec associations and policies there are."""
    # Associations made by PF_KEY are listed as well, but only by the module that may be missing.
    ask = any(_has(root, module) for module in ("xfrm_user", "af_key"))
    counts = []
    for request in (_GET_STATES, _GET_POLICIES):
        try:
            counts.append(len(dump(_XFRM, request, b"")) if ask else 0)
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
            counts.append(0)
    return Transforms(associations=counts[0], policies=counts[1])


def read_translations(root: Path) -> tuple[Translation, ...]:
    """Chains that translate addresses and have rules; old tables that do so."""
    found = []
    for family, name in _OLD_TABLES.items():
        names = root / "proc/self/net" / name
        if names.exists() and "nat" in names.read_text("ascii").split():
            found.append(Translation(family=family, table="nat", chain=""))
    if _has(root, "nf_tables"):
        found.extend(_nftables())
    return tuple(found)


def _nftables() -> list[Translation]:
    everything = bytes(_FAMILY_BYTES)
    try:
        chains = dump(_NETFILTER, _NFTABLES << 8 | _GET_CHAINS, everything)
        rules = dump(_NETFILTER, _NFTABLES << 8 | _GET_RULES, everything)
    except OSError as error:
        if error.errno not in _ABSENT | {errno.EINVAL}:  # a kernel without nftables
            raise
        return []
    used = {_named(one, _RULE_TABLE, _RULE_CHAIN) for one in rules}
    kinds = {
        _named(one, _CHAIN_TABLE, _CHAIN_NAME): attributes(one, HEADER.size + _FAMILY_BYTES).get(
            _CHAIN_TYPE
        )
        for one in chains
    }
    return [
        Translation(family=str(family), table=table, chain=chain)
        for (family, table, chain), kind in kinds.items()
        if kind is not None and kind.rstrip(b"\0") == b"nat" and (family, table, chain) in used
    ]


def _named(message: bytes, table: int, chain: int) -> tuple[int, str, str]:
    (family,) = struct.unpack_from("=B", message, HEADER.size)
    found = _attributes(message)
    names = [found.get(one, b"").rstrip(b"\0").decode("utf-8", "replace") for one in (table, chain)]
    return family, names[0], names[1]


def _attributes(message: bytes) -> dict[int, bytes]:
    return attributes(message, HEADER.size + _FAMILY_BYTES)


def _has(root: Path, module: str) -> bool:
    """Whether the kernel has a module in it, so that asking does not make it load one."""
    if (root / "sys/module" / module).exists():
        return True
    listed = root / "lib/modules" / os.uname().release / "modules.builtin"
    try:
        return f"/{module}.ko" in listed.read_text("utf-8", "replace")
    except OSError:
        return True  # nothing says what is built in: only asking can tell
