# SPDX-License-Identifier: Apache-2.0
"""A folder of scans of really issued copies, mustered, entered and signed for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from bmnn_mark.config import Config
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.errors import UsageRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.register.life import CopyAct, CopyActRequest
from bmnn_mark.register.papers import signed_papers
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.issuing import issue_to_folder
from bmnn_mark.workflow.muster import Finding
from bmnn_mark.workflow.mustering import MusterOrder, muster_folder
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.tracing import Trace

TODAY = date(2026, 11, 22)


def office_in(folder: Path):
    folder.mkdir()
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(folder / "data")), None)
    bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    return office


def issue(office, folder: Path, copies: int):
    source = folder / "mau.docx"
    write_sample(source)
    order = IssueOrder(
        stamp=StampOrder(source=source, level=Level.MAT, dated=date(2026, 11, 5)),
        number_sign="12/KH-SM",
        recipients=(Recipient(name="Sở B", copies=copies),),
        actor="An",
    )
    return issue_to_folder(office, order, folder / "out")


def scan(copy: Path, pages, into: Path, *, name: str) -> None:
    with pypdfium2.PdfDocument(copy) as pdf:
        for page in pages:
            image = pdf[page - 1].render(scale=200 / 72).to_pil()
            image.save(into / f"{name}-{page}.png")


@pytest.fixture(scope="module")
def cupboard(tmp_path_factory):
    home = tmp_path_factory.mktemp("muster")
    office = office_in(home / "ours")
    report = issue(office, home / "ours", 4)
    scans = home / "scans"
    (scans / "ngan-2").mkdir(parents=True)
    files = [report.folder / copy.file for copy in report.copies]
    scan(files[0], (1, 2, 3), scans, name="a")
    scan(files[0], (2,), scans / "ngan-2", name="a-lan-hai")
    scan(files[1], (1, 3), scans, name="b")
    scan(files[3], (1, 2, 3), scans, name="d")
    stranger = office_in(home / "theirs")
    theirs = issue(stranger, home / "theirs", 1)
    scan(theirs.folder / theirs.copies[0].file, (1,), scans, name="la")
    Image.new("L", (1240, 1754), 255).save(scans / "trang.png")
    (scans / "hong.pdf").write_bytes(b"%PDF-1.4 hong")
    register = office.open_register()
    register.act_on_copies(
        [
            CopyActRequest(
                document_id=report.document_id,
                copy=4,
                act=CopyAct.HANDED_OVER,
                on=TODAY,
                actor="An",
                words={"party": "Ông Bình"},
            )
        ]
    )
    return office, scans, report.document_id


@pytest.fixture(scope="module")
def mustered(cupboard):
    office, scans, _document = cupboard
    order = MusterOrder(
        folder=scans, on=TODAY, actor="An", record=True, reports=scans.parent / "bao-cao"
    )
    return muster_folder(office, order)


def test_each_copy_is_found_as_it_lies(mustered):
    assert [(one.account.copy, one.finding) for one in mustered.report.copies] == [
        (1, Finding.PRESENT),
        (2, Finding.INCOMPLETE),
        (3, Finding.MISSING),
        (4, Finding.HELD_ELSEWHERE),
    ]
    first, second, *_ = mustered.report.copies
    assert (first.doubled, second.missing) == ((2,), (2,))


def test_what_leads_to_no_copy_and_what_cannot_be_read_is_listed(mustered):
    odd = {one.source: one.trace for one in mustered.report.odd}
    assert odd == {"la-1.png": Trace.NOT_OURS, "trang.png": Trace.NOT_FOUND}
    assert mustered.report.unread == ("hong.pdf",)
    assert not mustered.report.in_order


def test_what_was_seen_is_entered_and_nothing_else(cupboard, mustered):
    office, _scans, document = cupboard
    held = office.open_register().holdings(document)
    assert [one.seen for one in held] == [TODAY, TODAY, None, TODAY]
    assert mustered.recorded == 3
    assert office.open_register().verify().intact


def test_the_report_is_signed_by_the_register(mustered):
    signed = mustered.signature.read_bytes()
    public_key = bytes.fromhex(json.loads(signed)["public_key"])
    papers = signed_papers(signed, public_key)
    assert papers == {one.path.name: sha256_of(one.path) for one in mustered.papers}
    assert sorted(papers) == ["kiem-ke.pdf", "kiem-ke.xlsx"]
    assert signed_papers(signed.replace(b"kiem-ke.pdf", b"kiem-ka.pdf"), public_key) is None
    assert signed_papers(b"{}", public_key) is None
    assert {one.handle_at for one in mustered.papers} == {Level.MAT}


def test_a_holders_cupboard_is_mustered_by_his_name(cupboard):
    office, scans, _document = cupboard
    order = MusterOrder(folder=scans, on=TODAY, actor="An", holder="ông bình")
    report = muster_folder(office, order).report
    found = {one.account.copy: one.finding for one in report.copies}
    assert found == {
        1: Finding.HELD_ELSEWHERE,
        2: Finding.HELD_ELSEWHERE,
        4: Finding.PRESENT,
    }


@pytest.mark.parametrize("code", ["muster.no_folder", "muster.empty", "input.act_to_come"])
def test_a_muster_of_nothing_is_refused(cupboard, tmp_path, code):
    office, _scans, _document = cupboard
    (tmp_path / "trong").mkdir()
    order = MusterOrder(
        folder=tmp_path / ("khong" if code == "muster.no_folder" else "trong"),
        on=date(2126, 1, 1) if code == "input.act_to_come" else TODAY,
        actor="An",
    )
    with pytest.raises(UsageRefused) as refused:
        muster_folder(office, order)
    assert refused.value.code == code
