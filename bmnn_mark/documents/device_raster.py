# SPDX-License-Identifier: Apache-2.0
"""The first page of what goes to a raster printer: CUPS and PWG raster, and Apple's.

Formats: CUPS raster 1 to 3 (cups.org, spec-raster), of which PWG raster (PWG 5102.4) is a kind;
UNIRAST as AirPrint printers take it. Only grey, black, RGB and CMYK of 1 or 8 bits are read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL import Image, ImageChops

from bmnn_mark.units import MM_PER_INCH, PT_PER_INCH

_SYNC = {b"RaSt": ">1", b"tSaR": "<1", b"RaS2": ">2", b"2SaR": "<2", b"RaS3": ">3", b"3SaR": "<3"}
_HEADER_BYTES = {"1": 420, "2": 1796, "3": 1796}
_URF, _URF_HEADER = b"UNIRAST\0", 32
_MOST_PIXELS = 400_000_000
#: cupsColorSpace: luminance, black, sRGB and device RGB, CMYK.
_LIGHT, _BLACK, _RGB, _CMYK = {0, 18}, {3}, {1, 19, 20}, {6}


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """A page as a device gets it.

    Attributes:
        grey: the pixels, 0 black.
        dpi: pixels an inch, across and down.
        left_mm: where the pixels begin, from the paper's left edge, mm.
        top_mm: likewise from its top edge.
    """

    grey: Image.Image
    dpi: tuple[float, float]
    left_mm: float = 0.0
    top_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    columns: int
    rows: int
    line_bytes: int
    bits: int
    mode: str
    dark_is_one: bool = False


def read_device_page(data: bytes) -> DevicePage | None:
    """The first page of a raster stream; None for one of another kind, or of pixels not known."""
    try:
        if data.startswith(_URF):
            return _urf(data)
        kind = _SYNC.get(data[:4])
        return None if kind is None else _cups(data, kind[0], kind[1])
    except (struct.error, IndexError, ValueError):
        return None


def _cups(data: bytes, order: str, version: str) -> DevicePage | None:
    head = data[4 : 4 + _HEADER_BYTES[version]]
    numbers = struct.unpack_from(f"{order}41I", head, 256)
    field = dict(zip(range(256, 420, 4), numbers, strict=True))
    form = _cups_form(field)
    if form is None or field[340] not in {0, 1}:  # NumCopies
        return None
    body = memoryview(data)[4 + len(head) :]
    blank = 0 if form.dark_is_one or form.mode == "CMYK" else 0xFF
    whole = form.line_bytes * form.rows
    rows = _unpacked(body, form, blank) if version == "2" else bytes(body[:whole])
    left, top = _offset(head, order, field, version)
    across, down = field[276], field[280]
    if not across or not down or len(rows) != whole:
        return None
    return DevicePage(grey=_image(rows, form), dpi=(across, down), left_mm=left, top_mm=top)


def _cups_form(field: dict[int, int]) -> _Form | None:
    space, bits, depth = field[400], field[384], field[388]
    modes = {(1, 8): "L", (3, 8): "RGB", (4, 8): "CMYK", (1, 1): "1"}
    mode = modes.get((depth // bits if bits else 0, bits))
    known = {"L": _LIGHT | _BLACK, "1": _LIGHT | _BLACK, "RGB": _RGB, "CMYK": _CMYK}
    if mode is None or space not in known[mode] or field[396] != 0:  # cupsColorOrder: chunked
        return None
    if field[372] * field[376] > _MOST_PIXELS:
        return None
    return _Form(
        columns=field[372],
        rows=field[376],
        line_bytes=field[392],
        bits=depth,
        mode=mode,
        dark_is_one=space in _BLACK,
    )


def _offset(head: bytes, order: str, field: dict[int, int], version: str) -> tuple[float, float]:
    """Where the pixels begin on the paper, mm: drivers leave out margins that cannot be printed."""
    left, right, top = (float(field[at]) for at in (284, 292, 296))
    width, height = float(field[352]), float(field[356])
    if version != "1":
        width, height = struct.unpack_from(f"{order}2f", head, 428)
        left, _, right, top = struct.unpack_from(f"{order}4f", head, 436)
    whole = field[372] / field[276] * PT_PER_INCH if field[276] else 0.0
    if right <= left or abs(whole - width) < abs(whole - (right - left)):
        return 0.0, 0.0
    scale = MM_PER_INCH / PT_PER_INCH
    return left * scale, (height - top) * scale


def _urf(data: bytes) -> DevicePage | None:
    head = data[12 : 12 + _URF_HEADER]
    depth, space = head[0], head[1]
    columns, rows, dpi = struct.unpack_from(">3I", head, 12)
    mode = {(8, 0): "L", (8, 4): "L", (24, 1): "RGB", (24, 5): "RGB"}.get((depth, space))
    if mode is None or not dpi or columns * rows > _MOST_PIXELS:
        return None
    form = _Form(columns=columns, rows=rows, line_bytes=columns * depth // 8, bits=depth, mode=mode)
    lines = _unpacked(memoryview(data)[12 + _URF_HEADER :], form, 0xFF)
    return DevicePage(grey=_image(lines, form), dpi=(dpi, dpi))


def _unpacked(body: memoryview, form: _Form, blank: int) -> bytes:
    """Lines packed by repetition: of lines, then of pixels (PWG 5102.4, 4.4)."""
    pixel = max(1, form.bits // 8)
    lines: list[bytes] = []
    at = 0
    while len(lines) < form.rows:
        repeat = body[at] + 1
        at += 1
        line = bytearray()
        while len(line) < form.line_bytes:
            code = body[at]
            at += 1
            if code == 128:
                line += bytes([blank]) * (form.line_bytes - len(line))
            elif code < 128:
                line += bytes(body[at : at + pixel]) * (code + 1)
                at += pixel
            else:
                line += body[at : at + pixel * (257 - code)]
                at += pixel * (257 - code)
        lines += [bytes(line[: form.line_bytes])] * repeat
    return b"".join(lines[: form.rows])


def _image(rows: bytes, form: _Form) -> Image.Image:
    size = (form.columns, form.rows)
    image = Image.frombytes(form.mode, size, rows, "raw", form.mode, form.line_bytes)
    grey = image.convert("L")
    return ImageChops.invert(grey) if form.dark_is_one else grey
