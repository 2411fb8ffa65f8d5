# SPDX-License-Identifier: Apache-2.0
"""What the register signs is what the printing room reads; they do not import one another."""

import hashlib
import multiprocessing

import pytest

from bmnn_mark.config import Config
from bmnn_mark.errors import PrinterRefused, RegisterRefused
from bmnn_mark.printing import ticket
from bmnn_mark.register import tickets
from bmnn_mark.register.port import CopyRecord, CopyState, Recipient
from bmnn_mark.testing.asking import request
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


def _reserve_again(office, document, results):
    try:
        copies = office.open_register().reserve_again(document, [2], "An").copies
        results.put([one.attempt for one in copies])
    except RegisterRefused as refusal:
        results.put(refusal.code)


def test_print_row_50_of_two_programs_that_want_one_copy_the_second_is_refused(tmp_path):
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    reserved = register.reserve(request())
    attempt = reserved.copies[1].attempt_id
    register.record((CopyRecord(attempt_id=attempt, state=CopyState.VOID, actor="An"),))
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    both = [
        context.Process(target=_reserve_again, args=(office, reserved.document_id, results))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    told = sorted([results.get(), results.get()], key=str)
    for one in both:
        one.join()
    assert told == [[2], "register.already_issued"]


def test_print_row_53_the_51st_of_50_copies_is_refused_before_it_is_reserved(tmp_path):
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    with pytest.raises(RegisterRefused, match=r"register\.copies_disagree"):
        register.reserve(request(recipients=(Recipient(name="Văn thư", copies=51),), copies=50))
    reserved = register.reserve(request(recipients=(Recipient(name="Văn thư", copies=50),)))
    with pytest.raises(RegisterRefused, match=r"register\.no_such_copy"):
        register.reserve_again(reserved.document_id, [51], "An")
    assert len(register.document(reserved.document_id).attempts) == 50
