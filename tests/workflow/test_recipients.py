# SPDX-License-Identifier: Apache-2.0
import pytest

from bmnn_mark.errors import UsageRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register.port import Recipient
from bmnn_mark.workflow.recipients import read_recipients, unnamed


def read(tmp_path, data):
    path = tmp_path / "noi-nhan.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_recipients(path, DEFAULT_LIMITS)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads_what_a_spreadsheet_saves(tmp_path, mark, delimiter, end):
    rows = [["ten", "so_ban", "dia_chi"], ["Sở A", "2", "12 phố X"], ["Sở B", "", ""]]
    text = mark + end.join(delimiter.join(row) for row in rows) + end
    assert read(tmp_path, text) == (
        Recipient(name="Sở A", copies=2, address="12 phố X"),
        Recipient(name="Sở B"),
    )


def test_one_column_needs_no_header(tmp_path):
    assert [one.name for one in read(tmp_path, "Sở A\nSở B\n")] == ["Sở A", "Sở B"]


def test_quoted_names_may_hold_the_delimiter(tmp_path):
    assert read(tmp_path, 'ten,so_ban\n"Phòng X, Sở Y",1\n')[0].name == "Phòng X, Sở Y"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("ten\nA\na\n", "recipients.duplicate"),
        ("ten,so_ban\n,1\n", "recipients.empty_name"),
        ("ten,so_ban\nA,0\n", "recipients.copies"),
        ("ten,so_ban\nA,một\n", "recipients.copies"),
        ("ten,so_ban\nA,99999\n", "recipients.copies"),
        ("ten\n", "recipients.none"),
        ("", "recipients.none"),
        ("A,B\nC,D\n", "recipients.no_header"),
        ("ten,email\nA,b\n", "recipients.column"),
        ("ten,Ten\nA,b\n", "recipients.column"),
        ("ten,dia_chi,,\nA,b\n", "recipients.column"),
        ("Tên\nA\n", "recipients.heading"),
        ("Đơn vị nhận\nA\n", "recipients.heading"),
        ("ten,so_ban\nA,1,x\n", "recipients.cells"),
        ('ten\n"A\nB"\n', "recipients.cell"),
        ("ten\nA\x07\n", "recipients.cell"),
        ("Sở".encode("utf-16"), "recipients.encoding"),
        ("Sở".encode("cp1258", "ignore") + b"\xff", "recipients.encoding"),
        ("ten\n" + "".join(f"N{i}\n" for i in range(10_000)), "recipients.count"),
    ],
)
def test_refuses_by_name(tmp_path, data, code):
    with pytest.raises(UsageRefused) as refusal:
        read(tmp_path, data)
    assert refusal.value.code == code


def test_a_number_of_copies_without_names(tmp_path):
    assert unnamed(3, DEFAULT_LIMITS) == (Recipient(name="", copies=3),)
    for wrong in (0, -1, 10_000):
        with pytest.raises(UsageRefused, match="recipients.count"):
            unnamed(wrong, DEFAULT_LIMITS)


def test_refuses_a_list_that_is_not_there(tmp_path):
    with pytest.raises(UsageRefused, match="recipients.unreadable"):
        read_recipients(tmp_path / "none.csv", DEFAULT_LIMITS)
