# SPDX-License-Identifier: Apache-2.0
"""Finding the QR codes in one image: two engines, and a fixed order of tries.

One engine reads what the other misses, on dirty copies above all. What they give back is only
text; whether it is a code of ours is for :mod:`bmnn_mark.tracking.code` to say.

The order: both engines on the whole page, of a coloured one first without its colours. Then, where
codes may stand and none was read, on a small square in grey, in black and white, and mended. At
last, on a small picture in which nothing was found, at twice the size. All of it is bounded by
counts, not by a clock: the same image gives the same answer on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import product
from typing import Any

from PIL import Image

from bmnn_mark.errors import UsageRefused
from bmnn_mark.tracking.code import CODE_CHARS, PREFIX
from bmnn_mark.tracking.finders import black_and_white
from bmnn_mark.tracking.mending import mended
from bmnn_mark.tracking.places import Place, cut_out, dense_places, likely_modules
from bmnn_mark.tracking.planes import grey_planes
from bmnn_mark.tracking.symbol import MODULES

#: Pixels of a module in the squares that are looked at closely.
_MODULE_PX = 6
#: Longer side, in pixels, above which the slower engine gets the page at half the size: a module
#: keeps 3.6 pixels of a sheet scanned at 300 dpi.
_HALVED_SIDE = 2600
#: Images above so many pixels are not enlarged: at 200 dpi modules are wide enough.
_ENLARGED_PIXELS = 2_500_000
#: A place is looked at, although a code was read elsewhere, where its contrast is so near to that.
_NEAR = 0.7
#: Longest text taken from a code; a page code has 67 symbols.
_MOST_CHARS = 4296


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """A code that was read; its middle and its reach in pixels."""

    text: str
    x: float
    y: float
    reach: float

    def covers(self, place: Place) -> bool:
        return abs(complex(place.x - self.x, place.y - self.y)) < max(self.reach, 17 * place.module)


def read_image(untrusted_image: Image.Image) -> tuple[str, ...]:
    """The texts of all QR codes found, each once, in the order of finding.

    Raises:
        UsageRefused: ``trace.engine_missing``.
    """
    engines = _engines()
    planes = grey_planes(untrusted_image)
    codes: list[_Code] = []
    for plane in planes:
        codes += engines.whole(plane)
    modules = likely_modules(untrusted_image.size, _dpi(untrusted_image))
    for plane, module in product(planes, modules):
        for place in _open_places(dense_places(plane, module), codes):
            codes += engines.close(plane, place, {code.text for code in codes})
        if any(code.text.startswith(PREFIX) for code in codes):
            break
    if not codes and planes[0].width * planes[0].height <= _ENLARGED_PIXELS:
        size = (planes[0].width * 2, planes[0].height * 2)
        codes += engines.whole(planes[0].resize(size, Image.Resampling.BICUBIC))
    return tuple(dict.fromkeys(code.text for code in codes))


def _dpi(image: Image.Image) -> float | None:
    """The resolution that the file claims."""
    try:
        return float(max(image.info["dpi"]))
    except (KeyError, TypeError, ValueError):
        return None


def _open_places(places: tuple[Place, ...], codes: list[_Code]) -> list[Place]:
    """Those where a code may still be unread: nothing was read there, nor much likelier elsewhere.

    Text is a little like a code, so where one was read the other places must be nearly as dense.
    """
    read = [place for place in places if any(code.covers(place) for code in codes)]
    least = _NEAR * max((place.contrast for place in read), default=0)
    return [place for place in places if place not in read and place.contrast >= least]


class _Engines:
    """Both engines; what they read is cut to the longest text that a code may have."""

    def __init__(self, zxing: Any, zbar: Any) -> None:
        self._zxing = zxing
        self._zbar = zbar

    def whole(self, page: Image.Image) -> list[_Code]:
        """The codes that are read from a page as it is."""
        halves = 2 if max(page.size) > _HALVED_SIDE else 1
        return self._by_zxing(page) + self._by_zbar(page.reduce(halves), halves)

    def close(self, page: Image.Image, place: Place, known: Set[str]) -> list[_Code]:
        """The codes at one place, up to the first page code that is not among the known texts."""
        found: dict[str, None] = {}
        for texts in self._tries(cut_out(page, place, _MODULE_PX)):
            found.update(dict.fromkeys(text for text in texts if text not in known))
            if any(text.startswith(PREFIX) for text in found):
                break
        reach = MODULES * place.module / 2
        return [_Code(text=text, x=place.x, y=place.y, reach=reach) for text in found]

    def _tries(self, square: Image.Image) -> Iterator[list[str]]:
        yield [code.text for code in self._by_zxing(square)]
        yield [code.text for code in self._by_zbar(square, 1)]
        pictures = black_and_white(square, _MODULE_PX)
        for picture in pictures:
            yield [code.text for code in self._by_zxing(picture)]
        for drawing in mended(square, pictures, _MODULE_PX):
            texts = [code.text for code in self._by_zxing(drawing, is_pure=True)]
            # Only a page code has the modules that were painted: anything else is no reading.
            yield [text for text in texts if text.startswith(PREFIX) and len(text) == CODE_CHARS]

    def _by_zxing(self, image: Image.Image, *, is_pure: bool = False) -> list[_Code]:
        codes = self._zxing.read_barcodes(
            image, formats=self._zxing.BarcodeFormat.QRCode, is_pure=is_pure
        )
        found = []
        for code in codes:
            at = code.position
            points = [(one.x, one.y) for one in (at.top_left, at.bottom_right)]
            found.append(_code(code.text, points, 1))
        return [code for code in found if code.text]

    def _by_zbar(self, image: Image.Image, scale: int) -> list[_Code]:
        codes = self._zbar.decode(image, symbols=[self._zbar.ZBarSymbol.QRCODE])
        found = []
        for code in codes:
            left, top, wide, high = code.rect
            corners = [(left, top), (left + wide, top + high)]
            found.append(_code(code.data.decode("utf-8", "replace"), corners, scale))
        return [code for code in found if code.text]


def _code(untrusted_text: str, across: list[tuple[float, float]], scale: int) -> _Code:
    """A code from two opposite corners in an image that was made ``scale`` times smaller."""
    (x0, y0), (x1, y1) = across
    return _Code(
        text=untrusted_text[:_MOST_CHARS],
        x=(x0 + x1) / 2 * scale,
        y=(y0 + y1) / 2 * scale,
        reach=abs(complex(x1 - x0, y1 - y0)) / 2 * scale,
    )


def demand_engines() -> None:
    """Refuse where no code could be read.

    Raises:
        UsageRefused: ``trace.engine_missing``.
    """
    _engines()


def _engines() -> _Engines:
    try:
        import zxingcpp  # noqa: PLC0415 - of the extra "trace"
    except ImportError as error:
        raise UsageRefused("trace.engine_missing", engine="zxing-cpp") from error
    try:
        from pyzbar import pyzbar  # noqa: PLC0415 - of the extra "trace"; needs the system's zbar
    except ImportError as error:
        raise UsageRefused("trace.engine_missing", engine="zbar") from error
    return _Engines(zxingcpp, pyzbar)
