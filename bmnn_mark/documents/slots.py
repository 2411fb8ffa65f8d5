# SPDX-License-Identifier: Apache-2.0
"""What the streams of marks hold, byte for byte; so a copy is made without reading a PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.stamps.content import GlyphNumbers, content_stream, matrix_image_bytes
from bmnn_mark.stamps.fonts import (
    SLOT_CHARACTERS,
    EmbeddedFace,
    characters,
    embed,
    glyph_numbers,
)
from bmnn_mark.stamps.model import BitMatrix, Face, StampDrawing

COPY_NUMBER_SLOT = "copy-number"
CAPTION_SLOT = "caption"
ID_SLOT = "id"
CODE_SLOTS = "code:"


def code_slot(page: int) -> str:
    """Name of the slot of a page's code."""
    return f"{CODE_SLOTS}{page}"


def faces_for(marks: Iterable[PlannedMark]) -> Mapping[Face, EmbeddedFace]:
    """The faces that marks need, with the letters their slots may hold in any copy."""
    every = tuple(marks)
    wanted = {face: set(text) for face, text in characters(one.drawing for one in every).items()}
    for face in characters(one.drawing for one in every if one.slot is not None):
        wanted[face] |= set(SLOT_CHARACTERS)
    return {face: embed(face, "".join(sorted(letters))) for face, letters in wanted.items()}


def sole_matrix(drawing: StampDrawing) -> BitMatrix | None:
    """The bit matrix of a drawing that is nothing else; such a one is painted as an image."""
    if len(drawing.operations) == 1 and isinstance(drawing.operations[0], BitMatrix):
        return drawing.operations[0]
    return None


def stream_data(drawing: StampDrawing, faces: Mapping[Face, EmbeddedFace]) -> bytes:
    """The data of the stream that paints a drawing; of a slot, what it holds in the template."""
    return _data(drawing, {face: embedded.gids for face, embedded in faces.items()})


def copy_data(drawing: StampDrawing) -> bytes:
    """The same for the drawing of one copy: glyph numbers do not depend on the subset."""
    used = characters((drawing,))
    return _data(drawing, {face: glyph_numbers(face, text) for face, text in used.items()})


def _data(drawing: StampDrawing, glyphs: GlyphNumbers) -> bytes:
    matrix = sole_matrix(drawing)
    return content_stream(drawing, glyphs) if matrix is None else matrix_image_bytes(matrix)
