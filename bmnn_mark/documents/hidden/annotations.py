# SPDX-License-Identifier: Apache-2.0
"""Comments on pages, and what form fields hold, shown or not."""

from __future__ import annotations

from collections.abc import Iterator

from pikepdf import Array, Dictionary, Object, Pdf

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.kinds import found
from bmnn_mark.documents.hidden.objects import text_of
from bmnn_mark.documents.hidden.opening import loose_frame
from bmnn_mark.documents.pdf.frame import PageFrame, number_in
from bmnn_mark.units import Rect

#: Annotations by which people comment (ISO 32000-1, table 170 and 12.5.6).
COMMENTS = frozenset({
    "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight",
    "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/Popup", "/Sound",
    "/FileAttachment", "/Redact", "/Movie", "/Projection",
})  # fmt: skip
#: What a comment says beside what it draws.
COMMENT_TEXTS = ("/Contents", "/RC", "/T", "/Subj")
_HIDDEN, _NO_VIEW = 0x02, 0x20
_MOST = 40
_FIELDS = 20_000
_ANNOTATIONS = 50_000


def find_comments(pdf: Pdf) -> Iterator[Finding]:
    """One finding for each comment that says something, the rest of many counted together."""
    told = rest = 0
    for number, page in enumerate(pdf.pages, 1):
        frame = None
        for one in annotations_of(page.obj):
            code = _comment_code(one)
            if code is None:
                continue
            told += 1
            if told > _MOST:
                rest += 1
                continue
            frame = frame or loose_frame(page.obj, number)
            kind = str(one.get("/Subtype")).lstrip("/")
            yield found(code, number, _box(one, frame), kind=kind)
    if rest:
        yield found("hidden.comments", kind="…", count=rest)


def annotations_of(page: Object) -> Iterator[Dictionary]:
    """The annotations of a page that are such."""
    listed = page.get("/Annots")
    if isinstance(listed, Array):
        for one in list(listed)[:_ANNOTATIONS]:
            if isinstance(one, Dictionary):
                yield one


def is_unseen(one: Object) -> bool:
    """Whether a viewer is told not to show an annotation."""
    flags = number_in(one.get("/F", 0))
    return bool(int(flags or 0) & (_HIDDEN | _NO_VIEW))


def says_something(one: Object) -> bool:
    """Whether a comment has words of its own beside what it draws."""
    return any(text_of(one.get(key)) for key in COMMENT_TEXTS if key in one)


def _comment_code(one: Object) -> str | None:
    if str(one.get("/Subtype")) not in COMMENTS:
        return None
    if is_unseen(one):
        return "hidden.comments_unseen"
    return "hidden.comments" if says_something(one) else None


def _box(one: Object, frame: PageFrame) -> Rect | None:
    corners = one.get("/Rect")
    if not isinstance(corners, Array) or len(corners) != 4:
        return None
    numbers = [number_in(side) for side in corners]
    if any(side is None for side in numbers):
        return None
    x0, y0, x1, y1 = (side or 0.0 for side in numbers)
    return frame.seen_box((x0, y0, x1, y1))


def find_fields(pdf: Pdf) -> Iterator[Finding]:
    """Values of form fields, those that no page shows apart; data of XFA; signatures."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return
    if form.get("/XFA") is not None:
        yield found("hidden.custom_data", kind="XFA", count=1)
    shown = shown_widgets(pdf)
    values = unseen = signatures = 0
    for field, kind in fields(form):
        if kind == "/Sig":
            signatures += isinstance(field.get("/V"), Dictionary)
        elif text_of(field.get("/V")) not in {"", "/Off"}:
            if shown_fields(field, shown):
                values += 1
            else:
                unseen += 1
    if values:
        yield found("hidden.form_values", count=values)
    if unseen:
        yield found("hidden.form_values_unseen", count=unseen)
    if signatures:
        yield found("hidden.signature", count=signatures)


def shown_widgets(pdf: Pdf) -> set[tuple[int, int]]:
    """Numbers of the annotations that stand on pages and are not hidden there."""
    return {
        one.objgen
        for page in pdf.pages
        for one in annotations_of(page.obj)
        if one.is_indirect and not is_unseen(one)
    }


def fields(form: Object) -> Iterator[tuple[Dictionary, str]]:
    """The nodes of a form's tree that may hold a value, each with its inherited type."""
    waiting: list[tuple[Object, str]] = []
    top = form.get("/Fields")
    waiting += [(one, "") for one in top] if isinstance(top, Array) else []
    for _ in range(_FIELDS):
        if not waiting:
            return
        field, inherited = waiting.pop()
        if not isinstance(field, Dictionary):
            continue
        kind = str(field.get("/FT", inherited))
        yield field, kind
        kids = field.get("/Kids")
        waiting += [(kid, kind) for kid in kids] if isinstance(kids, Array) else []
        if len(waiting) > _FIELDS:  # a ring of wide nodes grows faster than it is walked
            return


def shown_fields(field: Object, shown: set[tuple[int, int]]) -> bool:
    """Whether a field, or a widget of it, stands on a page and is not hidden there."""
    if field.is_indirect and field.objgen in shown:
        return True
    kids = field.get("/Kids")
    return isinstance(kids, Array) and any(
        isinstance(kid, Dictionary) and kid.is_indirect and kid.objgen in shown for kid in kids
    )
