# SPDX-License-Identifier: Apache-2.0
"""What of a scan is black ink: one grey picture, or two where there is colour on it."""

from __future__ import annotations

from PIL import Image, ImageChops

#: A pixel is coloured where its channels differ by so much, a scan where so many are (one in ...).
_COLOURED_BY = 60
_COLOURED_ONE_IN = 20_000


def grey_planes(image: Image.Image) -> tuple[Image.Image, ...]:
    """The image in grey, what is transparent in it on white; the likeliest to be read first.

    Of a coloured image the first plane is the lightest of its channels: black ink stays black, a
    red seal or a blue signature over it fades like paper. The second is plain grey, in which codes
    printed in a colour are seen.
    """
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    if image.mode.startswith("I"):  # 16 bits of grey, of which a plain conversion clips the most
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in {"1", "L"}:
        return (image.convert("L"),)
    red, green, blue = image.convert("RGB").split()
    lightest = ImageChops.lighter(red, ImageChops.lighter(green, blue))
    darkest = ImageChops.darker(red, ImageChops.darker(green, blue))
    spread = ImageChops.subtract(lightest, darkest).histogram()
    if sum(spread[_COLOURED_BY:]) * _COLOURED_ONE_IN < image.width * image.height:
        return (lightest,)
    return lightest, image.convert("L")
