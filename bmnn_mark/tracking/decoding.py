# SPDX-License-Identifier: Apache-2.0
"""Finding the QR codes in one image: two engines, and a fixed order of tries.

One engine reads what the other misses, on dirty copies above all. What they give back is only
text; whether it is a code of ours is for :mod:`bmnn_mark.tracking.code` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageFilter, ImageOps

from bmnn_mark.errors import UsageRefused
from bmnn_mark.tracking.code import PREFIX

#: Images above so many pixels are not enlarged: at 300 dpi their modules are wide enough.
_ENLARGED_PIXELS = 10_000_000
_BLUR_PIXELS = 1.2
_DARK_BELOW = 128
#: Longest text taken from a code; a page code has 67 symbols.
_MOST_CHARS = 4296


def read_image(untrusted_image: Image.Image) -> tuple[str, ...]:
    """The texts of all QR codes found, each once, in the order of finding.

    Both engines look at the image as it is. While no text begins like a page code, they look
    again: at twice the size, that softened, and in pure black and white. The engines themselves
    handle the four rotations.

    Raises:
        UsageRefused: ``trace.engine_missing``.
    """
    zxing, zbar = _engines()
    found: dict[str, None] = {}
    for image in _tries(_grey(untrusted_image)):
        for texts in (_by_zxing(zxing, image), _by_zbar(zbar, image)):
            found.update((text[:_MOST_CHARS], None) for text in texts)
        if any(text.startswith(PREFIX) for text in found):
            break
    return tuple(found)


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


def _grey(image: Image.Image) -> Image.Image:
    """The image in shades of grey, what is transparent in it on white."""
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    return image.convert("L")


def _tries(image: Image.Image) -> Iterator[Image.Image]:
    yield image
    if image.width * image.height <= _ENLARGED_PIXELS:
        double = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
        yield double
        yield double.filter(ImageFilter.GaussianBlur(_BLUR_PIXELS))
    stretched = ImageOps.autocontrast(image, cutoff=1)
    yield stretched.point([0 if value < _DARK_BELOW else 255 for value in range(256)])


def _by_zxing(zxing: Any, image: Image.Image) -> list[str]:
    codes = zxing.read_barcodes(image, formats=zxing.BarcodeFormat.QRCode)
    return [code.text for code in codes if code.text]


def _by_zbar(zbar: Any, image: Image.Image) -> list[str]:
    codes = zbar.decode(image, symbols=[zbar.ZBarSymbol.QRCODE])
    return [text for code in codes if (text := code.data.decode("utf-8", "replace"))]
