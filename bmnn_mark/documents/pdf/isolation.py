# SPDX-License-Identifier: Apache-2.0
"""A page's own content made harmless before ours is put on top of it.

What a page leaves behind (an open ``q``, a ``Q`` too many, a flipped coordinate system, an open
optional-content section) must not reach our marks, and what we add must not reach other pages
that share its streams, its ``/Contents`` array, its resources or even its page object.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from copy import copy

import pikepdf
from pikepdf import (
    Array,
    ContentStreamInlineImage,
    ContentStreamInstruction,
    Dictionary,
    Name,
    Object,
    Pdf,
    Stream,
)
from pikepdf.exceptions import PdfParsingError

from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.errors import DocumentRefused

_WHITE = rb"\x00\t\n\x0c\r "
_DELIMITERS = rb"()<>\[\]{}/%"
# Whole operators only. The first letter stands before what looks behind it: the engine skips to it.
_NESTING = re.compile(
    rb"[qQBE](?<![^" + _WHITE + _DELIMITERS + rb"].)"
    rb"(?:(?<=[qQ])|(?<=B)(?:T|I|MC|DC)|(?<=E)(?:T|MC))"
    rb"(?![^" + _WHITE + _DELIMITERS + rb"])",
    re.DOTALL,
)
_TREE_DEPTH = 100

#: Key in the dictionary of every stream of ours; a second-class name (ISO 32000-1, annex E).
OURS = "/BMNN"
#: What stands there for content that we added, and for what paints a page's own wrapped content.
ADDED, WRAPPED = "/Content", "/Wrapped"

_OPENS = {b"q": "q", b"BT": "BT", b"BMC": "BMC", b"BDC": "BMC"}
_CLOSES = {b"Q": "q", b"ET": "BT", b"EMC": "BMC"}


class UnreadableContentError(Exception):
    """A content stream's bytes cannot be decoded or its operators not be told apart."""


def nests(operators: Iterator[bytes] | Sequence[bytes]) -> bool:
    """Whether ``q``/``Q``, ``BT``/``ET`` and marked content open and close in pairs.

    Each kind is counted by itself: overlapping pairs of different kinds leave nothing behind.

    >>> nests([b"q", b"BT", b"ET", b"Q"]), nests([b"q"]), nests([b"Q", b"q"])
    (True, False, False)
    """
    depth = {"q": 0, "BT": 0, "BMC": 0}
    for operator in operators:
        if operator in _OPENS:
            depth[_OPENS[operator]] += 1
        elif operator in _CLOSES:
            kind = _CLOSES[operator]
            depth[kind] -= 1
            if depth[kind] < 0:
                return False
    return not any(depth.values())


def is_balanced(content: bytes) -> bool:
    """Whether a page's content, its streams joined, leaves the graphics state as it found it.

    Content without literal strings, comments and inline images has its operators found by one
    regular expression; any other is read by qpdf's lexer.
    """
    found = _NESTING.findall(content)
    if b"(" not in content and b"%" not in content and b"BI" not in found:
        return nests(found)
    operators, whole = _lexed(content)
    return whole and nests(operators)


def closers(content: bytes) -> bytes:
    """The operators that close what a content leaves open, as far as it can be read.

    >>> closers(b"q q (Q) Tj BT /A BMC Q").split()
    [b'ET', b'EMC', b'Q']
    """
    depth = {"q": 0, "BT": 0, "BMC": 0}
    for operator in _lexed(content)[0]:
        if operator in _OPENS:
            depth[_OPENS[operator]] += 1
        elif operator in _CLOSES and depth[_CLOSES[operator]]:
            depth[_CLOSES[operator]] -= 1
    return b"\nET" * depth["BT"] + b"\nEMC" * depth["BMC"] + b"\nQ" * depth["q"]


def _lexed(content: bytes) -> tuple[list[bytes], bool]:
    """The operators of a content, and whether they are all of it."""
    with Pdf.new() as scratch, warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        try:
            steps = pikepdf.parse_content_stream(Stream(scratch, content))
        except (pikepdf.PdfError, PdfParsingError, TypeError, ValueError, RuntimeError):
            return [], False
        return [_operator(step) for step in steps], not complaints


def _operator(step: ContentStreamInstruction | ContentStreamInlineImage) -> bytes:
    return b"BI" if isinstance(step, ContentStreamInlineImage) else bytes(step.operator)


def own_streams(page: Dictionary | Object) -> list[Stream]:
    """The page's content streams in order; what is not a stream there is left out."""
    contents = page.get(Name.Contents)
    if isinstance(contents, Stream):
        return [contents]
    if isinstance(contents, Array):
        return [part for part in contents if isinstance(part, Stream)]
    return []


def _joined(streams: Sequence[Stream]) -> bytes:
    try:
        return b"\n".join(stream.read_bytes() for stream in streams)
    except BROKEN_STRUCTURE as error:
        raise UnreadableContentError from error


class Isolator:
    """Gives pages of one document contents and resources of their own, and ours with them."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._open = pdf.make_indirect(our_content(pdf, b"q\n"))
        self._lent: dict[tuple[object, ...], tuple[Object, tuple[str, ...]]] = {}
        self._balanced: dict[tuple[tuple[int, int], ...], bool] = {}

    def contain(self, page: Object, visible: Sequence[float]) -> None:
        """Give a page a ``/Contents`` array of its own that leaves nothing behind.

        It begins with ``q``; the matching ``Q`` is the first operator of :meth:`append`. Broken
        content is put into a form XObject first: a form cannot reach out of itself.

        Args:
            page: the page's dictionary.
            visible: the visible box, left, bottom, right, top, in user space.
        """
        page[Name.Contents] = Array([self._open, *self._settled(page, visible)])

    def settle(self, page: Object, visible: Sequence[float]) -> None:
        """Give a page content of its own that can be enclosed in ``q`` and ``Q``; see above."""
        page[Name.Contents] = Array(self._settled(page, visible))

    def lend(self, page: Object, objects: Sequence[Object]) -> tuple[str, ...]:
        """Make XObjects known to a page and to no other.

        Args:
            page: the page's dictionary.
            objects: indirect form or image XObjects.

        Returns:
            Their names in the page's resources, free ones, with the slash.
        """
        shared = inherited_resources(page)
        key: tuple[object, ...] = (shared.objgen, *(one.objgen for one in objects))
        if shared.is_indirect and key in self._lent:
            page[Name.Resources], names = self._lent[key]
            return names
        resources = copy(shared)
        known = shared.get(Name.XObject)
        xobjects = copy(known) if isinstance(known, Dictionary) else Dictionary()
        names = _free_names(xobjects, len(objects))
        for name, one in zip(names, objects, strict=True):
            xobjects[name] = one
        resources[Name.XObject] = xobjects
        page[Name.Resources] = self._pdf.make_indirect(resources)
        if shared.is_indirect:
            self._lent[key] = page[Name.Resources], names
        return names

    def append(self, page: Object, ours: Object) -> None:
        """Put our content, which begins with ``Q``, behind a contained page's own."""
        page[Name.Contents].append(ours)

    def _settled(self, page: Object, visible: Sequence[float]) -> Sequence[Stream]:
        streams = own_streams(page)
        return streams if self._leaves_nothing(streams) else [self._wrapped(page, streams, visible)]

    def _leaves_nothing(self, streams: Sequence[Stream]) -> bool:
        key = tuple(stream.objgen for stream in streams)
        if key not in self._balanced:
            try:
                self._balanced[key] = is_balanced(_joined(streams))
            except UnreadableContentError:
                self._balanced[key] = False
        return self._balanced[key]

    def _wrapped(self, page: Object, streams: Sequence[Stream], visible: Sequence[float]) -> Stream:
        """The page's content as a form, and a stream that does nothing but paint it."""
        form = self._as_form(streams)
        form[Name.Type] = Name.XObject
        form[Name.Subtype] = Name.Form
        form[Name.BBox] = Array(list(visible))
        form[Name.Resources] = inherited_resources(page)
        name = self.lend(page, [self._pdf.make_indirect(form)])[0]
        return our_content(self._pdf, name.encode("ascii") + b" Do\n", WRAPPED)

    def _as_form(self, streams: Sequence[Stream]) -> Stream:
        try:
            content = _joined(streams)
        except UnreadableContentError as error:
            if len(streams) != 1:
                raise DocumentRefused("document.damaged", reason="CONTENT") from error
            return self._same_bytes(streams[0])
        return Stream(self._pdf, content + closers(content) + b"\n")

    def _same_bytes(self, stream: Stream) -> Stream:
        """A stream of the same bytes, which cannot be decoded here."""
        form = Stream(self._pdf, stream.read_raw_bytes())
        for key in (Name.Filter, Name.DecodeParms):
            if key in stream:
                form[key] = stream[key]
        return form


def our_content(pdf: Pdf, content: bytes, role: str = ADDED) -> Stream:
    """A content stream that says in its dictionary that it is ours, and what for."""
    return Stream(pdf, content, Dictionary({OURS: Name(role)}))


def inherited_resources(page: Object) -> Dictionary:
    """The page's resources, its own or the nearest node's above it; empty if there are none."""
    node: Object | None = page
    for _ in range(_TREE_DEPTH):
        if not isinstance(node, Dictionary):
            break
        found = node.get(Name.Resources)
        if isinstance(found, Dictionary):
            return found
        node = node.get(Name.Parent)
    return Dictionary()


def _free_names(taken: Mapping[str, Object] | Dictionary, count: int) -> tuple[str, ...]:
    """``/BmnnN`` for the smallest numbers not in use."""
    names: list[str] = []
    number = 0
    while len(names) < count:
        name = f"/Bmnn{number}"
        if name not in taken:
            names.append(name)
        number += 1
    return tuple(names)
