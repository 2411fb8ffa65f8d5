# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree over the register's events, as in RFC 6962 section 2.1 with SHA-256.

Nothing here knows where hashes are stored. Complete subtrees are named by level and index: level
0 are the leaves, the subtree (level, index) covers the leaves from ``index << level`` on. A tree
of any size is a row of complete subtrees of falling level, its *peaks*; with every complete
subtree at hand, appending and the root at any earlier size cost O(log n).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

#: Gives the hash of a complete subtree by level and index.
Fetch = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a subtree made of two."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks_of(size: int) -> Iterator[tuple[int, int]]:
    """Level and index of the peaks of a tree, left to right.

    >>> list(peaks_of(6))
    [(2, 0), (1, 2)]
    """
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            yield level, start >> level
            start += 1 << level


def inner_nodes(size: int) -> int:
    """How many complete subtrees above the leaves a tree of ``size`` leaves has.

    >>> [inner_nodes(size) for size in range(9)]
    [0, 0, 1, 1, 3, 3, 4, 4, 7]
    """
    return size - size.bit_count()


def node_number(level: int, index: int) -> int:
    """The number of a complete subtree above the leaves, counted from 0 as the tree grows.

    >>> [node_number(1, 0), node_number(1, 1), node_number(2, 0), node_number(1, 2)]
    [0, 1, 2, 3]
    """
    return inner_nodes(((index + 1) << level) - 1) + level - 1


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of a tree's peaks, left to right."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def root_at(size: int, fetch: Fetch) -> bytes:
    """The root of the tree of the first ``size`` leaves."""
    return fold([fetch(level, index) for level, index in peaks_of(size)])


class GrowingTree:
    """A tree to append to, that keeps its peaks and nothing else.

    Args:
        size: leaves that are there already.
        peaks: hashes of the peaks at that size, left to right.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        levels = [level for level, _index in peaks_of(size)]
        self._peaks = list(zip(levels, peaks, strict=True))

    def append(self, leaf: bytes) -> list[bytes]:
        """Add the hash of a leaf.

        Returns:
            The hashes of the subtrees above the leaves that are complete now, from level 1 up.
        """
        complete = []
        level, value = 0, leaf
        while self._peaks and self._peaks[-1][0] == level:
            value = node_hash(self._peaks.pop()[1], value)
            level += 1
            complete.append(value)
        self._peaks.append((level, value))
        self.size += 1
        return complete

    def peaks(self) -> list[bytes]:
        """The hashes of its peaks, left to right."""
        return [value for _level, value in self._peaks]

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return fold(self.peaks())


def _subtree(start: int, end: int, fetch: Fetch) -> bytes:
    """The hash over leaves ``start`` to ``end``; ``start`` is a multiple of the covering power."""
    hashes = [
        fetch(level, (start + (index << level)) >> level) for level, index in peaks_of(end - start)
    ]
    return fold(hashes)


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (RFC 6962 2.1)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, fetch: Fetch) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962 2.1.1)."""
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(middle, end, fetch))
            end = middle
        else:
            proof.append(_subtree(start, middle, fetch))
            start = middle
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's hash and its audit path lead to; None where the path cannot fit."""
    if not 0 <= index < size:
        return None
    value, last = leaf, size - 1
    for step in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            value = node_hash(step, value)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            value = node_hash(value, step)
        index >>= 1
        last >>= 1
    return value if last == 0 else None


def consistency_proof(old: int, new: int, fetch: Fetch) -> list[bytes]:
    """The proof that the tree of ``new`` leaves begins with that of ``old`` (RFC 6962 2.1.2)."""
    proof: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end and old > 0:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_subtree(middle, end, fetch))
            end = middle
        else:
            proof.append(_subtree(start, middle, fetch))
            start, whole = middle, False
    if not whole:
        proof.append(_subtree(start, end, fetch))
    return proof[::-1]


def consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows that the newer tree only added to the older one."""
    if old == new:
        return old_root == new_root and not proof
    if old == 0:
        return old_root == EMPTY_ROOT and not proof
    if not 0 < old < new or not proof:
        return False
    path = list(proof)
    if old & (old - 1) == 0:  # a complete tree is its own first step
        path.insert(0, old_root)
    index, last = old - 1, new - 1
    while index & 1:
        index >>= 1
        last >>= 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            second = node_hash(second, step)
        index >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root
