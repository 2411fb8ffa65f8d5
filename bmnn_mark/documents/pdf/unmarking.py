# SPDX-License-Identifier: Apache-2.0
"""Our own marks in a document, found by what was written beside them, and taken out again."""

from __future__ import annotations

import re

from pikepdf import Array, Dictionary, Name, Object, Pdf, PdfError, Stream

from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.documents.pdf.isolation import OURS, WRAPPED, inherited_resources
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.units import Rect

_MM = rb"(-?\d{1,5}\.\d{3})"
_PAINTED = re.compile(
    rb"/BMNN <</V (\d+) /Pack \(([\w.:-]+)\) /Id \(([\w.:-]+)\) /Kind /([\w-]+) /Stamp /([\w-]+)"
    rb" /Box \[" + b" ".join([_MM] * 4) + rb"\]>>"
)
_KINDS = {kind.value.encode("ascii"): kind for kind in MarkKind}


def own_marks(pdf: Pdf) -> OwnMarks | None:
    """Our marks in a document; None where there are none.

    Raises:
        DocumentRefused: ``marks.already_marked`` where another program has rewritten pages that
            bear marks of ours, so that they cannot be told apart any more.
    """
    marks: list[PlacedMark] = []
    ids: set[str] = set()
    packs: set[str] = set()
    for number, page in enumerate(pdf.pages, 1):
        found = list(_PAINTED.finditer(_own_content(page.obj)))
        if not found and _has_own_xobject(page.obj):
            raise DocumentRefused("marks.already_marked", marks=0)
        for one in found:
            packs.add(one[2].decode("ascii"))
            ids.add(one[3].decode("ascii"))
            marks.append(
                PlacedMark(
                    kind=_KINDS.get(one[4], MarkKind.LEVEL),
                    stamp=one[5].decode("ascii"),
                    page=number,
                    box=Rect.of(*(float(side) for side in one.groups()[5:])),
                )
            )
    if not marks:
        return None
    return OwnMarks(
        mark_ids=frozenset(ids),
        packs=frozenset(packs),
        marks=tuple(marks),
        kinds=frozenset(mark.kind for mark in marks),
    )


def remove_marks(pdf: Pdf) -> int:
    """Take our marks, and nothing else, out of a document.

    Content that had to be wrapped in a form stays wrapped: it is shown the same.

    Returns:
        The number of marks taken out.

    Raises:
        DocumentRefused: ``marks.already_marked`` where they cannot be told apart any more.
    """
    earlier = own_marks(pdf)
    if earlier is None:
        return 0
    for page in pdf.pages:
        parts = _parts(page.obj)
        kept = [part for part in parts if not _is_ours(part) or part[OURS] == Name(WRAPPED)]
        if len(kept) == len(parts):
            continue
        page.obj[Name.Contents] = Array(kept)
        known = inherited_resources(page.obj).get(Name.XObject)
        if isinstance(known, Dictionary):
            for name in [name for name, one in known.items() if _is_ours(one)]:
                del known[name]
    return len(earlier.marks)


def _parts(page: Object) -> list[Object]:
    contents = page.get(Name.Contents)
    return list(contents) if isinstance(contents, Array) else []


def _is_ours(part: object) -> bool:
    return isinstance(part, Stream) and OURS in part


def _own_content(page: Object) -> bytes:
    """The content streams of a page that say they are ours."""
    try:
        return b"\n".join(part.read_bytes() for part in _parts(page) if _is_ours(part))
    except PdfError as error:
        raise DocumentRefused("document.damaged", reason="CONTENT") from error


def _has_own_xobject(page: Object) -> bool:
    known = inherited_resources(page).get(Name.XObject)
    if not isinstance(known, Dictionary):
        return False
    return any(_is_ours(one) for one in known.values())
