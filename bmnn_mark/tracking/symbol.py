# SPDX-License-Identifier: Apache-2.0
"""What is the same in every page code's symbol: version 4, level Q, mask 0 (ISO/IEC 18004).

Finder, timing and alignment patterns and the format information: 282 of 1089 modules. They tell
how a damaged symbol lies, and what a stain hides of them is painted anew.
"""

from __future__ import annotations

from functools import cache

from PIL import Image

MODULES = 33
#: Values in :func:`known_modules`.
DARK, LIGHT, OPEN = 0, 255, 128
#: Middles of the three finder patterns, in modules from the symbol's upper left corner.
TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT = (3.5, 3.5), (29.5, 3.5), (3.5, 29.5)

_QUIET = 4
_FINDERS = ((3, 3), (29, 3), (3, 29))
_ALIGNMENT = (26, 26)
#: Level Q (11) and mask 0 (000), with their BCH code and the format mask; first bit first.
_FORMAT = "011010101011111"


@cache
def known_modules() -> Image.Image:
    """The symbol with its fixed modules DARK or LIGHT and those of its data OPEN."""
    known = Image.new("L", (MODULES, MODULES), OPEN)
    for at in range(8, MODULES - 8):
        colour = LIGHT if at % 2 else DARK
        known.putpixel((6, at), colour)
        known.putpixel((at, 6), colour)
    for middle in _FINDERS:
        for reach, colour in ((4, LIGHT), (3, DARK), (2, LIGHT), (1, DARK)):
            _square(known, middle, reach, colour)
    for reach, colour in ((2, DARK), (1, LIGHT), (0, DARK)):
        _square(known, _ALIGNMENT, reach, colour)
    _format(known)
    return known


def _square(known: Image.Image, middle: tuple[int, int], reach: int, colour: int) -> None:
    x, y = middle
    known.paste(colour, (max(0, x - reach), max(0, y - reach), x + reach + 1, y + reach + 1))


def _format(known: Image.Image) -> None:
    """Both copies of the format information, and the module that is always dark."""
    about_finder = [(at, 8) for at in (0, 1, 2, 3, 4, 5, 7)] + [(8, 8)]
    about_finder += [(8, at) for at in (7, 5, 4, 3, 2, 1, 0)]
    apart = [(8, MODULES - 1 - at) for at in range(7)]
    apart += [(MODULES - 8 + at, 8) for at in range(8)]
    for places in (about_finder, apart):
        for place, bit in zip(places, _FORMAT, strict=True):
            known.putpixel(place, DARK if bit == "1" else LIGHT)
    known.putpixel((8, MODULES - 8), DARK)


def redraw(modules: Image.Image, threshold: float) -> Image.Image:
    """A clean symbol from one grey value a module; the fixed modules as they must be.

    Args:
        modules: 33 x 33, grey.
        threshold: darker ones are dark.
    """
    clean = modules.point([DARK if value < threshold else LIGHT for value in range(256)])
    known = known_modules()
    clean.paste(known, mask=known.point([0 if value == OPEN else 255 for value in range(256)]))
    whole = Image.new("L", (MODULES + 2 * _QUIET,) * 2, LIGHT)
    whole.paste(clean, (_QUIET, _QUIET))
    return whole.resize((whole.width * 3, whole.height * 3), Image.Resampling.NEAREST)
