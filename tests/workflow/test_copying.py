# SPDX-License-Identifier: Apache-2.0
"""Bản sao: no more than permitted, numbered and coded, a series of the register of their own."""

import subprocess
from dataclasses import replace
from datetime import date

import pytest

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.life import CopyKind, Direction, Permission
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Copying
from bmnn_mark.workflow.copying import CopyOrder, copy_to_folder
from bmnn_mark.workflow.naming import Naming
from bmnn_mark.workflow.tracing import trace

GIVEN = Permission(
    by="Trần Văn Bình",
    office="Giám đốc",
    clause="Điều 11 khoản 2",
    on=date(2026, 11, 20),
    allowed=2,
)


@pytest.fixture
def office(tmp_path, life_office):
    return life_office(tmp_path / "data")


def order(source, *names, **changes):
    values = {
        "naming": Naming(words=("12/BC-SM",)),
        "source": source,
        "kind": CopyKind.SAO_Y,
        "permission": GIVEN,
        "recipients": tuple(Recipient(name=name) for name in names or ("Sở C", "Sở D")),
        "actor": "An",
    }
    return CopyOrder(**values | changes)


def refused(office, asked, folder):
    with pytest.raises(BmnnMarkError) as caught:
        copy_to_folder(office, asked, folder)
    assert not folder.exists()
    return caught.value


def test_copies_under_a_permission_are_numbered_coded_and_led_back(
    office, issue, sample_pdf, tmp_path
):
    made = issue(office)
    folder = tmp_path / "ra"
    asked = order(sample_pdf, naming=Naming(words=("12/BC-SM",), copies=(1,)), purpose="họp")
    report = copy_to_folder(office, asked, folder)
    assert [one.recipient for one in report.copies] == ["Sở C", "Sở D"]
    for copy in report.copies:
        text = subprocess.run(
            ["pdftotext", folder / copy.file, "-"], capture_output=True, check=True
        ).stdout.decode()
        assert f"BẢN SAO SỐ: {copy.number:02d}" in text
        assert "BẢN SAO BÍ MẬT NHÀ NƯỚC" in text
        assert "Số lượng bản phát hành: 02" not in text
    (found,) = trace(office, (report.copies[1].codes[0],))
    assert (found.copy.document_id, found.copy.number) == (report.document_id, 2)
    assert (found.copy.recipient, found.copy.number_sign) == ("Sở D", "12/BC-SM")
    row = office.open_register().document(report.document_id).document
    assert (row.direction, row.parent) == (Direction.COPY, made.document_id)
    (act,) = [
        one
        for one in office.open_register().history(made.document_id)
        if one.act == "copying.permitted"
    ]
    assert (act.copy, act.kind, act.many) == (1, "sao-y", 2)
    assert act.words["clause"] == "Điều 11 khoản 2"
    assert office.open_register().verify().intact


def test_more_than_permitted_or_of_what_may_not_be_copied_is_refused(
    office, issue, sample_pdf, tmp_path
):
    issue(office)
    issue(office, "13/BC-SM", copying=Copying.FORBIDDEN)
    folder = tmp_path / "ra"
    three = refused(office, order(sample_pdf, "A", "B", "C"), folder)
    assert (three.code, three.exit_code) == ("register.copying_over", 4)
    shut = refused(office, order(sample_pdf, naming=Naming(words=("13/BC-SM",))), folder)
    assert (shut.code, shut.exit_code) == ("register.copying_forbidden", 4)
    gone = order(sample_pdf, naming=Naming(words=("12/BC-SM",), copies=(9,)))
    assert refused(office, gone, folder).code == "register.no_such_copy"
    early = replace(GIVEN, on=date(2026, 11, 4))
    assert refused(office, order(sample_pdf, permission=early), folder).code == "input.not_before"
    later = replace(GIVEN, on=date(2026, 11, 23))
    assert refused(office, order(sample_pdf, permission=later), folder).code == "input.act_to_come"
    assert len(office.open_register().documents()) == 2


def test_the_register_itself_holds_the_bound(office, issue):
    from bmnn_mark.register.copying import CopyingRequest

    made = issue(office)
    asked = CopyingRequest(
        document_id=made.document_id, of_copy=0, kind=CopyKind.SAO_LUC, permission=GIVEN,
        recipients=(Recipient(name="A", copies=3),), pack="nd63-2026", pages=2,
        source_sha256="0" * 64, actor="An",
    )  # fmt: skip
    register = office.open_register()
    with pytest.raises(BmnnMarkError, match="register.copying_over"):
        register.permit_copying(asked)
    done = register.permit_copying(replace(asked, recipients=(Recipient(name="A", copies=2),)))
    assert [one.number for one in done.copies] == [1, 2]
    copy_of_copy = replace(asked, document_id=done.document_id, of_copy=1)
    with pytest.raises(BmnnMarkError, match="register.copying_over"):
        register.permit_copying(copy_of_copy)
    assert register.verify().intact
