# SPDX-License-Identifier: Apache-2.0
"""Where on a scan page codes may stand: the places of the densest small contrast.

A page code is half black, half white, and changes at every 0.6 mm; text is mostly white, pictures
and bars change less. So a damaged code is found without any of its patterns, and the costly tries
look at a few small squares instead of the whole sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter

from bmnn_mark.tracking.symbol import MODULES

#: mm of one module of a page code of 20 mm, and of the longer side of sheets.
_MODULE_MM = 20 / MODULES
_SHEETS_MM = (297, 420)
_MM_PER_INCH = 25.4
#: Resolutions that a file may claim for its scan.
_LEAST_DPI, _MOST_DPI = 72, 1200
#: Grey levels of contrast below which a place holds no code.
_FAINTEST = 20
#: The same as a share of the contrast of the densest place.
_LEAST_SHARE = 0.4
_MOST_PLACES = 3
#: Modules: side of the square cut out (a symbol that lies askew, found with some error), nearest
#: two symbols, reach of the mean.
_SQUARE, _APART, _REACH = 66, 24, 10
_CELL = 8
#: Longer side in pixels up to which a picture may show little but the code, and in modules then.
_CUTTING_PX, _CUTTING = 1200, 45
#: Pixels of a module below which nothing can be read.
_LEAST_PX = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that may hold a page code, in pixels of the image.

    Attributes:
        x: of its middle.
        y: of its middle.
        contrast: mean grey levels by which its pixels differ from those around them.
        module: pixels of one module there, roughly.
    """

    x: float
    y: float
    contrast: int
    module: float


def likely_modules(size: tuple[int, int], dpi: float | None) -> tuple[float, ...]:
    """Pixels that a page code's module may have, likeliest first.

    Args:
        size: width and height of the image, pixels.
        dpi: resolution the file claims; None where it claims none.

    >>> [round(one, 1) for one in likely_modules((2480, 3508), None)]
    [7.2, 5.1]
    >>> [round(one, 1) for one in likely_modules((1240, 1754), 150.0)]
    [3.6, 2.5]
    >>> likely_modules((450, 450), None)
    (10.0,)
    """
    likely = [max(size) / side * _MODULE_MM for side in _SHEETS_MM]
    if max(size) <= _CUTTING_PX:
        likely.append(max(size) / _CUTTING)
    if dpi is not None and _LEAST_DPI <= dpi <= _MOST_DPI:
        likely.insert(0, dpi / _MM_PER_INCH * _MODULE_MM)
    apart: list[float] = []
    for module in likely:
        if module >= _LEAST_PX and all(not 0.8 < module / other < 1.25 for other in apart):
            apart.append(module)
    return tuple(apart)


def dense_places(grey: Image.Image, module: float) -> tuple[Place, ...]:
    """The places most like a page code whose module has ``module`` pixels; the likest first."""
    reduced = max(1, round(module / 2))
    small = grey.reduce(reduced)
    unit = module / reduced
    around = small.filter(ImageFilter.BoxBlur(3 * unit))
    contrast = ImageChops.difference(small, around).filter(ImageFilter.BoxBlur(_REACH * unit))
    cells = contrast.reduce(_CELL)
    pixels = reduced * _CELL
    places: list[Place] = []
    values = cells.tobytes()
    least = max(_FAINTEST, _LEAST_SHARE * max(values))
    dense = sorted(((value, at) for at, value in enumerate(values) if value > least), reverse=True)
    for value, at in dense:
        if len(places) == _MOST_PLACES:
            break
        x, y = (at % cells.width + 0.5) * pixels, (at // cells.width + 0.5) * pixels
        apart = _APART * module
        if all((x - one.x) ** 2 + (y - one.y) ** 2 > apart**2 for one in places):
            places.append(
                Place(
                    x=min(x, grey.width - 1),
                    y=min(y, grey.height - 1),
                    contrast=value,
                    module=module,
                )
            )
    return tuple(places)


def cut_out(grey: Image.Image, place: Place, module_px: int) -> Image.Image:
    """The square about ``place``, scaled so that a module has ``module_px`` pixels."""
    half = _SQUARE / 2 * place.module
    left, top = max(0.0, place.x - half), max(0.0, place.y - half)
    right, bottom = min(grey.width, place.x + half), min(grey.height, place.y + half)
    scale = module_px / place.module
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    return grey.resize(size, Image.Resampling.BICUBIC, box=(left, top, right, bottom))
