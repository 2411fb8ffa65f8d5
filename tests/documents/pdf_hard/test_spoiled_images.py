# SPDX-License-Identifier: Apache-2.0
"""A photograph with a flaw in its data is no reason to turn a document away; anything else is."""

from __future__ import annotations

import io
import zlib

from hard_papers import new_page
from pikepdf import Dictionary, Name, Stream
from PIL import Image


def photograph(pdf, data, filters):
    image = Stream(
        pdf, data, Type=Name.XObject, Subtype=Name.Image, Width=64, Height=64,
        ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=filters,
    )  # fmt: skip
    known = Dictionary(XObject=Dictionary(I=pdf.make_indirect(image)))
    new_page(pdf, b"q 200 0 0 200 200 300 cm /I Do Q\n", Resources=known)


def jpeg():
    data = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(data, "JPEG")
    return data.getvalue()


def test_a_flaw_in_a_photograph_is_shown_as_it_is(paper, mark):
    flawed = jpeg()[:-2] + b"\x11" * 40 + b"\xff\xd9"  # more data than there are pixels
    ended = mark(paper(lambda pdf: photograph(pdf, flawed, Name.DCTDecode)))
    assert "document.repaired" in ended.notices


def test_a_sound_photograph_needs_no_repair(paper, mark):
    ended = mark(paper(lambda pdf: photograph(pdf, jpeg(), Name.DCTDecode)))
    assert "document.repaired" not in ended.notices


def test_a_flaw_in_packed_data_is_refused(paper, mark):
    packed = zlib.compress(bytes(range(256)) * 16)
    flawed = b"\xff" * 60 + packed[60:]
    ended = mark(paper(lambda pdf: photograph(pdf, flawed, Name.FlateDecode)))
    assert ended.code == "document.damaged"
