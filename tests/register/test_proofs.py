# SPDX-License-Identifier: Apache-2.0
"""Proofs that the register gives away, against roots recomputed from all its leaves."""

import hashlib
from dataclasses import replace

import pytest

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.keys import read_keys
from bmnn_mark.register.port import CopyState


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if len(leaves) < 2:
        return hashlib.sha256(*(b"\0" + leaf for leaf in leaves)).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = plain_root(leaves[:split]), plain_root(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


@pytest.fixture
def growing(place, request_for, steps):
    """A register that grows by transactions of one to five events, and its leaves so far."""
    register = place.create()

    def grow():
        leaves = []
        for number in range(1, 6):
            copies = register.reserve(request_for(number)).copies
            register.record(steps(copies[0].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
            proofs = [register.prove_event(n) for n in range(6 * number + 1)]
            leaves = [proof.leaf for proof in proofs]
            yield register, leaves, proofs

    return grow


def test_every_event_is_proven_against_the_head_of_the_day(growing, place):
    for _register, leaves, proofs in growing():
        key = read_keys(place.keys).public_key
        root = plain_root(leaves)
        for n, proof in enumerate(proofs):
            assert (proof.n, proof.head.size, proof.head.root) == (n, len(leaves), root)
            assert proof.holds(key)
            assert not proof.holds(bytes(32))
            assert not replace(proof, leaf=proof.leaf + b" ").holds(key)
            assert not replace(proof, n=n + 1).holds(key)
            assert not replace(proof, path=proof.path[:-1]).holds(key)
            assert not replace(proof, head=replace(proof.head, root=bytes(32))).holds(key)


def test_growth_is_proven_from_every_size_on(growing, place):
    for register, leaves, _proofs in growing():
        key = read_keys(place.keys).public_key
        for size in range(len(leaves) + 1):
            proof = register.prove_growth(size)
            assert proof.head.root == plain_root(leaves)
            old = plain_root(leaves[:size])
            assert proof.holds(key, old)
            assert not proof.holds(bytes(32), old)
            other = plain_root([b"another history", *leaves[1:size]])
            assert not proof.holds(key, other)


def test_what_is_not_there_is_not_proven(place):
    register = place.create()
    for wrong in (-1, 1, 99):
        with pytest.raises(RegisterRefused, match=r"^register\.no_such_event$"):
            register.prove_event(wrong)
    for wrong in (-1, 2):
        with pytest.raises(RegisterRefused, match=r"^register\.no_such_event$"):
            register.prove_growth(wrong)


def test_a_tree_with_a_hole_proves_nothing(place, request_for):
    place.create().reserve(request_for())
    place.change("DELETE FROM nodes WHERE number = 0")
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open(inspect=True).prove_event(2)
