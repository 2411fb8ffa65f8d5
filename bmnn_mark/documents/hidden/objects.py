# SPDX-License-Identifier: Apache-2.0
"""A walk through every object that a PDF leads to, and what such objects are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pikepdf import Array, Dictionary, Object, Pdf, Stream

from bmnn_mark.errors import DocumentRefused

_NODES = 5_000_000
#: Kinds of action (ISO 32000-1, 12.6.4) by what they could do to who opens the file.
SCRIPTS = frozenset({"/JavaScript"})
REACHING_OUT = frozenset({
    "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition", "/Movie", "/Sound",
    "/RichMediaExecute", "/Thread",
})  # fmt: skip
LINKS = frozenset({"/URI"})
#: Where a dictionary or an array holds actions.
ACTION_KEYS = ("/A", "/AA", "/OpenAction", "/Next", "/PA")
#: Dictionaries that are no content but of the file's own making.
_FILE_KINDS = frozenset({"/XRef", "/ObjStm"})


class Walk:
    """Every dictionary and stream that can be reached, each once.

    Attributes:
        reached: numbers of the indirect objects that were met, full once the walk is over.
    """

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self.reached: set[tuple[int, int]] = set()

    def __iter__(self) -> Iterator[Object]:
        """Dictionaries and streams, in no particular order.

        Raises:
            DocumentRefused: ``document.too_deep`` where there is no end of them.
        """
        waiting: list[object] = [self._pdf.trailer]
        for _ in range(_NODES):
            if not waiting:
                return
            one = waiting.pop()
            if not isinstance(one, Object):
                continue
            if one.is_indirect:
                if one.objgen in self.reached:
                    continue
                self.reached.add(one.objgen)
            if isinstance(one, Array):
                waiting.extend(one)
            elif isinstance(one, (Dictionary, Stream)):
                yield one
                waiting.extend(value for _, value in one.items())
        raise DocumentRefused("document.too_deep")


def unreached(pdf: Pdf, reached: set[tuple[int, int]]) -> Iterator[Object]:
    """Objects that the file holds and nothing leads to, the file's own machinery left out."""
    every: Iterable[object] = pdf.objects  # numbers come as Python's own
    for one in every:
        if not isinstance(one, Object) or one.objgen in reached:
            continue
        if not (isinstance(one, Dictionary | Stream) and _is_machinery(one)):
            yield one


def _is_machinery(one: Object) -> bool:
    """Cross-reference and object streams; the parameters and hints of a linearised file."""
    kind = str(one.get("/Type"))
    hints = isinstance(one, Stream) and "/Type" not in one and isinstance(one.get("/S"), int)
    return kind in _FILE_KINDS or "/Linearized" in one or hints


def action_kind(one: Object) -> str:
    """The kind of action a dictionary is; empty for any other dictionary.

    A structure element, a border style and a transparency group have a key of the same name.
    """
    if not isinstance(one, Dictionary):
        return ""
    kind = str(one.get("/S", ""))
    return kind if kind in SCRIPTS | REACHING_OUT | LINKS else ""


def text_of(one: object) -> str:
    """A text string of an untrusted file, blanks at its ends left out; empty for anything else."""
    try:
        return str(one).strip("\x00 \t\r\n") if isinstance(one, Object | str) else ""
    except (UnicodeDecodeError, ValueError):
        return "?"
