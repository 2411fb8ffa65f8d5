# SPDX-License-Identifier: Apache-2.0
"""Content that draws itself: a form or a pattern that leads back to itself.

ISO 32000-1 forbids it (8.10.1: a form may not invoke itself, directly or not). The engines here cut
such a ring somewhere, each where it likes; what another program or a printer does, nobody knows.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pikepdf import Dictionary, Name, Object, Pdf, PdfError, Stream

from bmnn_mark.errors import DocumentRefused

_Number = tuple[int, int]
_Arrows = dict[_Number, tuple[_Number, ...]]
#: Words without which a file holds nothing that can draw itself; what draws is a stream, and the
#: dictionaries of streams are never packed.
_WORDS = (b"/Form", b"/PatternType")
_HOLDERS = ("/XObject", "/Pattern")
_NAME = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]+)")


def refuse_rings(pdf: Pdf, path: Path) -> None:
    """Refuse a document that holds content which draws itself.

    Args:
        pdf: the document.
        path: the file that it was parsed from.

    Raises:
        DocumentRefused: ``document.draws_itself``.
    """
    if not _may_hold_any(path):
        return
    drawing = {one.objgen: one for one in pdf.objects if _draws(one)}
    offered = _arrows(drawing, lambda _one: None)
    # Resources are often shared by all: only what the content names is drawn.
    if _has_ring(offered) and _has_ring(_arrows(drawing, _named)):
        raise DocumentRefused("document.draws_itself")


def _may_hold_any(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(word) >= 0 for word in _WORDS)


def _draws(one: object) -> bool:
    """Whether an object draws by content of its own: a form or a tiling pattern."""
    return isinstance(one, Stream) and (
        one.get(Name.Subtype) == Name.Form or Name.PatternType in one
    )


def _arrows(
    drawing: dict[_Number, Object], named: Callable[[Object], frozenset[str] | None]
) -> _Arrows:
    """From each object to those that its resources offer it, as far as ``named`` (None: all)."""
    shared: dict[_Number, tuple[tuple[str, _Number], ...]] = {}
    arrows = {}
    for number, one in drawing.items():
        resources = one.get(Name.Resources)
        if not isinstance(resources, Dictionary):
            offered: tuple[tuple[str, _Number], ...] = ()
        elif not resources.is_indirect:
            offered = tuple(_offered(resources))
        elif (known := shared.get(resources.objgen)) is not None:
            offered = known
        else:
            offered = shared[resources.objgen] = tuple(_offered(resources))
        names = named(one)
        arrows[number] = tuple(
            step for name, step in offered if step in drawing and (names is None or name in names)
        )
    return arrows


def _offered(resources: Dictionary) -> Iterator[tuple[str, _Number]]:
    for holder in _HOLDERS:
        known = resources.get(holder)
        if isinstance(known, Dictionary):
            yield from (
                (name, each.objgen) for name, each in known.items() if isinstance(each, Stream)
            )


def _named(one: Object) -> frozenset[str] | None:
    """The names in an object's content; None where it cannot be read, which may be any."""
    try:
        words = _NAME.findall(one.read_bytes())
    except PdfError:
        return None
    return frozenset("/" + word.decode("latin-1") for word in words)


def _has_ring(arrows: _Arrows) -> bool:
    """Whether a walk along the arrows comes back to where it is still on its way from."""
    done: set[_Number] = set()
    for start, first in arrows.items():
        under_way = {start: iter(first)} if start not in done else {}
        while under_way:
            here, ahead = next(reversed(under_way.items()))
            step = next(ahead, None)
            if step is None:
                done.add(here)
                del under_way[here]
            elif step in under_way:
                return True
            elif step not in done:
                under_way[step] = iter(arrows[step])
    return False
