# SPDX-License-Identifier: Apache-2.0
"""The signed archive, and the verifier of ``examples/`` that knows none of our code."""

import ast
import hashlib
import importlib.util
import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.archive import fingerprint
from bmnn_mark.register.erasure import Approval, ErasureRequest
from bmnn_mark.register.keys import read_keys
from bmnn_mark.register.life import DocumentAct, DocumentActRequest
from bmnn_mark.register.port import CopyState, DocumentIdentity
from bmnn_mark.rules import Level

VERIFIER = Path(__file__).parents[2] / "examples" / "verify_archive.py"
TITLE = "Kế hoạch diễn tập phòng thủ"
TOP_TITLE = "Phương án tuyệt đối không ai được biết"


@pytest.fixture(scope="module")
def verifier():
    spec = importlib.util.spec_from_file_location("verify_archive", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def said(verifier, monkeypatch, capsys):
    """What the verifier says of archives."""

    def say(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["verify_archive.py", *map(str, words)])
        try:
            verifier.main()
        except SystemExit as end:
            return str(end.code)
        return capsys.readouterr().out

    return say


@pytest.fixture
def register(place, request_for, steps):
    """13 events: created, issued and 3 reserved (one transaction), 3 steps, issued and 4."""
    register = place.create()
    for copy in register.reserve(request_for(title=TITLE)).copies:
        register.record(steps(copy.attempt_id, CopyState.PRODUCED))
    identity = DocumentIdentity(
        agency="Sở Xây dựng", number_sign="2/KH", dated=place.now.date().replace(year=2025)
    )
    register.reserve(
        request_for(2, identity=identity, level=Level.TUYET_MAT, pack="tt24-2020", title=TOP_TITLE)
    )
    return register


@pytest.fixture
def archives(register, tmp_path):
    clear, opened = tmp_path / "clear.zip", tmp_path / "opened.zip"
    register.archive(clear)
    register.archive(opened, opened=True)
    return clear, opened


def members(archive):
    with zipfile.ZipFile(archive) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def zip_again(parts, target):
    with zipfile.ZipFile(target, "w") as zipped:
        for name, data in parts.items():
            zipped.writestr(name, data)
    return target


def sign_again(parts, key, **changes):
    """Make hashes and the manifest fit the parts, as somebody would who has ``key``."""
    manifest = json.loads(parts["manifest.json"]) | changes
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in parts.items()
        if not name.startswith("manifest")
    }
    line = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature = key.sign(b"bmnn-mark archive 1\n" + line)
    return parts | {
        "manifest.json": line + b"\n",
        "manifest.sig": signature.hex().encode() + b"\n",
    }


def hashed_again(parts):
    lines = parts["events.jsonl"].splitlines()
    hashes = [hashlib.sha256(b"\0" + line).hexdigest() + "\n" for line in lines]
    return parts | {"hashes.txt": "".join(hashes).encode()}


def edited(parts, name, line, old, new):
    lines = parts[name].splitlines(keepends=True)
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new, 1)
    return parts | {name: b"".join(lines)}


def without(parts, name, *numbers):
    lines = parts[name].splitlines(keepends=True)
    return parts | {name: b"".join(one for n, one in enumerate(lines) if n not in numbers)}


def test_a_good_archive_is_good_and_tells_its_register(register, archives, said, place):
    known = fingerprint(read_keys(place.keys).public_key)
    for archive in archives:
        assert f"good, 12 events, register {register.register_id}" in said(archive)
        assert known in said("--key", known, archive)
    assert "another key" in said("--key", "0" * 64, archives[0])


def test_an_archive_has_only_what_may_be_in_it(register, archives, tmp_path):
    clear, opened = (path.read_bytes() for path in archives)
    for secret in ("Sở Xây dựng", "Bí thư Bình", "Văn thư An", TITLE, "1/BC-SXD"):
        assert secret.encode() not in clear
        assert secret.encode() in opened
    assert TOP_TITLE.encode() not in clear + opened
    lines = [json.loads(line) for line in members(archives[1])["opened.jsonl"].splitlines()]
    assert [line["withheld"] for line in lines] == [["title"] if n == 8 else [] for n in range(12)]
    assert lines[8]["fields"]["identity"]["value"]["number_sign"] == "2/KH"
    assert register.archive(tmp_path / "again.zip", opened=True).withheld == 1


def test_what_was_forgotten_is_said_to_be_and_stays_forgotten(register, said, tmp_path):
    words = {"second_actor": "Bình", "reason": "Điều 9", "on": date(2026, 3, 2)}
    request = ErasureRequest(fields=("title",), event=1)
    register.erase(request, Approval(actor="An", **words))
    archive = tmp_path / "opened.zip"
    register.archive(archive, opened=True)
    assert "good, 13 events" in said(archive)
    lines = [json.loads(line) for line in members(archive)["opened.jsonl"].splitlines()]
    assert lines[1]["erased"] == ["title"]
    assert set(lines[1]["fields"]) == {"actor", "identity", "source"}
    assert TITLE.encode() not in archive.read_bytes()


def test_a_title_is_kept_back_once_its_document_was_tuyet_mat(register, place, said, tmp_path):
    (row, _) = register.documents()
    raised = DocumentActRequest(
        document_id=row.document_id, act=DocumentAct.RELEVELLED, on=date(2026, 3, 2), actor="An",
        words={"decision": "7/QĐ"}, level=Level.TUYET_MAT,
    )  # fmt: skip
    register.act_on_document(raised)
    register.act_on_document(replace(raised, level=Level.MAT))
    archive = tmp_path / "opened.zip"
    assert register.archive(archive, opened=True).withheld == 2
    assert TITLE.encode() not in archive.read_bytes()
    assert "good, 14 events" in said(archive)


@pytest.mark.sqlite_only
def test_the_same_register_at_the_same_time_gives_the_same_bytes(register, place, tmp_path):
    for name in ("one", "two"):
        now = place.now
        register.archive(tmp_path / name, opened=True)
        place.now = now
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_verifier_is_short_and_needs_nothing_of_ours():
    text = VERIFIER.read_text()
    assert len(text.splitlines()) <= 150
    used = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            used |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add(node.module)
    tops = {name.partition(".")[0] for name in used}
    assert tops - set(sys.stdlib_module_names) == {"cryptography"}


@pytest.mark.sqlite_only
def test_it_runs_as_a_program(archives):
    for words, code in (([archives[1]], 0), ([archives[0], "--key", "ff"], 1), ([VERIFIER], 1)):
        done = subprocess.run([sys.executable, VERIFIER, *words], capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        assert ("good, 12 events" in done.stdout) == (code == 0)
        assert done.stderr.startswith("WRONG: ") == (code == 1)


def swapped(data, one, other):
    lines = data.splitlines(keepends=True)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def resigned_as_own(parts):
    key = Ed25519PrivateKey.generate()
    return sign_again(parts, key, public_key=key.public_key().public_bytes_raw().hex())


#: What somebody without the key did to the opened archive, and what the verifier says.
CHANGES = {
    "an event edited": (
        lambda parts: edited(parts, "events.jsonl", 3, b'"copy":2', b'"copy":9'),
        "event 3 was changed",
    ),
    "an event deleted": (
        lambda parts: without(parts, "events.jsonl", 5),
        "event 5 was changed, or is missing",
    ),
    "an event and its hash deleted": (
        lambda parts: without(without(parts, "events.jsonl", 5), "hashes.txt", 5),
        "event 5 says that it is another one",
    ),
    "two events swapped": (
        lambda parts: hashed_again(
            edited(
                edited(parts, "events.jsonl", 5, b'"n":5', b'"n":6'),
                "events.jsonl", 6, b'"n":6', b'"n":5',
            )
        ),
        "event 5 says that it is another one",
    ),
    "the last events cut off": (
        lambda parts: without(parts, "events.jsonl", *range(8, 12)),
        "events.jsonl to line 8 is not what was signed",
    ),
    "the last transaction cut off cleanly": (
        lambda parts: {
            name: b"".join(data.splitlines(keepends=True)[: 5 if name == "heads.jsonl" else 8])
            if not name.startswith("manifest") else data
            for name, data in parts.items()
        },
        "heads.jsonl to line 5 is not what was signed",
    ),
    "an event added": (
        lambda parts: hashed_again(
            parts | {"events.jsonl": parts["events.jsonl"] + b'{"n":12}\n'}
        ),
        "event 12 has other parts",
    ),
    "an event edited with its hash": (
        lambda parts: hashed_again(edited(parts, "events.jsonl", 3, b'"copy":2', b'"copy":9')),
        "the head over events 1 to 4",
    ),
    "an event no longer canonical": (
        lambda parts: hashed_again(edited(parts, "events.jsonl", 3, b'"n":3', b'"n": 3')),
        "event 3 is not canonical JSON",
    ),
    "an event that is no object": (
        lambda parts: hashed_again(
            parts | {"events.jsonl": b"7\n" + parts["events.jsonl"].split(b"\n", 1)[1]}
        ),
        "event 0 is malformed",
    ),
    "a hash edited": (
        lambda parts: edited(parts, "hashes.txt", 4, parts["hashes.txt"][65 * 4 :][:1], b"x"),
        "event 4 was changed",
    ),
    "another register's first event": (
        lambda parts: hashed_again(
            edited(parts, "events.jsonl", 0, b'"register":"', b'"register":"0')
        ),
        "event 0 is that of another register",
    ),
    "a head's time edited": (
        lambda parts: edited(parts, "heads.jsonl", 2, b'"at":"2026', b'"at":"2027'),
        "the head over events 5 to 5",
    ),
    "a head's signature edited": (
        lambda parts: edited(parts, "heads.jsonl", 5, b'"signature":"', b'"signature":"00'),
        "the head over events 8 to 11",
    ),
    "a head taken away": (
        lambda parts: without(parts, "heads.jsonl", 2),
        "heads.jsonl to line 5 is not what was signed",
    ),
    "the last head taken away": (
        lambda parts: without(parts, "heads.jsonl", 5),
        "heads.jsonl to line 5 is not what was signed",
    ),
    "a value put into an event's mouth": (
        lambda parts: edited(parts, "opened.jsonl", 2, "Bí thư Bình".encode(), b"Khanh"),
        "event 2 never said this in recipient",
    ),
    "a salt edited": (
        lambda parts: edited(parts, "opened.jsonl", 2, b'"salt":"', b'"salt":"00'),
        "event 2 never said this in actor",
    ),
    "a field left out": (
        lambda parts: edited(parts, "opened.jsonl", 8, b'"withheld":["title"]', b'"withheld":[]'),
        "event 8 has other sealed fields",
    ),
    "an opened line taken away": (
        lambda parts: without(parts, "opened.jsonl", 6),
        "event 6 never said this in actor",
    ),
    "two opened lines swapped": (
        lambda parts: parts | {"opened.jsonl": swapped(parts["opened.jsonl"], 2, 3)},
        "event 2 never said this in actor",
    ),
    "the manifest edited": (
        lambda parts: edited(parts, "manifest.json", 0, b'"at":"2026', b'"at":"2027'),
        "the manifest is malformed, or not what the register signed",
    ),
    "a member added": (
        lambda parts: parts | {"README": b"read me"},
        "too many: ['README']",
    ),
    "a member taken away": (
        lambda parts: {name: data for name, data in parts.items() if name != "opened.jsonl"},
        "too many: ['opened.jsonl']",
    ),
    "signed with another key": (
        lambda parts: sign_again(parts, Ed25519PrivateKey.generate()),
        "the manifest is malformed, or not what the register signed",
    ),
    "another key, said to be the register's": (
        resigned_as_own,
        "event 0 is that of another register",
    ),
}  # fmt: skip


@pytest.mark.sqlite_only
def test_every_changed_archive_is_found_and_the_event_named(archives, said, tmp_path):
    whole = members(archives[1])
    answers = {
        what: said(zip_again(change(whole), tmp_path / "bad.zip"))
        for what, (change, _finding) in CHANGES.items()
    }
    unheard = {what: answer for what, answer in answers.items() if CHANGES[what][1] not in answer}
    assert not unheard


@pytest.mark.sqlite_only
def test_a_member_stands_in_it_once_and_as_it_is(archives, said, tmp_path):
    parts = members(archives[0])
    twice, small = tmp_path / "twice.zip", tmp_path / "small.zip"
    with zipfile.ZipFile(twice, "w") as zipped:
        zipped.writestr("events.jsonl", parts["events.jsonl"].replace(b"mat", b"xyz"))
        for name, data in parts.items():
            zipped.NameToInfo.clear()  # it would warn of the name
            zipped.writestr(name, data)
    with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in parts.items():
            zipped.writestr(name, data)
    assert said(twice).startswith("WRONG: no member, or too many")
    assert said(small).startswith("WRONG: ")
    assert "good, " in said(zip_again(parts, tmp_path / "again.zip"))
    end = parts | {"manifest.json": parts["manifest.json"][:-1] + b"x"}
    assert said(zip_again(end, tmp_path / "end.zip")).startswith("WRONG: ")


@pytest.mark.sqlite_only
def test_a_fingerprint_may_be_typed_as_it_is_read_out(archives, register, said):
    told = fingerprint(register.public_key).upper()
    spaced = " ".join(told[at : at + 4] for at in range(0, len(told), 4))
    assert "good, " in said("--key", spaced, archives[0])


@pytest.mark.sqlite_only
def test_no_byte_can_be_changed_unheard(archives, verifier, said, tmp_path):
    good = archives[1].read_bytes()
    whole = members(archives[1])
    chance = random.Random(1)
    bad, heard = tmp_path / "bad.zip", 0
    for _ in range(300):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        bad.write_bytes(data)
        answer = said(bad)
        heard += answer.startswith("WRONG: ")
        if "good, " in answer:  # a byte of the ZIP's own that says nothing of its members
            assert members(bad) == whole
        else:
            assert answer.startswith("WRONG: ")
    assert heard > 200


def test_a_later_archive_must_go_on_where_the_earlier_ended(
    register, archives, said, place, request_for, tmp_path
):
    later = tmp_path / "later.zip"
    register.reserve(request_for(3))
    register.archive(later)
    assert said(archives[0], later).count("good, ") == 2
    assert "the older archive has an event 12" in said(later, archives[0])
    key = Ed25519PrivateKey.from_private_bytes(read_keys(place.keys).signing)
    forged = zip_again(rewritten(members(later), key), tmp_path / "forged.zip")
    assert "good, " in said(forged)  # whoever has the key can write what he likes
    assert "another history to 11" in said(archives[0], forged)


def rewritten(parts, key):
    """History rewritten by the holder of the signing key: one leaf, then everything above it."""
    parts = hashed_again(edited(parts, "events.jsonl", 3, b'"copy":2', b'"copy":9'))
    leaves = [hashlib.sha256(b"\0" + line).digest() for line in parts["events.jsonl"].splitlines()]
    heads = []
    for line in parts["heads.jsonl"].splitlines():
        head = json.loads(line)
        head["root"] = plain_root(leaves[: head["size"]]).hex()
        register = json.loads(parts["manifest.json"])["register"]
        message = (
            f"bmnn-mark tree head 1\n{register}\n{head['size']}\n{head['root']}\n{head['at']}\n"
        )
        head["signature"] = key.sign(message.encode()).hex()
        heads.append(json.dumps(head, sort_keys=True, separators=(",", ":")) + "\n")
    return sign_again(parts | {"heads.jsonl": "".join(heads).encode()}, key, root=head["root"])


def plain_root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = plain_root(hashes[:split]), plain_root(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_a_broken_register_is_not_vouched_for(register, place, tmp_path):
    place.change("UPDATE attempts SET state = 'void' WHERE position = 3")
    with pytest.raises(RegisterRefused, match=r"^register\.broken$"):
        place.open().archive(tmp_path / "archive.zip")
    assert not (tmp_path / "archive.zip").exists()
