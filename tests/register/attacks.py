# SPDX-License-Identifier: Apache-2.0
"""How a register is attacked; the attacks themselves are listed in ``attack_list.py``."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scene import Entry, Power, Scene, hand_over, issue

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.events import canonical
from bmnn_mark.register.keys import key_check
from bmnn_mark.register.opening import create_register
from bmnn_mark.register.sealing import Revealed, Sealed
from bmnn_mark.register.tree import GrowingTree, leaf_hash
from bmnn_mark.rules import Level
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import ROOT_BYTES, open_code, seal

Act = Callable[[Scene], "list[str] | None"]
"""Does it. Gives what is noticed, where that is not what opening, ``verify`` and sheets say."""


@dataclass(frozen=True)
class Attack:
    """A row of the table.

    Attributes:
        name: what is done.
        act: by power, how; a power that is not there cannot do it.
        silent: by power, why nobody notices (``WHY`` of the table).
        alike: it needs no more than the file, and more is of no use for it.
    """

    name: str
    act: dict[Power, Act]
    silent: dict[Power, str]
    alike: bool = False


def _all(act: Act) -> dict[Power, Act]:
    return dict.fromkeys(Power, act)


def history(name: str, change: Callable[[list[Entry]], list[Entry]], **silent: str) -> Attack:
    """History rewritten, and made to fit again as far as the power reaches."""
    return Attack(name, _all(lambda scene: scene.rewrite(change)), _powers(silent))


def tables(name: str, *statements: str, triggers: bool = False, silent: str = "") -> Attack:
    """Rows edited past the program; keys are of no use for it."""

    def act(scene: Scene) -> list[str] | None:
        try:
            scene.sql(*statements, triggers=triggers)
        except sqlite3.IntegrityError:
            return ["refused by the database"]
        return None

    why = dict.fromkeys(Power, silent) if silent else {}
    return Attack(name, {Power.FILE: act}, why, alike=True)


def files(name: str, act: Act, **silent: str) -> Attack:
    """Something done in the folder of the keys, which needs the disk."""
    return Attack(name, {Power.DISK: act}, _powers(silent))


def whole(name: str, act: Act, *powers: Power) -> Attack:
    """Something done to the register by those who can."""
    return Attack(name, dict.fromkeys(powers, act), {})


def codes(name: str, act: Act, *powers: Power, silent: str = "") -> Attack:
    """A sheet made by the attacker, and what ``trace`` says of it."""

    def judged(scene: Scene) -> list[str] | None:
        heard = act(scene)
        return [f"sheet: {one}" for one in heard or () if one != "consistent"]

    return Attack(
        name, dict.fromkeys(powers, judged), dict.fromkeys(powers, silent) if silent else {}
    )


def _powers(silent: dict[str, str]) -> dict[Power, str]:
    return {Power[name.upper()]: why for name, why in silent.items()}


def edited(n: int, old: str, new: str) -> Callable[[list[Entry]], list[Entry]]:
    """Event ``n`` with something else in its clear part."""

    def change(entries: list[Entry]) -> list[Entry]:
        text = json.dumps(entries[n].leaf, ensure_ascii=False, separators=(",", ":"))
        assert old in text
        entries[n].leaf = json.loads(text.replace(old, new, 1))
        return entries

    return change


def other_recipient(entries: list[Entry]) -> list[Entry]:
    """Another name for who got a copy; without keys, another event's box."""
    entry = entries[3]
    if entry.fields is None:
        entry.boxes = entries[12].boxes
    else:
        value = entry.fields["recipient"].value.replace("Bình".encode(), "Khánh".encode())
        entry.fields["recipient"] = Revealed(salt=bytes(16), value=value)
    return entries


def without(*numbers: int) -> Callable[[list[Entry]], list[Entry]]:
    """History without some events."""
    return lambda entries: [one for n, one in enumerate(entries) if n not in numbers]


def swapped(one: int, other: int) -> Callable[[list[Entry]], list[Entry]]:
    """Two events in each other's place."""

    def change(entries: list[Entry]) -> list[Entry]:
        entries[one], entries[other] = entries[other], entries[one]
        return entries

    return change


def put_in(n: int) -> Callable[[list[Entry]], list[Entry]]:
    """A return that never was, of the copy whose hand-over is the last event before ``n``."""

    def change(entries: list[Entry]) -> list[Entry]:
        given = next(
            one for one in reversed(entries[:n]) if one.leaf["type"] == "holding.handed-over"
        )
        body = {
            **given.leaf["body"],
            "act": "returned",
            "before": "with-holder",
            "after": "in-office",
        }
        leaf = {**given.leaf, "n": -1, "body": body, "type": "holding.returned"}
        return [*entries[:n], replace(given, leaf=leaf), *entries[n:]]

    return change


def sealed_by_guess(scene: Scene) -> None:
    """An event signed with the stolen signing key alone: what is sealed in it cannot be."""
    scene.rewrite(put_in(26))
    scene.sql("UPDATE record_keys SET wrapped = randomblob(length(wrapped)) WHERE n = 26")


def cut(size: int) -> Callable[[list[Entry]], list[Entry]]:
    """The events from ``size`` on are gone, and the tables end as they then did."""
    return lambda entries: entries[:size]


def cut_and_grown(entries: list[Entry]) -> list[Entry]:
    """The end is cut off and other events stand in its place, more than there were."""
    return entries[:20] + [replace(entries[20]) for _ in range(8)]


def put_back(scene: Scene) -> None:
    """The register's file is that of the backup; the keys' folder too, who can write it."""
    shutil.copy(scene.backup / "register.db", scene.file)
    if scene.power is Power.DISK:
        shutil.copytree(scene.backup / "keys", scene.folder / "keys", dirs_exist_ok=True)


def put_back_and_used(scene: Scene) -> None:
    """The whole disk is that of the backup, and the program goes on from there."""
    put_back(scene)
    sheets, scene.sheets = scene.sheets, []
    register = scene.open()
    for number in (7, 8):
        issue(scene, register, number, Level.MAT, 2)
    scene.sheets = sheets


def own_signature(scene: Scene) -> None:
    """The attacker's own key pair in the first event, and its signature under every head."""
    key = Ed25519PrivateKey.generate()
    public, seed = key.public_key().public_bytes_raw(), key.private_bytes_raw()

    def change(entries: list[Entry]) -> list[Entry]:
        body = dict(entries[0].leaf["body"])
        checks = {**body["key_checks"], "signing": key_check("signing", seed)}
        entries[0].leaf = {**entries[0].leaf, "body": body | {
            "public_key": public.hex(), "key_checks": checks,
        }}  # fmt: skip
        return entries

    scene.rewrite(change, key.sign)
    if scene.power is Power.DISK:
        (scene.keys / "signing.key").write_text(f"bmnn-mark signing {seed.hex()}\n")


def forgotten(scene: Scene) -> None:
    """The recipient of a copy forgotten as the program does it, but without its entry."""
    entry = scene.read_history()[3]
    sealed = Sealed(commitments=entry.leaf["sealed"], boxes=entry.boxes, wrapped=entry.wrapped,
                    master=entry.master)  # fmt: skip
    wrapped = scene.open()._sealing.sealer.forget(3, sealed, ["recipient"])
    scene.sql(f"UPDATE record_keys SET wrapped = x'{wrapped.hex()}' WHERE n = 3")


def another_register(scene: Scene) -> None:
    """A new register of the same documents in the old one's place, with its own keys."""
    elsewhere = scene.folder / "elsewhere"
    register = create_register(
        f"sqlite:///{elsewhere / 'register.db'}", elsewhere, agency="Sở Mẫu", actor="An",
        rehearsal=False, clock=scene.clock,
    )  # fmt: skip
    sheets, scene.sheets = scene.sheets, []
    for number, level, copies in ((1, Level.MAT, 3), (2, Level.MAT, 2), (3, Level.MAT, 1)):
        hand_over(register, issue(scene, register, number, level, copies), 1)
    scene.sheets = sheets
    shutil.copy(elsewhere / "register.db", scene.file)
    if scene.power is Power.DISK:
        shutil.rmtree(scene.folder / "keys")
        shutil.copytree(elsewhere / "keys", scene.folder / "keys")


def key_changed(name: str) -> Act:
    """Another key of the same kind in a key file."""

    def act(scene: Scene) -> None:
        path = scene.keys / f"{name}.key"
        *words, digits = path.read_text().split()
        path.write_text(
            " ".join([*words, digits[:-2] + ("00" if digits[-2:] != "00" else "11")]) + "\n"
        )

    return act


def own_trigger(table: str, edit: str) -> Act:
    """A trigger of the attacker's, which the program fires with its next entries."""

    def act(scene: Scene) -> None:
        scene.sql(f"CREATE TRIGGER own AFTER INSERT ON {table} BEGIN {edit}; END")
        sheets, scene.sheets = scene.sheets, []
        with suppress(BmnnMarkError):
            issue(scene, scene.open(), 9, Level.MAT, 1)
        scene.sheets = sheets

    return act


def mark_edited(old: bytes, new: bytes) -> Act:
    """The high-water mark with something else in it."""

    def act(scene: Scene) -> None:
        data = (scene.keys / "head").read_bytes()
        assert old in data
        (scene.keys / "head").write_bytes(data.replace(old, new, 1))

    return act


def older_mark(scene: Scene) -> None:
    shutil.copy(scene.backup / "keys" / scene.keys.name / "head", scene.keys / "head")


def garbage_page(scene: Scene) -> None:
    """A page of the file overwritten."""
    data = scene.file.read_bytes()
    at = data.index(b'"type":"holding.handed-over"') // 4096 * 4096
    scene.file.write_bytes(data[:at] + bytes(range(256)) * 16 + data[at + 4096 :])


def made_code(**changes: object) -> Act:
    """A code made with the trace key: the real one of a copy, with something else in it."""

    def act(scene: Scene) -> list[str]:
        register = scene.open()
        code = open_code(scene.sheets[0], register.trace_keys()).code
        return [scene.sheet(seal(register.trace_key(), replace(code, **changes)))]

    return act


def code_for(position: int) -> Act:
    """A code made with the trace key for an event that reserved nothing, with the true root."""

    def act(scene: Scene) -> list[str]:
        tree = GrowingTree()
        for entry in scene.read_history()[:position]:
            tree.append(leaf_hash(canonical(entry.leaf)))
        return made_code(position=position, root=tree.root()[:ROOT_BYTES])(scene)

    return act


def guessed_code(scene: Scene) -> list[str]:
    """A code of somebody who knows how they are made, but not the key."""
    real = scene.open().trace_key()
    code = open_code(scene.sheets[0], [real]).code
    return [scene.sheet(seal(TraceKey(key_id=real.key_id, secret=bytes(64)), code))]


def foreign_code(scene: Scene) -> list[str]:
    real = scene.open().trace_key()
    code = open_code(scene.sheets[0], [real]).code
    other = bytes([real.key_id[0] ^ 1]) + real.key_id[1:]
    return [scene.sheet(seal(TraceKey(key_id=other, secret=real.secret), code))]


def edited_code(scene: Scene) -> list[str]:
    text = scene.sheets[0]
    return [scene.sheet(text[:40] + ("A" if text[40] != "A" else "B") + text[41:])]


def replayed(copy: int, page: int) -> Act:
    """Page 1's code of the first copy, photocopied onto another sheet."""

    def act(scene: Scene) -> list[str]:
        register = scene.open()
        code = open_code(scene.sheets[0], register.trace_keys()).code
        found = register.find_code(code).copy
        said = (found.number, code.page)
        return (
            []
            if said == (copy, page)
            else [f"names copy {said[0]} page {said[1]}, not {copy} page {page}"]
        )

    return act
