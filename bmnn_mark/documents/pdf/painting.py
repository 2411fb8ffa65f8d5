# SPDX-License-Identifier: Apache-2.0
"""Drawings as XObjects of one document: each distinct one once, fonts once per face."""

from __future__ import annotations

import hashlib
import mmap
import re
import zlib
from collections.abc import Mapping

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.model import Slot
from bmnn_mark.documents.pdf.frame import Matrix, PageFrame, compose
from bmnn_mark.documents.pdf.isolation import OURS
from bmnn_mark.documents.pdf.pdfa import needs_profile, pdfa_claim
from bmnn_mark.documents.pdf.srgb import srgb_profile
from bmnn_mark.documents.slots import faces_for, sole_matrix, stream_data
from bmnn_mark.errors import Fault
from bmnn_mark.stamps.content import (
    FONT_NAMES,
    IMAGE_NAME,
    MASK_DECODE,
    matrix_image_bytes,
)
from bmnn_mark.stamps.fonts import EmbeddedFace, characters
from bmnn_mark.stamps.model import BitMatrix, StampDrawing
from bmnn_mark.units import Rect


class Painter:
    """Makes the XObjects of one document's marks.

    Args:
        pdf: the document.
        marks: every mark that will be painted.
        key: names this marking; slots are found in the saved file by tags derived from it.
    """

    def __init__(self, pdf: Pdf, marks: tuple[PlannedMark, ...], key: str) -> None:
        self._pdf = pdf
        self._faces = faces_for(marks)
        self._made: dict[tuple[StampDrawing, str | None], Object] = {}
        self._fonts: Dictionary | None = None
        self._lists_glyphs = pdfa_claim(pdf).startswith("1")
        self._colours = self._profiled() if needs_profile(pdf) else None
        self.tags = SlotTags(key)

    def xobject(self, mark: PlannedMark) -> Object:
        """The indirect XObject that shows a mark's drawing."""
        key = mark.drawing, mark.slot
        if key not in self._made:
            data = stream_data(mark.drawing, self._faces)
            if mark.slot is not None:
                data = self.tags.stand_in(mark.slot, data)
            matrix = sole_matrix(mark.drawing)
            if matrix is None:
                stream = self._form(mark.drawing, data)
            elif self._colours is None:
                stream = self._image(matrix, data)
            else:
                stream = self._framed(mark.drawing, self._image(matrix, data))
            self._made[key] = self._pdf.make_indirect(stream)
        return self._made[key]

    def placing(self, mark: PlannedMark, frame: PageFrame) -> bytes:
        """The operators that set colour and matrix for :meth:`xobject`."""
        matrix = frame.matrix_for(mark.box, mark.drawing.size, mark.turn)
        symbol = sole_matrix(mark.drawing)
        if symbol is None or self._colours is not None:
            return _cm(matrix)
        square = _unit_square(symbol.box, mark.drawing)
        return _colour(mark.drawing) + _cm(compose(square, matrix))

    def _form(self, drawing: StampDrawing, data: bytes) -> Stream:
        resources = self._resources()
        used = characters((drawing,))
        if used:
            resources[Name.Font] = self._font_resources()
        for operation in drawing.operations:
            if isinstance(operation, BitMatrix):
                image = self._image(operation, matrix_image_bytes(operation))
                resources[Name.XObject] = Dictionary(
                    {f"/{IMAGE_NAME}": self._pdf.make_indirect(image)}
                )
        return self._form_of(drawing, data, resources)

    def _framed(self, drawing: StampDrawing, image: Stream) -> Stream:
        """A form that paints an image mask in the drawing's ink: its resources know the colour."""
        matrix = sole_matrix(drawing)
        assert matrix is not None
        resources = self._resources()
        resources[Name.XObject] = Dictionary({f"/{IMAGE_NAME}": self._pdf.make_indirect(image)})
        painted = _colour(drawing) + _cm(_unit_square(matrix.box, drawing))
        return self._form_of(drawing, painted + f" /{IMAGE_NAME} Do".encode("ascii"), resources)

    def _form_of(self, drawing: StampDrawing, data: bytes, resources: Dictionary) -> Stream:
        box = Array([0, 0, _real(drawing.size.width.pt), _real(drawing.size.height.pt)])
        return Stream(
            self._pdf,
            data,
            Dictionary(
                {
                    "/Type": Name.XObject,
                    "/Subtype": Name.Form,
                    "/BBox": box,
                    "/Resources": resources,
                    OURS: Name("/Mark"),
                }
            ),
        )

    def _resources(self) -> Dictionary:
        """Of a form of ours; where plain RGB has no meaning, they give it one (8.6.5.6)."""
        return Dictionary() if self._colours is None else Dictionary(ColorSpace=self._colours)

    def _profiled(self) -> Object:
        profile = self._deflated(srgb_profile(), {"/N": 3})
        return self._pdf.make_indirect(Dictionary(DefaultRGB=Array([Name.ICCBased, profile])))

    def _image(self, matrix: BitMatrix, data: bytes) -> Stream:
        return Stream(
            self._pdf,
            data,
            Dictionary(
                {
                    "/Type": Name.XObject,
                    "/Subtype": Name.Image,
                    "/Width": matrix.modules,
                    "/Height": matrix.modules,
                    "/ImageMask": True,
                    "/BitsPerComponent": 1,
                    "/Decode": Array(list(MASK_DECODE)),
                    OURS: Name("/Mark"),
                }
            ),
        )

    def _font_resources(self) -> Object:
        """One dictionary of all faces in use, shared by every form."""
        if self._fonts is None:
            fonts = Dictionary()
            for face, embedded in self._faces.items():
                fonts[f"/{FONT_NAMES[face]}"] = self._pdf.make_indirect(self._font(embedded))
            self._fonts = self._pdf.make_indirect(fonts)
        assert self._fonts is not None
        return self._fonts

    def _font(self, face: EmbeddedFace) -> Dictionary:
        """A Type0 font with one CIDFontType2 descendant (ISO 32000-1, 9.7)."""
        program = self._deflated(face.program, {"/Length1": len(face.program)})
        descriptor = Dictionary(
            {
                "/Type": Name.FontDescriptor,
                "/FontName": Name(f"/{face.name}"),
                "/Flags": face.flags,
                "/FontBBox": Array(list(face.box)),
                "/ItalicAngle": 0,
                "/Ascent": face.ascent,
                "/Descent": face.descent,
                "/CapHeight": face.cap_height,
                "/StemV": face.stem_v,
                "/FontFile2": program,
            }
        )
        if self._lists_glyphs:
            descriptor[Name.CIDSet] = self._deflated(_glyph_list(face), {})
        widths = Array([])
        for gid, width in face.widths.items():
            widths.append(gid)
            widths.append(Array([width]))
        descendant = Dictionary(
            {
                "/Type": Name.Font,
                "/Subtype": Name.CIDFontType2,
                "/BaseFont": Name(f"/{face.name}"),
                "/CIDSystemInfo": Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
                "/FontDescriptor": self._pdf.make_indirect(descriptor),
                "/DW": face.missing_width,
                "/W": widths,
                "/CIDToGIDMap": Name.Identity,
            }
        )
        return Dictionary(
            {
                "/Type": Name.Font,
                "/Subtype": Name.Type0,
                "/BaseFont": Name(f"/{face.name}"),
                "/Encoding": Name("/Identity-H"),
                "/DescendantFonts": Array([self._pdf.make_indirect(descendant)]),
                "/ToUnicode": self._deflated(face.to_unicode, {}),
            }
        )

    def _deflated(self, data: bytes, entries: Mapping[str, int]) -> Object:
        packed = Dictionary({"/Filter": Name.FlateDecode, **entries})
        return self._pdf.make_indirect(Stream(self._pdf, zlib.compress(data, 9), packed))


class SlotTags:
    """Stand-ins for slots while a file is saved, and where they are in it afterwards."""

    _PART = 16

    def __init__(self, key: str) -> None:
        self._key = key.encode("utf-8")
        self._prefix = hashlib.sha256(b"bmnn-mark slot\0" + self._key).digest()[: self._PART]
        self._contents: dict[bytes, tuple[str, bytes]] = {}

    def stand_in(self, name: str, data: bytes) -> bytes:
        """Bytes as long as ``data`` that stand for it under the slot's name.

        Raises:
            Fault: ``proof.slot`` (a name given twice, or data too short to be told apart).
        """
        mine = hashlib.sha256(self._key + b"\0" + name.encode("utf-8")).digest()[: self._PART]
        if mine in self._contents or len(data) < 2 * self._PART:
            raise Fault("proof.slot", slot=name)
        self._contents[mine] = name, data
        return (self._prefix + mine).ljust(len(data), b"\0")

    def fill(self, file: mmap.mmap) -> tuple[Slot, ...]:
        """Put each slot's data in the place of its stand-in.

        Raises:
            Fault: ``proof.slot`` (a stand-in is not there exactly once).
        """
        places = [one.start() for one in re.finditer(re.escape(self._prefix), file)]
        slots: dict[bytes, Slot] = {}
        for offset in places:
            mine = file[offset + self._PART : offset + 2 * self._PART]
            name, data = self._contents.get(mine, ("", b""))
            if not name or mine in slots:
                raise Fault("proof.slot", slot=name)
            slots[mine] = Slot(name=name, offset=offset, length=len(data))
        for mine, slot in slots.items():
            file[slot.offset : slot.offset + slot.length] = self._contents[mine][1]
        if len(slots) != len(self._contents):
            raise Fault("proof.slot", slot="")
        return tuple(slots.values())


def _glyph_list(face: EmbeddedFace) -> bytes:
    """A bit for each glyph number, the first of a byte highest; 1 where the glyph is embedded."""
    bits = bytearray(max(face.widths) // 8 + 1)
    for glyph in (0, *face.widths):
        bits[glyph // 8] |= 0x80 >> glyph % 8
    return bytes(bits)


def _colour(drawing: StampDrawing) -> bytes:
    """The operator that sets a drawing's ink."""
    ink = drawing.ink
    parts = " ".join(f"{part / 255:.4f}" for part in (ink.red, ink.green, ink.blue))
    return f"{parts} rg ".encode("ascii")


def _unit_square(box: Rect, drawing: StampDrawing) -> Matrix:
    """From an image's unit square to its box in the drawing's form space (pt, y up)."""
    below = drawing.size.height - box.bottom
    return (box.width.pt, 0.0, 0.0, box.height.pt, box.x.pt, below.pt)


def _cm(matrix: Matrix) -> bytes:
    return (" ".join(f"{number + 0.0:.5f}" for number in matrix) + " cm").encode("ascii")


def _real(number: float) -> float:
    return round(number, 5)
