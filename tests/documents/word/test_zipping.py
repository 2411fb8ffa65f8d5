# SPDX-License-Identifier: Apache-2.0
"""Packages are written the same every time, and copies are spliced with right checksums."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.documents.model import Slot
from bmnn_mark.documents.word.package import Member, read_members
from bmnn_mark.documents.word.zipping import data_offsets, write_copy, write_package
from bmnn_mark.errors import Fault
from bmnn_mark.limits import DEFAULT_LIMITS

NAMES = st.text("abcđê/.", min_size=1, max_size=12).filter(
    lambda name: not name.startswith("/") and ".." not in name and not name.endswith("/")
)


@given(st.dictionaries(NAMES, st.tuples(st.binary(max_size=300), st.booleans()), max_size=8))
def test_any_zip_reader_finds_the_members(content):
    members = [Member.made(name, data, stored=stored) for name, (data, stored) in content.items()]
    package = write_package(members)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: data for name, (data, _) in content.items()
        }
    assert write_package(members) == package


def test_members_keep_the_bytes_they_came_with(sample):
    members = read_members(sample, DEFAULT_LIMITS)
    assert write_package(members) == sample.read_bytes()


def template():
    members = [
        Member.made("a.xml", b"<a/>" * 50),
        Member.made("đ/số.xml", b"<t>00</t><t>00</t>", stored=True),
        Member.made("code.bin", b"x" * 10, stored=True),
    ]
    package = write_package(members)
    offsets = data_offsets(package)
    start = offsets["đ/số.xml"][0]
    slots = (
        Slot(name="number", offset=start + 3, length=2),
        Slot(name="number", offset=start + 12, length=2),
        Slot(name="code", offset=offsets["code.bin"][0], length=10),
    )
    return package, slots


def test_a_copy_is_the_template_with_its_slots_filled():
    package, slots = template()
    copy = write_copy(package, slots, {"number": b"07", "code": b"0123456789"})
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert archive.testzip() is None
        assert archive.read("đ/số.xml") == b"<t>07</t><t>07</t>"
        assert archive.read("code.bin") == b"0123456789"
        assert archive.read("a.xml") == b"<a/>" * 50
    assert len(copy) == len(package)


@pytest.mark.parametrize("values", [{"number": b"7", "code": b"0" * 10}, {"number": b"07"}])
def test_a_value_of_another_length_is_a_fault(values):
    package, slots = template()
    with pytest.raises(Fault):
        write_copy(package, slots, values)


def test_a_slot_outside_stored_members_is_a_fault():
    package, _ = template()
    with pytest.raises(Fault):
        write_copy(package, (Slot(name="x", offset=40, length=2),), {"x": b"ab"})
