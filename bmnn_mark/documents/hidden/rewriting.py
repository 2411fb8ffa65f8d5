# SPDX-License-Identifier: Apache-2.0
"""Hidden text, and what layers that are off would show, taken out of a page's content.

Each content stream is rewritten by itself and only where something in it goes, so that streams of
ours stay what they are. That nothing else moved is not believed here: two renderers show it later.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import (
    Array,
    ContentStreamInlineImage,
    ContentStreamInstruction,
    Dictionary,
    Name,
    Object,
    Operator,
    Pdf,
    Stream,
    String,
)
from pikepdf.exceptions import PdfParsingError

from bmnn_mark.documents.hidden.page_text import HiddenStretch
from bmnn_mark.documents.hidden.show_text import (
    IDENTITY,
    Font,
    Pen,
    TextState,
    read_font,
    show,
)
from bmnn_mark.documents.pdf.frame import Matrix, compose, number_in
from bmnn_mark.documents.pdf.isolation import OURS, inherited_resources, own_streams

_NEAR_PT = 0.35
_DEPTH = 8
_PATHS = frozenset({"S", "s", "f", "F", "f*", "B", "B*", "b", "b*"})
_SHOWS = frozenset({"Tj", "TJ", "'", '"'})
_Step = ContentStreamInstruction | ContentStreamInlineImage


class Places:
    """Points of a page's user space, looked up with a little slack.

    Args:
        points: where characters start.
        wholes: where operators start of which all goes.
    """

    def __init__(
        self, points: Sequence[tuple[float, float]], wholes: Sequence[tuple[float, float]] = ()
    ) -> None:
        self._cells: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for point in points:
            self._cells.setdefault(self._cell(*point), []).append(point)
        self.wholes = Places(wholes) if wholes else None

    @staticmethod
    def _cell(x: float, y: float) -> tuple[int, int]:
        return int(x // 1), int(y // 1)

    def __contains__(self, point: object) -> bool:
        assert isinstance(point, tuple)
        x, y = point
        column, row = self._cell(x, y)
        return any(
            abs(one - x) <= _NEAR_PT and abs(other - y) <= _NEAR_PT
            for across in (-1, 0, 1)
            for up in (-1, 0, 1)
            for one, other in self._cells.get((column + across, row + up), ())
        )


@dataclass(slots=True)
class _Walkthrough:
    """The state that content streams of one page hand on to each other."""

    state: TextState = field(default_factory=TextState)
    saved: list[TextState] = field(default_factory=list)
    pen: Pen = field(default_factory=Pen)
    sections: list[bool] = field(default_factory=list)
    """For each open marked section, whether it belongs to a layer that is off."""

    @property
    def is_off(self) -> bool:
        return any(self.sections)


class PageRewriter:
    """Rewrites the pages of one document.

    Args:
        pdf: the document; it is changed.
        layers_off: numbers of the layers whose content goes; none of them where it is empty.
    """

    def __init__(self, pdf: Pdf, layers_off: frozenset[tuple[int, int]]) -> None:
        self._pdf = pdf
        self._off = layers_off
        self._fonts: dict[tuple[int, int], Font | None] = {}

    def rewrite(self, page: Object, hidden: Sequence[HiddenStretch]) -> None:
        """Take out the characters of ``hidden``, and what is in layers that are off."""
        if not hidden and not self._off:
            return
        walk = _Walkthrough()
        places = Places(
            [piece.origin for one in hidden for piece in one.pieces if not piece.whole],
            [piece.origin for one in hidden for piece in one.pieces if piece.whole],
        )
        streams: list[Object] = []
        resources = inherited_resources(page)
        changed = False
        for stream in own_streams(page):
            made = None
            if OURS not in stream:
                made = self._stream(stream, resources, walk, places, depth=0)
            if made is not None:
                resources = made[1]
                changed = True
            streams.append(stream if made is None else self._pdf.make_indirect(made[0]))
        if changed:
            page[Name.Contents] = Array(streams)
            page[Name.Resources] = resources

    def _stream(
        self,
        stream: Stream,
        resources: Dictionary,
        walk: _Walkthrough,
        places: Places,
        *,
        depth: int,
    ) -> tuple[Stream, Dictionary] | None:
        """The stream and resources without what goes; None where nothing in it does."""
        steps = _steps(stream)
        if steps is None:
            return None
        kept: list[_Step] = []
        changed = False
        for step in steps:
            operator = "BI" if isinstance(step, ContentStreamInlineImage) else str(step.operator)
            if operator == "Do":
                drawn = self._form(step, resources, walk, places, depth)
                resources = drawn[1]
                changed |= drawn[0] != [step]
                kept += drawn[0]
                continue
            new = list(self._step(step, operator, resources, walk, places))
            changed |= len(new) != 1 or new[0] is not step
            kept += new
        if not changed:
            return None
        made = Stream(self._pdf, pikepdf.unparse_content_stream(kept))
        for key, value in stream.items():
            if key not in {"/Length", "/Filter", "/DecodeParms", "/DL"}:
                made[key] = value
        return made, resources

    def _step(
        self,
        step: _Step,
        operator: str,
        resources: Dictionary,
        walk: _Walkthrough,
        places: Places,
    ) -> Iterator[_Step]:
        if operator in _SHOWS:
            yield from _shown(step, operator, walk, places)
            return
        if walk.is_off and operator in {"BI", "sh"}:
            return
        if walk.is_off and operator in _PATHS:
            yield ContentStreamInstruction([], Operator("n"))
            return
        if operator in {"BMC", "BDC"}:
            yield self._section(step, operator, resources, walk)
            return
        if operator == "EMC" and walk.sections:
            walk.sections.pop()
        elif not isinstance(step, ContentStreamInlineImage):
            self._follow(operator, list(step.operands), resources, walk)
        yield step

    def _section(
        self, step: _Step, operator: str, resources: Dictionary, walk: _Walkthrough
    ) -> _Step:
        """Begin a marked section; one around hidden text must not repeat it."""
        operands = list(step.operands)
        off = False
        if operator == "BDC" and len(operands) == 2:
            known = resources.get("/Properties")
            group = operands[1]
            if isinstance(group, Name) and isinstance(known, Dictionary):
                group = known.get(str(group), group)
            off = operands[0] == Name.OC and self.is_off(group)
            if isinstance(operands[1], Dictionary) and _repeats(operands[1]):
                plain = Dictionary(
                    {k: v for k, v in operands[1].items() if k not in {"/ActualText", "/Alt", "/E"}}
                )
                step = ContentStreamInstruction([operands[0], plain], Operator("BDC"))
        walk.sections.append(off)
        return step

    def is_off(self, group: object) -> bool:
        """Whether a layer, or every layer of a membership, is off."""
        if not isinstance(group, Dictionary):
            return False
        if group.get("/Type") == Name.OCMD:
            listed = group.get("/OCGs")
            members = list(listed) if isinstance(listed, Array) else [listed]
            policy = str(group.get("/P", "/AnyOn"))
            return (
                policy == "/AnyOn"
                and "/VE" not in group
                and bool(members)
                and all(self.is_off(one) for one in members)
            )
        return group.is_indirect and group.objgen in self._off

    def _form(
        self,
        step: _Step,
        resources: Dictionary,
        walk: _Walkthrough,
        places: Places,
        depth: int,
    ) -> tuple[list[_Step], Dictionary]:
        """An XObject painted: gone, with its own content rewritten, or as it is."""
        known = resources.get("/XObject")
        name = str(step.operands[0]) if len(step.operands) else ""
        one = known.get(name) if isinstance(known, Dictionary) and name else None
        if not isinstance(one, Stream) or not isinstance(known, Dictionary):
            return [step], resources
        if walk.is_off or self.is_off(one.get("/OC")):
            return [], resources
        if one.get("/Subtype") != Name.Form or OURS in one or depth >= _DEPTH:
            return [step], resources
        inner = _Walkthrough(state=walk.state.copy())
        inner.state.ctm = compose(_matrix(one.get("/Matrix")), walk.state.ctm)
        own = one.get("/Resources")
        made = self._stream(
            one, own if isinstance(own, Dictionary) else resources, inner, places, depth=depth + 1
        )
        if made is None:
            return [step], resources
        form, form_resources = made
        form[Name.Resources] = form_resources
        lent = Dictionary(dict(resources.items()))
        objects = Dictionary(dict(known.items()))
        fresh = next(f"/Clean{n}" for n in range(1 << 20) if f"/Clean{n}" not in objects)
        objects[fresh] = self._pdf.make_indirect(form)
        lent[Name.XObject] = objects
        return [ContentStreamInstruction([Name(fresh)], Operator("Do"))], lent

    def _follow(
        self, operator: str, operands: list[Any], resources: Dictionary, walk: _Walkthrough
    ) -> None:
        """Keep track of the state that places text."""
        numbers = [number_in(one) or 0.0 for one in operands]
        if operator == "q":
            walk.saved.append(walk.state.copy())
        elif operator == "Q" and walk.saved:
            walk.state = walk.saved.pop()
        elif operator == "cm" and len(numbers) == 6:
            walk.state.ctm = compose(_six(numbers), walk.state.ctm)
        elif operator == "Tf" and len(numbers) == 2:
            walk.state.font = self._font(resources, str(operands[0]))
            walk.state.size = numbers[1]
        else:
            _place(operator, numbers, walk.state, walk.pen)

    def _font(self, resources: Dictionary, name: str) -> Font | None:
        known = resources.get("/Font")
        font = known.get(name) if isinstance(known, Dictionary) and name.startswith("/") else None
        if font is None:
            return None
        if not font.is_indirect:
            return read_font(font)
        if font.objgen not in self._fonts:
            self._fonts[font.objgen] = read_font(font)
        return self._fonts[font.objgen]


def _place(operator: str, numbers: list[float], state: TextState, pen: Pen) -> None:
    """The operators that set spacing and move from line to line."""
    match operator, numbers:
        case "BT", _:
            pen.put(IDENTITY)
        case "Tc", [value]:
            state.between = value
        case "Tw", [value]:
            state.words = value
        case "Tz", [value]:
            state.stretch = value / 100
        case "TL", [value]:
            state.leading = value
        case "Ts", [value]:
            state.rise = value
        case (("Td" | "TD"), [x, y]):
            state.leading = -y if operator == "TD" else state.leading
            pen.move(x, y)
        case "Tm", [_, _, _, _, _, _]:
            pen.put(_six(numbers))
        case "T*", _:
            pen.move(0.0, -state.leading)
        case _:
            pass


def _six(numbers: list[float]) -> Matrix:
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f


def _shown(step: _Step, operator: str, walk: _Walkthrough, places: Places) -> Iterator[_Step]:
    """A text-showing operator without the characters that go."""
    operands = list(step.operands)
    state, pen = walk.state, walk.pen
    before: list[_Step] = []
    if operator == '"' and len(operands) == 3:
        state.words, state.between = (number_in(one) or 0.0 for one in operands[:2])
        before = [
            ContentStreamInstruction([operands[0]], Operator("Tw")),
            ContentStreamInstruction([operands[1]], Operator("Tc")),
        ]
    if operator in {"'", '"'}:
        pen.move(0.0, -state.leading)
        before.append(ContentStreamInstruction([], Operator("T*")))
    last = operands[-1] if operands else Array([])
    parts = list(last) if isinstance(last, Array) else [last]
    wholes = places.wholes
    shown = show(
        parts,
        state,
        pen,
        lambda x, y: walk.is_off or (x, y) in places,
        whole=lambda x, y: wholes is not None and (x, y) in wholes,
    )
    if not shown.dropped:
        yield step
        return
    yield from before
    yield ContentStreamInstruction([Array(shown.parts)], Operator("TJ"))


def _steps(stream: Stream) -> list[_Step] | None:
    """The operators of a stream; None where they cannot all be told apart."""
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        try:
            steps = list(pikepdf.parse_content_stream(stream))
        except (pikepdf.PdfError, PdfParsingError, TypeError, ValueError, RuntimeError):
            return None
    return None if complaints else steps


def _matrix(value: Object | None) -> Matrix:
    numbers = [number_in(one) for one in value] if isinstance(value, Array) else []
    if len(numbers) != 6 or any(one is None for one in numbers):
        return IDENTITY
    return _six([one or 0.0 for one in numbers])


def _repeats(properties: Dictionary) -> bool:
    return any(isinstance(properties.get(key), String) for key in ("/ActualText", "/Alt", "/E"))
