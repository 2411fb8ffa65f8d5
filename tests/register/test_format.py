# SPDX-License-Identifier: Apache-2.0
"""``docs/register-format.md`` is enough: a reader made from it alone, with none of our code."""

import hashlib
import hmac
import json
import sqlite3
import unicodedata

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from bmnn_mark.register.port import CopyState

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root(hashes: list[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else sha(b"")
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\x01", root(hashes[:split]), root(hashes[split:]))


def plain_json(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def key(place, name: str) -> bytes:
    return bytes.fromhex((place.keys / f"{name}.key").read_text().split()[2])


def opened(place, register_id: str, n: int, leaf: dict, boxes: bytes, wrapped: bytes) -> dict:
    bound = b"bmnn-mark/field/1\x00" + register_id.encode() + n.to_bytes(8)
    keys = AESSIV(key(place, "sealing-1")).decrypt(wrapped, [bound])
    values = {}
    for at, name in enumerate(sorted(leaf["sealed"])):
        length = int.from_bytes(boxes[:4])
        box, boxes = boxes[4 : 4 + length], boxes[4 + length :]
        plain = AESGCM(keys[32 * at : 32 * at + 32]).decrypt(bytes(12), box, bound + name.encode())
        salt, value = plain[:16], plain[16:].rstrip(b"\x00")
        committed = sha(b"bmnn-mark/commitment/1\x00", name.encode(), b"\x00", salt, value)
        assert committed.hex() == leaf["sealed"][name]
        values[name] = json.loads(value)
        assert plain_json(values[name]) == value
    assert boxes == b""
    return values


@pytest.mark.sqlite_only
def test_a_reader_made_from_the_page_agrees_on_every_byte(place, request_for, steps):
    register = place.create(rehearsal=True)
    asked = request_for(title='Kế hoạch “x\\y" diễn tập')
    copies = register.reserve(asked).copies
    register.record(steps(copies[0].attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    with sqlite3.connect(place.file) as database:
        events = database.execute(
            "SELECT n, leaf, boxes, wrapped FROM events JOIN sealed USING (n) "
            "JOIN record_keys USING (n) ORDER BY n"
        ).fetchall()
        heads = database.execute("SELECT size, root, at, signature FROM heads").fetchall()
        (index,) = database.execute("SELECT identity_index FROM documents").fetchone()
    database.close()
    hashes = [sha(b"\x00", leaf) for _n, leaf, _boxes, _wrapped in events]
    leaves = [json.loads(leaf) for _n, leaf, _boxes, _wrapped in events]
    created = leaves[0]["body"]
    assert [leaf["type"] for leaf in leaves] == (
        ["register.created", "document.issued"] + ["copy.reserved"] * 3
        + ["copy.produced", "copy.exported"]
    )  # fmt: skip
    for (n, data, boxes, wrapped), leaf in zip(events, leaves, strict=True):
        assert (plain_json(leaf), leaf["n"], leaf["v"]) == (data, n, 1)
        fields = opened(place, created["register"], n, leaf, boxes, wrapped)
        assert fields["actor"] == "Văn thư An" or n > 4
        if n == 1:
            assert fields["title"] == asked.title
            identity = fields["identity"]
    for size, stored, at, signature in heads:
        assert stored == root(hashes[:size])
        message = f"bmnn-mark tree head 1\n{created['register']}\n{size}\n{stored.hex()}\n{at}\n"
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(created["public_key"]))
        public.verify(signature, message.encode())
    for name, check in created["key_checks"].items():
        text = b"bmnn-mark/key-check/1\x00" + name.encode() + b"\x00"
        assert sha(text, key(place, name)).hex()[:32] == check
    folded = [
        "".join(unicodedata.normalize("NFKC", identity[one]).casefold().split())
        for one in ("agency", "number_sign")
    ]
    message = b"identity\x00" + plain_json([*folded, "2026-03-02"])
    assert hmac.digest(key(place, "blind"), message, "sha256")[:16] == index
    check_page_code(place, register.page_codes(copies[2], [2])[0], root(hashes[:5]))


def check_page_code(place, text: str, expected_root: bytes) -> None:
    digits = [ALPHABET.index(symbol) for symbol in text.removeprefix("BM1:")]
    data = b"".join(
        (a + 45 * b + 2025 * c).to_bytes(2)
        for a, b, c in zip(digits[::3], digits[1::3], digits[2::3], strict=True)
    )
    secret = key(place, "trace")
    assert data[:3] == secret[:3]
    assert data[0] & 0x80
    body = AESSIV(secret[3:]).decrypt(data[3:], [b"BM1" + data[:3]])
    assert body == b"\x01" + (5).to_bytes(5) + (2).to_bytes(2) + b"\x01" + expected_root[:14]
