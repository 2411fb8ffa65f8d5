# SPDX-License-Identifier: Apache-2.0
"""What printers, copiers, scanners, phones and offices do to a sheet: simulated, seeded, whole A4.

No paper is used. A figure that rests on this says how decoders compare and where they break, not
what a certain copier does. Paper is a picture of 600 dpi, black on white.

===============  =================================================================================
step             what it does
===============  =================================================================================
print            600 dpi bilevel, toner spread of -0.3 to 1 dot, voids and specks (0.005 % each)
photocopy        300-dpi optics: skew +-0.6 degrees, scale 0.985-1.01, blur 0.6, noise, contrast
                 1.6-3 about a threshold of 105-150, dark specks 0.15 %, light specks 0.15 %,
                 printed again at 600 dpi, toner spread of -0.3 to 0.7 dot
scan             150, 200 or 300 dpi; lies in any of four ways and up to 5 degrees askew; white
                 or black lid; scale 0.99-1.01, blur 0.5-0.8, noise, exposure +-12 %; grey or colour
                 JPEG of quality 60-85, or 1 bit by a threshold of 105-165
photo            200 dpi, perspective of 4 %, light that falls off by half, blur 0.8, JPEG 60
fold             one straight crease through the symbol, within 10 degrees of a row or a column: a
                 crack of 0.4-1 mm (three in four white, else dark) and 0.2-0.5 mm of shift, across
                 it or along it
stain, bite      a ragged dark or white blot over 3-7 % of the symbol, anywhere on it
punch            a round hole of 5.5-6 mm, its centre anywhere on the symbol; lid or desk shows
seal             a round seal of 36 mm (rings, letters, star) whose centre is within 18 mm of the
                 symbol's: red in a colour scan, mid grey (95-150) in a grey one; uneven ink
streaks          toner streaks and gaps along the sheet, 0.1-0.5 mm wide, one each 8 mm or so
===============  =================================================================================

Sizes, thresholds and damage are those that the size of the page code was chosen by (``20 mm, level
Q``); perspective, punch hole, lid and streaks were added. Noise is drawn from tiles made once from
a seed: the same seed gives the same pictures.
"""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

PAPER_DPI = 600
MM_PER_INCH = 25.4
PX_PER_MM = PAPER_DPI / MM_PER_INCH
WHITE, BLACK = 255, 0
_TILE = 4000
_SEAL_MM = 36.0
_FACE = Path(__file__).parents[1] / "bmnn_mark/stamps/faces"
_SOFT = ImageFilter.Kernel((3, 3), [1, 2, 1, 2, 4, 2, 1, 2, 1])
_QUARTERS = (
    None,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
)


@dataclass(frozen=True)
class Symbol:
    """Where the code stands on the paper, in pixels of 600 dpi: left, top, side."""

    x: float
    y: float
    side: float

    def somewhere(self, chance: random.Random) -> tuple[float, float]:
        return self.x + chance.random() * self.side, self.y + chance.random() * self.side


def _curve(function) -> list[int]:
    return [min(255, max(0, round(function(value)))) for value in range(256)]


def _blurred(image: Image.Image, sigma: float) -> Image.Image:
    """Optics: the nearest pixels' share is that of a normal distribution."""
    side = sigma**2 / 2
    row = (side, 1 - 2 * side, side)
    return image.filter(ImageFilter.Kernel((3, 3), [a * b for a in row for b in row], 1))


def bilevel(image: Image.Image, threshold: float) -> Image.Image:
    return image.point([BLACK if value < threshold else WHITE for value in range(256)])


@lru_cache(maxsize=2)
def _tile(number: int) -> Image.Image:
    return Image.frombytes("L", (_TILE, _TILE), random.Random(number).randbytes(_TILE * _TILE))


def _grain(size: tuple[int, int], chance: random.Random, number: int) -> Image.Image:
    """Evenly spread values, cut from a tile at a random place, repeated if need be."""
    tile = _tile(number)
    if size[0] <= _TILE and size[1] <= _TILE:
        x, y = chance.randint(0, _TILE - size[0]), chance.randint(0, _TILE - size[1])
        return tile.crop((x, y, x + size[0], y + size[1]))
    tile = ImageChops.offset(tile, chance.randrange(_TILE), chance.randrange(_TILE))
    whole = Image.new("L", size)
    for x in range(0, size[0], _TILE):
        for y in range(0, size[1], _TILE):
            whole.paste(tile, (x, y))
    return whole


def noisy(image: Image.Image, chance: random.Random, sigma: float) -> Image.Image:
    """Noise of ``sigma`` grey levels, the same in all channels."""
    sum_of_two = ImageChops.add(
        _grain(image.size, chance, 1), _grain(image.size, chance, 2), scale=2
    )
    noise = sum_of_two.point(_curve(lambda value: (value - 127.5) * sigma / 52 + 128))
    if image.mode == "RGB":
        noise = Image.merge("RGB", (noise, noise, noise))
    return ImageChops.add(image, noise, scale=1, offset=-128)


def speckled(image: Image.Image, chance: random.Random, share: float) -> Image.Image:
    """Dark and light specks, each of ``share`` of all pixels."""
    rare = round(math.sqrt(share) * 256)  # a speck is where two values are both so small
    small = [WHITE if value < rare else BLACK for value in range(256)]
    for dark in (True, False):
        where = ImageChops.darker(
            _grain(image.size, chance, 1).point(small), _grain(image.size, chance, 2).point(small)
        )
        if dark:
            image = ImageChops.darker(image, ImageChops.invert(where))
        else:
            image = ImageChops.lighter(image, where)
    return image


def printed(page: Image.Image, chance: random.Random) -> Image.Image:
    """A page rendered at 600 dpi in grey, as a monochrome laser printer puts it on paper."""
    paper = bilevel(page.convert("L").filter(_SOFT), chance.uniform(110, 215))
    return speckled(paper, chance, 0.00005)


def _turned(
    image: Image.Image,
    degrees: float,
    scales: tuple[float, float],
    ground: int,
    *,
    expand: bool,
) -> Image.Image:
    """Turned about its middle and scaled; ``ground`` beside it."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    wide, high = image.size
    if expand:
        wide, high = (
            round(abs(cos) * wide + abs(sin) * high),
            round(abs(sin) * wide + abs(cos) * high),
        )
    a, b, d, e = cos * scales[0], sin * scales[0], -sin * scales[1], cos * scales[1]
    x, y = wide / 2, high / 2
    return image.transform(
        (wide, high),
        Image.Transform.AFFINE,
        (a, b, image.width / 2 - x * a - y * b, d, e, image.height / 2 - x * d - y * e),
        Image.Resampling.BILINEAR,
        fillcolor=ground if image.mode == "L" else (ground, ground, ground),
    )


def photocopied(paper: Image.Image, chance: random.Random) -> Image.Image:
    """One generation."""
    scale = 1 / chance.uniform(0.985, 1.01)
    seen = _turned(paper.reduce(2), chance.uniform(-0.6, 0.6), (scale, scale), WHITE, expand=False)
    seen = _blurred(seen, 0.6)
    threshold, contrast = chance.uniform(105, 150), chance.uniform(1.6, 3.0)
    seen = noisy(seen, chance, 12).point(_curve(lambda value: (value - threshold) * contrast + 128))
    seen = speckled(seen, chance, 0.0015)
    again = seen.resize((seen.width * 2, seen.height * 2), Image.Resampling.BICUBIC)
    return bilevel(again, chance.uniform(100, 180))


def scanned(
    paper: Image.Image,
    chance: random.Random,
    dpi: int,
    *,
    one_bit: bool = False,
    askew: float = 5,
) -> bytes:
    """The file a scanner makes of a sheet, ``askew`` degrees at most: JPEG, or a 1-bit TIFF."""
    image = paper.reduce(PAPER_DPI // dpi)
    quarter = chance.choice(_QUARTERS)
    if quarter is not None:
        image = image.transpose(quarter)
    lid = chance.choice((250, 250, 250, 20))
    scales = chance.uniform(0.99, 1.01), chance.uniform(0.99, 1.01)
    image = _turned(image, chance.uniform(-askew, askew), scales, lid, expand=True)
    image = _blurred(image, chance.uniform(0.5, 0.8))
    gain, black = chance.uniform(0.88, 1.0), chance.uniform(0, 30)
    curve = _curve(lambda value: black + value * (gain - black / 255))
    image = noisy(image.point(curve * len(image.getbands())), chance, chance.uniform(4, 10))
    file = io.BytesIO()
    if one_bit:
        image = bilevel(image, chance.uniform(105, 165)).convert("1", dither=Image.Dither.NONE)
        image.save(file, "TIFF", compression="group4", dpi=(dpi, dpi))
    else:
        image.save(file, "JPEG", quality=chance.randint(60, 85), dpi=(dpi, dpi))
    return file.getvalue()


def photographed(paper: Image.Image, chance: random.Random) -> bytes:
    """A phone's picture of the sheet on a dark desk."""
    image = paper.reduce(PAPER_DPI // 200)
    quarter = chance.choice(_QUARTERS)
    if quarter is not None:
        image = image.transpose(quarter)
    wide, high = image.size
    corners = [
        (
            x * wide + chance.uniform(-0.04, 0.04) * wide,
            y * high + chance.uniform(-0.04, 0.04) * high,
        )
        for x, y in ((0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96))
    ]
    flat = [(0, 0), (wide, 0), (wide, high), (0, high)]
    image = image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        perspective(corners, flat),
        Image.Resampling.BILINEAR,
        fillcolor=70,
    )
    shade = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270)))
    shade = shade.point(_curve(lambda value: 125 + value / 2)).resize(image.size)
    image = ImageChops.multiply(image, shade).filter(ImageFilter.GaussianBlur(0.8))
    file = io.BytesIO()
    noisy(image, chance, 6).save(file, "JPEG", quality=60)
    return file.getvalue()


def perspective(
    there: list[tuple[float, float]], here: list[tuple[float, float]]
) -> tuple[float, ...]:
    """Coefficients for Pillow's transform that brings points ``here`` to ``there``."""
    rows = []
    for (u, v), (x, y) in zip(there, here, strict=True):
        rows.append([u, v, 1, 0, 0, 0, -x * u, -x * v, x])
        rows.append([0, 0, 0, u, v, 1, -y * u, -y * v, y])
    for column in range(8):
        pivot = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(8):
            if row != column:
                factor = rows[row][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return tuple(row[8] for row in rows)


def folded(paper: Image.Image, symbol: Symbol, chance: random.Random) -> Image.Image:
    """A crease through the symbol."""
    angle = math.radians(chance.uniform(-10, 10) + chance.choice((0, 90)))
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    inner = symbol.side * 0.05
    x, y = symbol.somewhere(chance)
    x = min(max(x, symbol.x + inner), symbol.x + symbol.side - inner)
    y = min(max(y, symbol.y + inner), symbol.y + symbol.side - inner)
    shift = chance.uniform(0.2, 0.5) * PX_PER_MM
    direction = chance.choice((along, across, across))
    moved = ImageChops.offset(paper, round(direction[0] * shift), round(direction[1] * shift))
    far = paper.width + paper.height

    def strip(near: float, off: float) -> list[tuple[float, float]]:
        return [
            (x + along[0] * far * a + across[0] * b, y + along[1] * far * a + across[1] * b)
            for a, b in ((-1, near), (1, near), (1, off), (-1, off))
        ]

    side = Image.new("1", paper.size)
    ImageDraw.Draw(side).polygon(strip(0, far), fill=1)
    paper = paper.copy()
    paper.paste(moved, mask=side)
    half = chance.uniform(0.4, 1.0) * PX_PER_MM / 2
    shade = WHITE if chance.random() < 0.75 else 50
    ImageDraw.Draw(paper).polygon(strip(-half, half), fill=shade)
    return paper


def blotted(
    paper: Image.Image, symbol: Symbol, chance: random.Random, *, dark: bool
) -> Image.Image:
    """A ragged stain, or a bite where the toner is gone, over 3-7 % of the symbol."""
    area = chance.uniform(0.03, 0.07) * symbol.side**2
    stretch = chance.uniform(0.7, 1.4)
    radius = math.sqrt(area / math.pi)
    x, y = symbol.somewhere(chance)
    steps = 24
    edge = []
    for step in range(steps):
        turn, far = 2 * math.pi * step / steps, radius * chance.uniform(0.8, 1.2)
        edge.append((x + math.cos(turn) * far * stretch, y + math.sin(turn) * far / stretch))
    paper = paper.copy()
    ImageDraw.Draw(paper).polygon(edge, fill=chance.randint(0, 90) if dark else WHITE)
    return paper


def punched(paper: Image.Image, symbol: Symbol, chance: random.Random) -> Image.Image:
    """A round hole; what is behind it is white or black."""
    x, y = symbol.somewhere(chance)
    radius = chance.uniform(5.5, 6.0) * PX_PER_MM / 2
    paper = paper.copy()
    ImageDraw.Draw(paper).ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill=chance.choice((250, 250, 20))
    )
    return paper


def streaked(paper: Image.Image, chance: random.Random) -> Image.Image:
    """Streaks of toner and gaps in it along the way of the sheet through the machine."""
    paper = paper.copy()
    draw = ImageDraw.Draw(paper)
    x = 0.0
    while (x := x + chance.expovariate(1 / 8) * PX_PER_MM) < paper.width:
        wide = chance.uniform(0.1, 0.5) * PX_PER_MM
        shade = chance.choice((WHITE, chance.randint(0, 120)))
        draw.rectangle((x, 0, x + wide, paper.height), fill=shade)
    return paper


@lru_cache(maxsize=1)
def _seal() -> Image.Image:
    """A round seal as ink on nothing: rings, letters round them, a star in a wreath."""
    side = round(_SEAL_MM * PX_PER_MM)
    ink = Image.new("L", (side, side))
    draw = ImageDraw.Draw(ink)
    middle = side / 2

    def ring(radius_mm: float, wide_mm: float) -> None:
        radius = radius_mm * PX_PER_MM
        box = (middle - radius, middle - radius, middle + radius, middle + radius)
        draw.ellipse(box, outline=255, width=round(wide_mm * PX_PER_MM))

    ring(18, 1.0)
    ring(16.6, 0.3)
    ring(11.5, 0.4)
    (face,) = sorted(_FACE.glob("*Serif-Bold.*"))[:1]
    font = ImageFont.truetype(face, round(4.2 * PX_PER_MM))
    words = "ỦY BAN NHÂN DÂN TỈNH MẪU ★ SỞ MẪU ★ "
    for number, letter in enumerate(words):
        glyph = Image.new("L", ink.size)
        ImageDraw.Draw(glyph).text(
            (middle, middle - 14 * PX_PER_MM), letter, fill=255, font=font, anchor="mm"
        )
        ink = ImageChops.lighter(ink, glyph.rotate(-360 * number / len(words)))
    draw = ImageDraw.Draw(ink)
    points = []
    for corner in range(10):
        far = (7.0 if corner % 2 == 0 else 2.7) * PX_PER_MM
        turn = math.pi * (corner / 5 - 0.5)
        points.append((middle + far * math.cos(turn), middle + far * math.sin(turn)))
    draw.polygon(points, fill=255)
    for leaf in range(24):
        turn = 2 * math.pi * leaf / 24
        x, y = middle + math.cos(turn) * 9.2 * PX_PER_MM, middle + math.sin(turn) * 9.2 * PX_PER_MM
        size = 0.8 * PX_PER_MM
        draw.ellipse((x - size, y - size, x + size, y + size), fill=255)
    return ink


def sealed(paper: Image.Image, symbol: Symbol, chance: random.Random, *, red: bool) -> Image.Image:
    """A seal stamped over the code: an RGB sheet where it is red, a grey one where it is grey."""
    ink = _seal().rotate(chance.uniform(0, 360), Image.Resampling.BILINEAR)
    cloud = Image.frombytes("L", (24, 24), chance.randbytes(576)).resize(
        ink.size, Image.Resampling.BICUBIC
    )
    strength = cloud.point(_curve(lambda value: 165 + value * 0.4))
    ink = ImageChops.multiply(ink, strength)
    far, turn = 18 * math.sqrt(chance.random()) * PX_PER_MM, chance.uniform(0, 2 * math.pi)
    left = round(symbol.x + symbol.side / 2 + far * math.cos(turn) - ink.width / 2)
    top = round(symbol.y + symbol.side / 2 + far * math.sin(turn) - ink.height / 2)
    box = (left, top, left + ink.width, top + ink.height)
    under = paper.crop(box)
    if not red:
        grey = chance.uniform(95, 150)
        tint = ink.point(_curve(lambda value: 255 - value * (255 - grey) / 255))
        paper = paper.copy()
        paper.paste(ImageChops.multiply(under, tint), box)
        return paper
    colour = chance.uniform(190, 225), chance.uniform(30, 80), chance.uniform(40, 90)
    channels = [
        ImageChops.multiply(
            under, ink.point(_curve(lambda value, to=to: 255 - value * (255 - to) / 255))
        )
        for to in colour
    ]
    whole = Image.merge("RGB", (paper, paper, paper))
    whole.paste(Image.merge("RGB", channels), box)
    return whole
