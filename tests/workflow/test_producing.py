# SPDX-License-Identifier: Apache-2.0
"""What copies bear before they are written: codes that open, drawn ahead or one by one."""

from dataclasses import dataclass
from datetime import date

import pytest

from bmnn_mark.config import Config
from bmnn_mark.documents.copies import CopyTemplate, CopyWriter
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level
from bmnn_mark.stamps.qr import symbol
from bmnn_mark.tracking.key import TraceKey
from bmnn_mark.worker import ignore_progress
from bmnn_mark.workflow import bookkeeping, producing
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.template import issue_request, prepared

COPIES = 3


@pytest.fixture
def batch(tmp_path, sample_pdf):
    """A template, its bytes, the register and the copies reserved in it."""
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(tmp_path / "data")), None)
    bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    order = IssueOrder(
        stamp=StampOrder(source=sample_pdf, level=Level.MAT, dated=date(2026, 11, 5)),
        number_sign="12/KH-SM",
        recipients=(Recipient(name="Sở A", copies=COPIES),),
        actor="An",
    )
    register = office.open_register()
    with prepared(office, register, order, ignore_progress) as template:
        copies = register.reserve(issue_request(register, order, template)).copies
        base = CopyTemplate(template.path, template.report.result.slots)
        yield template, base, register, copies


@dataclass
class Forgetful:
    """A register whose trace key is another one each time."""

    keys: list[TraceKey]

    def trace_key(self):
        return self.keys.pop(0)


def test_a_code_that_does_not_open_is_never_drawn(batch):
    template, base, register, copies = batch
    own = register.trace_key()
    other = TraceKey(key_id=own.key_id, secret=bytes(64))
    drawn = producing.drawn_copies(template, base, Forgetful([own, other]), copies[:1], COPIES)
    with pytest.raises(DocumentRefused) as caught:
        next(drawn)
    assert (caught.value.code, caught.value.detail["slot"]) == ("proof.copy_differs", "code:1")


def test_copies_drawn_ahead_are_those_drawn_one_by_one(batch, monkeypatch):
    template, base, register, copies = batch
    ahead = list(producing.drawn_copies(template, base, register, copies, COPIES))
    monkeypatch.setattr(producing, "_CODES_AHEAD", 1)
    assert ahead == list(producing.drawn_copies(template, base, register, copies, COPIES))
    assert [one.copy for one in ahead] == list(copies)


def test_a_copy_bears_the_symbols_of_its_own_codes(batch, tmp_path):
    template, base, register, copies = batch
    writer = CopyWriter(base)
    for drawn in producing.drawn_copies(template, base, register, copies, COPIES):
        path = tmp_path / f"{drawn.copy.number}.pdf"
        producing.make_copy(writer, drawn, path)
        data = path.read_bytes()
        pages = range(1, template.report.result.pages + 1)
        codes = producing.sealed_codes(register, drawn.copy, pages)
        assert all(symbol(code) in data for code in codes)
