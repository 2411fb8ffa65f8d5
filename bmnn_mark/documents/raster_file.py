# SPDX-License-Identifier: Apache-2.0
"""A PDF that holds one image a page and nothing else, written and read back strip by strip.

The rows of an image are packed in strips that do not look back at one another, so a strip can be
taken over from another file as it lies there, and read without the rows before it. To a reader it
is one Flate stream (RFC 1950): the strips are its blocks, and its checksum is put together from
theirs.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from PIL import Image

from bmnn_mark.documents.raster import Ink, RasterFile, RasterPage, Strip
from bmnn_mark.documents.rendering import PixelBox
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.units import PT_PER_INCH

_MODES = {Ink.BLACK: "1", Ink.GREY: "L", Ink.COLOUR: "RGB"}
_LEVEL = {Ink.BLACK: 6, Ink.GREY: 3, Ink.COLOUR: 1}
_SPACES = {Ink.BLACK: ("DeviceGray", 1), Ink.GREY: ("DeviceGray", 8), Ink.COLOUR: ("DeviceRGB", 8)}
_ZLIB_HEAD, _LAST_BLOCK = b"\x78\x01", b"\x03\x00"
_ADLER = 65521
#: Pixels by which an image ends within its page: some programs stretch one that reaches a pixel's
#: edge over the next pixel, and then none of its pixels is printed as it is.
_INSET = 0.01
_FIRST_PAGE_OBJECT, _OBJECTS = 3, 4  # of a page: image, its length, content, page
_HEAD = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"


def image_mode(ink: Ink) -> str:
    """The imaging library's name of a page's pixels."""
    return _MODES[ink]


def packed(image: Image.Image, ink: Ink) -> tuple[bytes, int]:
    """The rows of an image packed to stand by themselves, and their Adler-32."""
    rows = image.tobytes()
    packer = zlib.compressobj(_LEVEL[ink], zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)
    return data, zlib.adler32(rows)


def row_bytes(columns: int, ink: Ink) -> int:
    """Bytes of one unpacked row."""
    return (columns + 7) // 8 if ink is Ink.BLACK else columns * (3 if ink is Ink.COLOUR else 1)


def joined_adler(first: int, second: int, length: int) -> int:
    """Adler-32 of two stretches one after the other, from theirs.

    Args:
        first: of the first.
        second: of the second.
        length: bytes of the second.

    >>> joined_adler(zlib.adler32(b"ab"), zlib.adler32(b"cde"), 3) == zlib.adler32(b"abcde")
    True
    """
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % _ADLER
    high = ((first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)) % _ADLER
    return high << 16 | low


class RasterWriter(AbstractContextManager["RasterWriter"]):
    """Writes a raster file page by page; memory holds no more than a strip.

    Args:
        path: a new file.
        dpi: pixels an inch.
    """

    def __init__(self, path: Path, dpi: int) -> None:
        self._file: BinaryIO = path.open("xb")
        self._dpi = dpi
        self._digest = hashlib.sha256()
        self._at = 0
        self._places: list[int] = []
        self._pages: list[RasterPage] = []
        self._write(_HEAD)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def page(
        self, columns: int, rows: int, ink: Ink, strips: Iterable[tuple[int, bytes, int]]
    ) -> None:
        """Write one page.

        Args:
            columns: pixels across.
            rows: pixels down.
            ink: what the pixels hold.
            strips: rows, packed bytes and Adler-32 of each strip, from the top.
        """
        number = len(self._places) + _FIRST_PAGE_OBJECT
        space, bits = _SPACES[ink]
        self._begin(number)
        self._write(
            f"<</Type/XObject/Subtype/Image/Width {columns}/Height {rows}/ColorSpace/{space}"
            f"/BitsPerComponent {bits}/Filter/FlateDecode/Length {number + 1} 0 R>>\n"
            "stream\n".encode("ascii")
        )
        began = self._at
        kept = self._stream(columns, ink, strips)
        length = self._at - began
        self._write(b"\nendstream\nendobj\n")
        wide, high = (f"{side * PT_PER_INCH / self._dpi:.5f}" for side in (columns, rows))
        across, down = (
            f"{(side - 2 * _INSET) * PT_PER_INCH / self._dpi:.5f}" for side in (columns, rows)
        )
        inset = f"{_INSET * PT_PER_INCH / self._dpi:.5f}"
        drawing = f"{across} 0 0 {down} {inset} {inset} cm/I Do"
        self._object(number + 1, f"{length}")
        self._object(number + 2, f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream")
        self._object(
            number + 3,
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide} {high}]"
            f"/Resources<</XObject<</I {number} 0 R>>>>/Contents {number + 2} 0 R>>",
        )
        self._pages.append(RasterPage(columns=columns, rows=rows, ink=ink, strips=kept))

    def finish(self) -> RasterFile:
        """Write what holds the pages together; nothing can be added afterwards."""
        kids = " ".join(
            f"{_FIRST_PAGE_OBJECT + _OBJECTS * index + 3} 0 R" for index in range(len(self._pages))
        )
        self._object(1, "<</Type/Catalog/Pages 2 0 R>>")
        self._object(2, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>")
        # The last two objects come first in the table.
        places = self._places[-2:] + self._places[:-2]
        began, count = self._at, len(places) + 1
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % count)
        for place in places:
            self._write(b"%010d 00000 n \n" % place)
        self._write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, began))
        self._file.flush()
        return RasterFile(
            pages=tuple(self._pages),
            dpi=self._dpi,
            bytes=self._at,
            sha256=self._digest.hexdigest(),
        )

    def _stream(
        self, columns: int, ink: Ink, strips: Iterable[tuple[int, bytes, int]]
    ) -> tuple[Strip, ...]:
        self._write(_ZLIB_HEAD)
        kept, adler = [], 1
        for rows, data, its_adler in strips:
            kept.append(Strip(rows=rows, offset=self._at, length=len(data), adler=its_adler))
            self._write(data)
            adler = joined_adler(adler, its_adler, rows * row_bytes(columns, ink))
        self._write(_LAST_BLOCK + adler.to_bytes(4, "big"))
        return tuple(kept)

    def _begin(self, number: int) -> None:
        self._places.append(self._at)
        self._write(b"%d 0 obj\n" % number)

    def _object(self, number: int, body: str) -> None:
        self._begin(number)
        self._write(body.encode("ascii") + b"\nendobj\n")

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._at += len(data)


class RasterReader(AbstractContextManager["RasterReader"]):
    """Reads strips of a raster file by the layout that its writer gave.

    Args:
        path: the file.
        layout: where its strips are.
    """

    def __init__(self, path: Path, layout: RasterFile) -> None:
        self._file: BinaryIO = path.open("rb")
        self.layout = layout

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def strip_bytes(self, strip: Strip) -> bytes:
        """A strip as it lies in the file; several threads may ask."""
        return os.pread(self._file.fileno(), strip.length, strip.offset)

    def strip(self, page: int, index: int) -> Image.Image:
        """The rows of a strip, numbered from 0, of a page, numbered from 1.

        Raises:
            DocumentRefused: ``proof.raster``: they are not what was packed.
        """
        sheet = self.layout.pages[page - 1]
        strip = sheet.strips[index]
        length = strip.rows * row_bytes(sheet.columns, sheet.ink)
        reader = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            rows = reader.decompress(self.strip_bytes(strip), length + 1)
        except zlib.error as error:
            raise DocumentRefused("proof.raster", page=page) from error
        if len(rows) != length or zlib.adler32(rows) != strip.adler:
            raise DocumentRefused("proof.raster", page=page)
        return Image.frombytes(image_mode(sheet.ink), (sheet.columns, strip.rows), rows)

    def part(self, page: int, box: PixelBox) -> Image.Image:
        """A part of a page, cut off at the page's edges.

        Raises:
            DocumentRefused: ``proof.raster``.
        """
        sheet = self.layout.pages[page - 1]
        left, top, right, bottom = box
        right, bottom = min(right, sheet.columns), min(bottom, sheet.rows)
        part = Image.new(image_mode(sheet.ink), (right - left, bottom - top))
        at = 0
        for index, strip in enumerate(sheet.strips):
            if at < bottom and at + strip.rows > top:
                part.paste(self.strip(page, index), (-left, at - top))
            at += strip.rows
        return part
