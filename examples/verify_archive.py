# SPDX-License-Identifier: Apache-2.0
"""Checks an archive of ``bmnn-mark register export`` with none of bmnn-mark's code.

    python verify_archive.py [--key FINGERPRINT] ARCHIVE.zip [LATER.zip...]

FINGERPRINT is the SHA-256 of the register's public key, told by the office itself. Later archives
must only have added to the ones before. What is checked stands in ``docs/register-format.md``.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import zip_longest
from typing import Any
from zipfile import ZipFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEAD = "bmnn-mark tree head 1\n{}\n{}\n{}\n{}\n"
NONE: dict[str, Any] = {}
MALFORMED = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


def need(holds: object, what: str) -> None:
    """Say what is wrong unless it holds, and end."""
    if not holds:
        sys.exit(f"WRONG: {what}")


def sha(*parts: bytes) -> bytes:
    """SHA-256 of the parts one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def plain(value: object) -> bytes:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(line: bytes, where: str) -> Any:
    """What a line of canonical JSON says."""
    with suppress(*MALFORMED):
        value = json.loads(line, parse_float=int, parse_constant=int)
        if plain(value) == line:
            return value
    sys.exit(f"WRONG: {where} is not canonical JSON")


def lines(archive: ZipFile, name: str, told: dict[str, Any]) -> Iterator[bytes]:
    """The lines of a member, which must have the hash that the manifest tells."""
    digest, count = hashlib.sha256(), 0
    with archive.open(name) as member:
        for count, line in enumerate(member, 1):  # noqa: B007 - count is told after it
            digest.update(line)
            yield line.removesuffix(b"\n")
    need(told["sha256"] == digest.hexdigest(), f"{name} to line {count} is not what was signed")


def add(peaks: list[Any], value: bytes, size: int = 1) -> None:
    """One more leaf for the RFC 6962 tree whose complete subtrees are ``peaks``."""
    while peaks and peaks[-1][0] == size:
        value, size = sha(b"\x01", peaks.pop()[1], value), 2 * size
    peaks.append((size, value))


def root(peaks: list[Any]) -> str:
    """The root over all leaves so far."""
    value: bytes = peaks[-1][1]
    for _size, left in peaks[-2::-1]:
        value = sha(b"\x01", left, value)
    return value.hex()


def check_event(n: int, line: bytes, opened: list[bytes], manifest: dict[str, Any]) -> None:
    """Check one event by itself, and what is opened of it against its commitments."""
    event = read(line, f"event {n}")
    need(sorted(event) == ["at", "body", "n", "sealed", "type", "v"], f"event {n} has other parts")
    need((event["n"], event["v"]) == (n, 1), f"event {n} says that it is another one")
    need((n == 0) == (event["type"] == "register.created"), f"event {n} has the wrong type")
    about = {name: manifest[name] for name in ("public_key", "register", "rehearsal")}
    need(n > 0 or event["body"] | about == event["body"], "event 0 is that of another register")
    for shown in (read(one, f"what is opened of event {n}") for one in opened):
        names = sorted([*shown["fields"], *shown["erased"], *shown["withheld"]])
        need(names == sorted(event["sealed"]), f"event {n} has other sealed fields")
        for name, field in shown["fields"].items():
            salted = bytes.fromhex(field["salt"]) + plain(field["value"])
            value = sha(b"bmnn-mark/commitment/1\0", name.encode(), b"\0", salted)
            need(value.hex() == event["sealed"][name], f"event {n} never said this in {name}")


def check(archive: ZipFile, known: str | None, older: dict[str, Any]) -> dict[str, Any]:
    """Check a whole archive, which must go on where the one of manifest ``older`` ended."""
    names = sorted(one.filename for one in archive.infolist() if not one.compress_type)
    data = archive.read(names[names.index("manifest.json")]).removesuffix(b"\n")
    manifest = read(data, "the manifest")
    told, raw = manifest["files"], bytes.fromhex(manifest["public_key"])
    need(known in {None, sha(raw).hex()}, f"this is the register of another key, {sha(raw).hex()}")
    strange = sorted({*names} ^ {*told, "manifest.json", "manifest.sig"})
    need(len(names) == len(told) + 2 and not strange, f"no member, or too many: {strange or names}")
    key, by = Ed25519PublicKey.from_public_bytes(raw), archive.read("manifest.sig").decode()
    heads = (read(one, "a head") for one in lines(archive, "heads.jsonl", told["heads.jsonl"]))
    peaks: list[Any] = []
    from_, head, where = 0, next(heads, NONE), "the manifest"
    try:
        key.verify(bytes.fromhex(by), b"bmnn-mark archive 1\n" + data)
        parts = (lines(archive, one, told[one]) for one in sorted(told) if one != "heads.jsonl")
        for n, (line, digest, *opened) in enumerate(zip_longest(*parts)):
            leaf, where = sha(b"\0", line or b""), f"event {n}"
            need(leaf.hex().encode() == digest, f"event {n} was changed, or is missing")
            check_event(n, line, opened, manifest)
            add(peaks, leaf)
            if head.get("size") == n + 1:
                where = f"the head over events {from_} to {n}"
                said = HEAD.format(manifest["register"], n + 1, root(peaks), head["at"])
                key.verify(bytes.fromhex(head["signature"]), said.encode())
                from_, head = n + 1, next(heads, NONE)
            if older.get("events") == n + 1:
                need(older["root"] == root(peaks), f"the older archive has another history to {n}")
    except (InvalidSignature, *MALFORMED):
        sys.exit(f"WRONG: {where} is malformed, or not what the register signed")
    whole = not head and (from_, root(peaks)) == (manifest["events"], manifest["root"])
    need(whole, f"no head covers event {from_}, or the manifest tells of another end")
    need(older.get("events", 0) <= from_, f"the older archive has an event {from_}")
    return dict(manifest)


def main() -> None:
    """Check the archives that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key")
    parser.add_argument("archives", nargs="+")
    asked = parser.parse_args()
    known, one = asked.key and "".join(asked.key.lower().split()), NONE
    for path in asked.archives:
        try:
            with ZipFile(path) as archive:
                one = check(archive, known, one)
        except Exception as error:  # noqa: BLE001 - a spoiled ZIP raises anything
            sys.exit(f"WRONG: this is no whole archive ({error})")
        known = sha(bytes.fromhex(one["public_key"])).hex()
        print(f"{path}: good, {one['events']} events, register {one['register']}, {one['at']}")
    print(f"fingerprint of its key{'' if asked.key else ' (compare it!)'}: {known}")


if __name__ == "__main__":
    main()
