# SPDX-License-Identifier: Apache-2.0
"""What is entered with an issue and with a spoiled copy: sealed words, a term in the clear."""

from dataclasses import replace
from datetime import date

import pytest

from bmnn_mark.errors import UsageRefused
from bmnn_mark.register.life import CopyAct, CopyActRequest, DocumentAct, DocumentActRequest
from bmnn_mark.register.port import CopyRecord, CopyState
from bmnn_mark.rules import Level

DAY = date(2026, 3, 2)


@pytest.mark.sqlite_only
def test_a_stated_term_is_entered_with_the_issue_and_people_are_sealed(place, request_for):
    register = place.create()
    made = register.reserve(
        request_for(signer="Trần Bình", kept_by="Phòng TH", term=date(2030, 1, 1))
    )
    row = register.document(made.document_id).document
    assert row.term == date(2030, 1, 1)
    issued, termed = register.history(made.document_id)
    assert (issued.words["signer"], issued.words["kept_by"]) == ("Trần Bình", "Phòng TH")
    assert (termed.act, termed.day, termed.words) == ("document.termed", DAY, {})
    data = place.file.read_bytes()
    assert "Trần Bình".encode() not in data
    assert "Phòng TH".encode() not in data
    assert b"2030-01-01" in data
    register.rebuild()
    assert register.verify().intact
    assert register.document(made.document_id).document == row


def test_a_document_entered_again_keeps_its_term(place, request_for, steps):
    register = place.create()
    asked = request_for(term=date(2030, 1, 1))
    first = register.reserve(asked)
    for copy in first.copies:
        register.record(steps(copy.attempt_id, CopyState.VOID))
    again = register.reserve(asked)
    assert register.document(again.document_id).document.term == date(2030, 1, 1)
    assert register.verify().intact


@pytest.mark.sqlite_only
def test_who_spoiled_a_copy_is_sealed_and_takes_two(place, request_for, steps):
    register = place.create()
    (copy, *_) = register.reserve(request_for()).copies
    register.record(steps(copy.attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))

    def spoiled(second):
        return CopyRecord(
            attempt_id=copy.attempt_id,
            state=CopyState.SPOILED,
            actor="An",
            words={"second_actor": second, "reason": "kẹt giấy"},
        )

    for one, same in (("An", "an"), ("Lê Hoà", "Lê  Hòa"), ("An", "Ａn")):
        with pytest.raises(UsageRefused, match="input.two_people"):
            register.record((replace(spoiled(same), actor=one),))
    wrong = CopyRecord(
        attempt_id=copy.attempt_id, state=CopyState.SPOILED, actor="An", words={"title": "x"}
    )
    with pytest.raises(UsageRefused, match="input.unknown_word"):
        register.record((wrong,))
    register.record((spoiled("Bình"),))
    assert "kẹt giấy".encode() not in place.file.read_bytes()
    assert register.verify().intact


@pytest.mark.sqlite_only
def test_acts_show_their_day_and_kind_in_the_clear_and_nobody(place, request_for, steps):
    register = place.create()
    made = register.reserve(request_for())
    (copy, *_) = made.copies
    register.record(steps(copy.attempt_id, CopyState.PRODUCED, CopyState.EXPORTED))
    register.act_on_copies(
        [
            CopyActRequest(
                document_id=made.document_id, copy=1, act=CopyAct.HANDED_OVER, on=DAY, actor="An",
                words={"party": "Ông Cường", "office": "Sở C"},
            )
        ]
    )  # fmt: skip
    register.act_on_document(
        DocumentActRequest(
            document_id=made.document_id, act=DocumentAct.RELEVELLED, on=DAY, actor="An",
            level=Level.MAT, words={"decision": "9/QĐ-SM"},
        )
    )  # fmt: skip
    data = place.file.read_bytes()
    for secret in ("Ông Cường", "Sở C", "9/QĐ-SM"):
        assert secret.encode() not in data
    assert b"holding.handed-over" in data
    assert register.holdings(made.document_id)[0].holder == "Ông Cường"
