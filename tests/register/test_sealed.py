# SPDX-License-Identifier: Apache-2.0
"""The database alone shows levels, dates, counts and kinds of acts, whatever was entered."""

from dataclasses import replace
from datetime import date

import pytest

from bmnn_mark.register import database, events, passphrase
from bmnn_mark.register.copying import CopyingRequest
from bmnn_mark.register.erasure import Approval, ErasureRequest
from bmnn_mark.register.host_events import HostCommissioned, HostIncident
from bmnn_mark.register.journal_events import (
    JournalImported,
    JournalIssued,
    RegisterTrusted,
    TraceKeyExported,
    TraceKeyImported,
)
from bmnn_mark.register.keeping_events import KeyKind, RegisterRestored
from bmnn_mark.register.life import (
    COPY_MOVES,
    WORDS,
    CopyAct,
    CopyActRequest,
    CopyKind,
    DocumentAct,
    DocumentActRequest,
    IncidentClosing,
    IncidentKind,
    IncidentRequest,
    MeetingRequest,
    Permission,
    ReceiveRequest,
)
from bmnn_mark.register.people import PinEntry
from bmnn_mark.register.port import CopyRecord, CopyState, Recipient
from bmnn_mark.register.ruling import RuleChange, RuleChanges
from bmnn_mark.register.verification import event_rows
from bmnn_mark.rules import Level

ON = date(2026, 3, 2)
HASH = "c0ffee" * 10 + "abcd"
#: Entered by tests of their own, with the same look at what is in the clear.
_ELSEWHERE = {
    RegisterRestored.TYPE,
    *(
        kind.TYPE
        for kind in (
            JournalImported,
            JournalIssued,
            RegisterTrusted,
            TraceKeyExported,
            TraceKeyImported,
        )
    ),
}


def canary(name):
    return f"CANARY-{name} điều kín"


def every_word():
    return {name: canary(name) for name in WORDS} | {"second_actor": canary("second")}


def issue(register, request_for):
    wanted = replace(
        request_for(level=Level.MAT),
        **{name: canary(name) for name in ("title", "drafter", "ground", "approved_by")},
        overlap_reason=canary("overlap"),
        marking=canary("marking"),
        actor=canary("actor"),
        source_sha256=HASH,
        recipients=(Recipient(name=canary("to"), address=canary("home"), note=canary("n")),) * 6,
    )
    identity = replace(wanted.identity, agency=canary("agency"), number_sign="CANARY/77")
    return register.reserve(replace(wanted, identity=identity))


def walk(register, reserved):
    """Every state that an attempt can come to, with what is said of it."""
    states = {
        0: "produced exported",
        1: "produced exported",
        2: "void",
        3: "created loaded releasing printing device-done printed",
        4: "created unknown spoiled",
    }
    for at, path in states.items():
        for state in path.split():
            words = {}
            if state == "spoiled":
                words = {"second_actor": canary("second"), "reason": canary("reason")}
            register.record(
                (
                    CopyRecord(
                        attempt_id=reserved.copies[at].attempt_id,
                        state=CopyState(state),
                        actor=canary("actor"),
                        words=words,
                    ),
                )
            )


def act_on_copies(register, document_id):
    order = {
        1: "handed-over seen carried-out carried-back returned destroyed",
        2: "lost returned provided",
    }
    for copy, path in order.items():
        for act in map(CopyAct, path.split()):
            out = act in {CopyAct.CARRIED_OUT, CopyAct.PROVIDED}
            request = CopyActRequest(
                document_id=document_id, copy=copy, act=act, on=ON, actor=canary("actor"),
                words=every_word(), abroad=True if out else None,
                due=ON if act is CopyAct.CARRIED_OUT else None,
            )  # fmt: skip
            register.act_on_copies([request])


def copy_and_receive(register, document_id):
    register.permit_copying(
        CopyingRequest(
            document_id=document_id, of_copy=0, kind=CopyKind.SAO_Y,
            permission=Permission(
                by=canary("by"), office=canary("post"), clause=canary("clause"), on=ON, allowed=2
            ),
            recipients=(Recipient(name=canary("to")),), pack="nd63-2026", pages=1,
            source_sha256=HASH, actor=canary("actor"), purpose=canary("purpose"),
            marking=canary("marking"),
        )
    )  # fmt: skip
    register.receive(
        ReceiveRequest(
            agency=canary("agency"), number_sign="CANARY/5", dated=ON, level=Level.MAT,
            pack="nd63-2026", arrived=ON, actor=canary("actor"), title=canary("title"),
            unit=canary("unit"), note=canary("note"), source_sha256=HASH,
        )
    )  # fmt: skip


def decide(register, document_id):
    for act, changes in (
        (DocumentAct.TERMED, {"term": date(2027, 1, 1)}),
        (DocumentAct.EXTENDED, {"term": date(2028, 1, 1)}),
        (DocumentAct.RELEVELLED, {"level": Level.TUYET_MAT}),
        (DocumentAct.RECALLED, {}),
        (DocumentAct.DECLASSIFIED, {}),
    ):
        register.act_on_document(
            DocumentActRequest(
                document_id=document_id, act=act, on=ON, actor=canary("actor"),
                words=every_word(), **changes,
            )
        )  # fmt: skip


def guard_told(register):
    """Entries of a guard's journal: of no document, and none of it is sealed but who took it in."""
    same = {
        "guard": "ab" * 16, "boot": "efd78b80-f662-4322-be87-e0d016730234", "chain": "9" * 64,
        "at": "2026-11-22T08:00:00.000001Z",
    }  # fmt: skip
    told = (
        HostIncident(number=1, code="gate.no_ticket", detail={"queue": "q"}, **same),
        HostCommissioned(number=2, baseline=1, policy="air-gapped", sha256="5" * 64, **same),
    )
    assert register.enter_host_events(told, canary("actor")) == 2


def happen(register):
    incident = register.report_incident(
        IncidentRequest(kind=IncidentKind.LEAK, on=ON, actor=canary("actor"), words=every_word())
    )
    register.close_incident(
        IncidentClosing(incident=incident, on=ON, actor=canary("actor"), words=every_word())
    )
    register.hold_meeting(
        MeetingRequest(
            on=ON, actor=canary("actor"), level=Level.MAT, foreign=True, words=every_word()
        )
    )
    pin = PinEntry(
        party=canary("party"), pin=canary("pin"), actor=canary("actor"), on=ON,
        second_actor=canary("second"),
    )  # fmt: skip
    register.enroll(pin)
    assert register.check_pin(pin)
    change = RuleChange(pack="nd63-2026", figure="x", value='"CANARY-value"', source=canary("s"))
    register.record_rules(
        RuleChanges(changes=(change,), before=None, overlay="0" * 64), canary("actor")
    )
    back = RuleChange(pack="nd63-2026", figure="x")
    register.record_rules(
        RuleChanges(changes=(back,), before="0" * 64, overlay=None), canary("actor")
    )


def keep(register, document_id, place):
    approval = Approval(
        actor=canary("actor"), second_actor=canary("second"), reason=canary("reason"), on=ON
    )
    register.rotate_key(KeyKind.SEALING, approval)
    register.rotate_key(KeyKind.TRACE, approval)
    register.erase(ErasureRequest(fields=("title",), document_id=document_id), approval)
    folder = place.folder / "away"
    folder.mkdir()
    register.backup(folder / "b", actor=canary("actor"), on=ON, passphrase=canary("passphrase"))


def types_of(register):
    with database.reading(register._engine) as connection:
        return {
            events.type_of(events.decode_leaf(row.leaf).what)
            for part in event_rows(connection)
            for row in part
        }


def test_no_word_of_any_act_stands_in_the_database_or_in_a_backup(place, request_for, monkeypatch):
    monkeypatch.setattr(passphrase, "WORK", passphrase.Work(n=1 << 10, r=8, p=1))
    register = place.create()
    reserved = issue(register, request_for)
    walk(register, reserved)
    act_on_copies(register, reserved.document_id)
    copy_and_receive(register, reserved.document_id)
    decide(register, reserved.document_id)
    happen(register)
    guard_told(register)
    keep(register, reserved.document_id, place)
    assert types_of(register) >= set(events._KINDS) - _ELSEWHERE
    assert set(COPY_MOVES) == set(CopyAct)
    files = [path.read_bytes() for path in place.folder.rglob("*") if path.is_file()]
    assert len(files) >= 8  # the keys, the mark, the backup and what it was proven by
    for data in (place.content(), *files):
        for word in ("CANARY", "canary", "kín", "Sở Xây dựng", "Văn thư", HASH, "c0ffee"):
            assert word.encode() not in data
    shown = place.content()
    for word in ("tuyet-mat", "2026-03-02", "holding.lost", "nd63-2026", "2028-01-01"):
        assert word.encode() in shown
    assert place.open().verify().intact


@pytest.mark.sqlite_only
def test_what_an_erased_field_was_sealed_with_is_not_left_in_the_file(place, request_for):
    register = place.create()
    reserved = issue(register, request_for)
    with database.reading(register._engine) as connection:
        row = next(event_rows(connection))[1]
    assert row.wrapped in place.content()
    approval = Approval(actor="An", second_actor="Bình", reason="x", on=ON)
    register.erase(ErasureRequest(fields=("title",), document_id=reserved.document_id), approval)
    assert row.wrapped not in place.content()
    assert row.boxes in place.content()  # the box stays, and nothing opens it
