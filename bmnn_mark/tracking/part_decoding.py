# SPDX-License-Identifier: Apache-2.0
"""Finding the parts of a series in the image of a printed sheet: two engines, a few tries.

Every sheet has as many codes as its place in the series says, so it is known when all are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from PIL import Image, ImageFilter, ImageOps

from bmnn_mark.errors import UsageRefused
from bmnn_mark.tracking.parts import PART_CHARS, PART_PREFIX, join
from bmnn_mark.tracking.planes import grey_planes

#: Codes of one full sheet.
SHEET_PARTS = 12
#: Images above so many pixels are not enlarged: at 200 dpi modules are wide enough.
_ENLARGED_PIXELS = 5_000_000
_BLUR_PIXELS = 1.2
_DARK_BELOW = 128


def read_parts(untrusted_image: Image.Image) -> tuple[str, ...]:
    """The texts of the parts on one sheet, each once, in the order of finding.

    Raises:
        UsageRefused: ``trace.engine_missing``.
    """
    zxing, zbar = _engines()
    found: dict[str, None] = {}
    for image in _tries(grey_planes(untrusted_image)[0]):
        for texts in (_by_zxing(zxing, image), _by_zbar(zbar, image)):
            found.update((text, None) for text in texts if _may_be_part(text))
            if _complete(found):
                return tuple(found)
    return tuple(found)


def _may_be_part(untrusted_text: str) -> bool:
    return untrusted_text.startswith(PART_PREFIX) and len(untrusted_text) <= PART_CHARS


def _complete(texts: Iterable[str]) -> bool:
    """Whether each sheet of which a part was read was read wholly."""
    series = join(texts)
    for one in series:
        missing = set(one.missing)
        for first in range(1, one.parts + 1, SHEET_PARTS):
            sheet = set(range(first, min(first + SHEET_PARTS, one.parts + 1)))
            if missing & sheet and sheet - missing:
                return False
    return bool(series)


def _tries(page: Image.Image) -> Iterator[Image.Image]:
    yield page
    stretched = ImageOps.autocontrast(page, cutoff=1)
    yield stretched.point([0 if value < _DARK_BELOW else 255 for value in range(256)])
    yield page.filter(ImageFilter.GaussianBlur(_BLUR_PIXELS))
    if page.width * page.height <= _ENLARGED_PIXELS:
        double = page.resize((page.width * 2, page.height * 2), Image.Resampling.BICUBIC)
        yield double
        yield double.filter(ImageFilter.GaussianBlur(_BLUR_PIXELS))


def _engines() -> tuple[Any, Any]:
    try:
        import zxingcpp  # noqa: PLC0415 - of the extra "trace"
    except ImportError as error:
        raise UsageRefused("trace.engine_missing", engine="zxing-cpp") from error
    try:
        from pyzbar import pyzbar  # noqa: PLC0415 - of the extra "trace"; needs the system's zbar
    except ImportError as error:
        raise UsageRefused("trace.engine_missing", engine="zbar") from error
    return zxingcpp, pyzbar


def _by_zxing(zxing: Any, image: Image.Image) -> list[str]:
    codes = zxing.read_barcodes(image, formats=zxing.BarcodeFormat.QRCode)
    return [code.text for code in codes]


def _by_zbar(zbar: Any, image: Image.Image) -> list[str]:
    codes = zbar.decode(image, symbols=[zbar.ZBarSymbol.QRCODE])
    return [code.data.decode("utf-8", "replace") for code in codes]
