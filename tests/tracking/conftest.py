# SPDX-License-Identifier: Apache-2.0
"""Sheets with real page codes, and what printers, copiers and scanners do to them."""

import random
import sys
from types import ModuleType

import pytest
from PIL import Image, ImageChops, ImageFilter

from bmnn_mark.stamps import qr
from bmnn_mark.tracking.code import PageCode, seal
from bmnn_mark.tracking.key import TraceKey

KEY = TraceKey.from_entropy(bytes(range(67)), rehearsal=False)
MM_PER_INCH = 25.4


@pytest.fixture(scope="session")
def scans() -> ModuleType:
    """This module: drawing sheets and what becomes of them."""
    return sys.modules[__name__]


def code_text(page: int = 1) -> str:
    return seal(KEY, PageCode(position=4711, page=page, attempt=1, root=bytes(range(14))))


def draw_symbol(text: str, side_px: int) -> Image.Image:
    rows = Image.frombytes("1", (qr.MODULES, qr.MODULES), qr.symbol(text))
    dark_on_white = ImageChops.invert(rows.convert("L"))
    return dark_on_white.resize((side_px, side_px), Image.Resampling.NEAREST)


def sheet(
    texts: dict[tuple[float, float], str],
    *,
    dpi: int = 600,
    side_mm: float = 20.0,
    size_mm: tuple[float, float] = (80, 80),
) -> Image.Image:
    """White paper with page codes, each at its place (mm)."""
    paper = Image.new("L", tuple(round(mm * dpi / MM_PER_INCH) for mm in size_mm), 255)
    for (x, y), text in texts.items():
        symbol = draw_symbol(text, round(side_mm * dpi / MM_PER_INCH))
        paper.paste(symbol, (round(x * dpi / MM_PER_INCH), round(y * dpi / MM_PER_INCH)))
    return paper


def _noise(image: Image.Image, chance: random.Random, strength: int) -> Image.Image:
    small = Image.frombytes("L", image.size, chance.randbytes(image.width * image.height))
    spread = small.point([round((value - 128) * strength / 128) + 128 for value in range(256)])
    return ImageChops.add(image, spread, scale=1, offset=-128)


def scan(paper: Image.Image, chance: random.Random, *, dpi: int, angle: float) -> Image.Image:
    """A grey scan at ``dpi`` of paper drawn at 600 dpi: turned, softened, noisy."""
    turned = paper.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    size = tuple(round(side * dpi / 600) for side in turned.size)
    soft = turned.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.5))
    return _noise(soft, chance, 24)


def photocopy(paper: Image.Image, chance: random.Random) -> Image.Image:
    """One generation: 300-dpi optics, a steep contrast curve, specks, printed again at 600 dpi."""
    seen = scan(paper, chance, dpi=300, angle=chance.uniform(-0.6, 0.6))
    threshold = chance.randint(105, 150)
    copied = seen.point([0 if value < threshold else 255 for value in range(256)])
    for _ in range(round(copied.width * copied.height * 0.0005)):
        place = chance.randrange(copied.width), chance.randrange(copied.height)
        copied.putpixel(place, 0)
    return copied.resize((copied.width * 2, copied.height * 2), Image.Resampling.BICUBIC)
