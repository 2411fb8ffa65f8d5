# SPDX-License-Identifier: Apache-2.0
"""What the register signs is what the printing room reads; they do not import one another."""

import hashlib

import pytest

from bmnn_mark.config import Config
from bmnn_mark.errors import PrinterRefused
from bmnn_mark.printing import ticket
from bmnn_mark.register import tickets
from bmnn_mark.register.port import CopyRecord, CopyState
from bmnn_mark.testing.register_contract import request
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.office import office_for


def test_both_rooms_mean_the_same_by_a_ticket(tmp_path):
    assert tickets.SIGNED_AS == ticket.SIGNED_AS
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    reserved = register.reserve(request())
    copy = reserved.copies[2]
    wanted = ticket.Ticket(
        register_id=register.register_id, attempt_id=copy.attempt_id,
        document_id=reserved.document_id, copy=copy.number, attempt=copy.attempt,
        sha256="5a" * 32, length=4711, queue="so-mat", expires_at=1_900_000_000,
        boot_id="0f0e0d0c-0b0a-0908-0706-050403020100",
    )  # fmt: skip
    detail = {tickets.DETAIL: hashlib.sha256(wanted.payload()).hexdigest()}
    step = CopyRecord(
        attempt_id=copy.attempt_id, state=CopyState.CREATED, actor="An", detail=detail
    )
    register.record((step,))
    text = wanted.signed(register.ticket(copy.attempt_id, wanted.payload()))
    assert ticket.read_ticket(text, register.public_key, "so-mat") == wanted
    with pytest.raises(PrinterRefused, match=r"gate\.ticket_forged"):
        ticket.read_ticket(text, bytes(32), "so-mat")
