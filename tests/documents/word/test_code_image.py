# SPDX-License-Identifier: Apache-2.0
"""The code's image shows the modules and always has the same length."""

from __future__ import annotations

import io

import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bmnn_mark.documents.word.code_image import code_png

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@given(st.text(BASE45, min_size=63, max_size=63))
def test_every_code_reads_back_from_an_image_of_the_same_length(body):
    png = code_png("BM1:" + body)
    assert len(png) == len(code_png("BM1:" + "0" * 63))
    image = Image.open(io.BytesIO(png))
    assert image.size == (264, 264)
    page = Image.new("L", (340, 340), 255)
    page.paste(image, (38, 38))
    assert [one.text for one in zxingcpp.read_barcodes(page)] == ["BM1:" + body]
