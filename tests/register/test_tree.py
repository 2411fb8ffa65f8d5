# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree against the vectors of certificate transparency, and against plain recursion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.register.tree import (
    EMPTY_ROOT,
    GrowingTree,
    consistency_proof,
    consistent,
    inclusion_proof,
    inner_nodes,
    leaf_hash,
    node_hash,
    node_number,
    peaks_of,
    root_at,
    root_from_inclusion,
)

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
#: (leaf, size) -> audit path, from the tests of the certificate-transparency code.
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
#: (old size, new size) -> consistency proof, from the same tests.
GROWTH = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
leaf_lists = st.lists(st.binary(max_size=8), max_size=70)


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


def grown(leaves: list[bytes]):
    stored = {(0, place): leaf_hash(leaf) for place, leaf in enumerate(leaves)}

    def fetch(level: int, place: int) -> bytes:
        return stored[level, place]

    tree = GrowingTree()
    for leaf in leaves:
        place = tree.size
        for level, value in enumerate(tree.append(leaf_hash(leaf)), 1):
            assert node_number(level, place >> level) == len(stored) - len(leaves)
            stored[level, place >> level] = value
        assert inner_nodes(tree.size) == len(stored) - len(leaves)
    return tree, fetch


def hexes(hashes: list[bytes]) -> list[str]:
    return [value.hex() for value in hashes]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    tree, fetch = grown(LEAVES[:size])
    assert tree.root().hex() == root_at(size, fetch).hex() == ROOTS[size]


@pytest.mark.parametrize("key", PATHS)
def test_inclusion_proofs_are_the_published_ones(key):
    _tree, fetch = grown(LEAVES)
    assert hexes(inclusion_proof(*key, fetch)) == PATHS[key]


@pytest.mark.parametrize("key", GROWTH)
def test_consistency_proofs_are_the_published_ones(key):
    _tree, fetch = grown(LEAVES)
    assert hexes(consistency_proof(*key, fetch)) == GROWTH[key]


@given(leaf_lists, st.data())
def test_roots_and_proofs_agree_with_plain_recursion(leaves, data):
    _tree, fetch = grown(leaves)
    new = data.draw(st.integers(0, len(leaves)))
    old = data.draw(st.integers(0, new))
    new_root, old_root = plain_root(leaves[:new]), plain_root(leaves[:old])
    assert root_at(new, fetch) == new_root
    growth = consistency_proof(old, new, fetch)
    assert consistent(old, new, old_root, new_root, growth)
    if new:
        index = data.draw(st.integers(0, new - 1))
        path = inclusion_proof(index, new, fetch)
        assert len(path) <= new.bit_length()
        assert root_from_inclusion(leaf_hash(leaves[index]), index, new, path) == new_root


@given(leaf_lists.filter(lambda leaves: len(leaves) > 1), st.data())
def test_a_wrong_proof_proves_nothing(leaves, data):
    _tree, fetch = grown(leaves)
    size = len(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    root, old_root = plain_root(leaves), plain_root(leaves[:old])
    path, growth = inclusion_proof(index, size, fetch), consistency_proof(old, size, fetch)
    leaf = leaf_hash(leaves[index])
    assert root_from_inclusion(leaf_hash(b"another" + leaves[index]), index, size, path) != root
    assert root_from_inclusion(leaf, index, size, path[:-1]) != root
    assert root_from_inclusion(leaf, index, size, [*path, leaf]) != root
    assert root_from_inclusion(leaf, size, size, path) is None
    assert not consistent(old, size, old_root, root, growth[:-1])
    assert not consistent(old, size, old_root, root, [*growth, leaf])
    assert not consistent(old, size, leaf_hash(b"other history"), root, growth)
    assert not consistent(old, size, old_root, leaf_hash(b"other history"), growth)
    assert not consistent(size, old, root, old_root, growth)


@given(leaf_lists)
def test_a_tree_taken_up_again_goes_on_as_if_never_put_down(leaves):
    middle = len(leaves) // 2
    _whole, fetch = grown(leaves)
    tree = GrowingTree(middle, [fetch(*name) for name in peaks_of(middle)])
    for leaf in leaves[middle:]:
        tree.append(leaf_hash(leaf))
    assert tree.root() == plain_root(leaves)


@given(st.integers(0, 1 << 40))
def test_peaks_cover_a_tree_without_gap(size):
    covered = 0
    for level, place in peaks_of(size):
        assert place << level == covered
        covered += 1 << level
    assert covered == size
