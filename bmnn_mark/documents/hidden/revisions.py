# SPDX-License-Identifier: Apache-2.0
"""Earlier states of a PDF that lie in its bytes before the last, and bytes that belong to none.

A file saved incrementally keeps what it was: cut off after an earlier end mark it opens as it was
then (ISO 32000-1, 7.5.6). Such states are opened here to say which pages they show otherwise.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Array, Object, Stream

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.kinds import found
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.limits import MIB

_END = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,12})[\x00\t\n\x0c\r ]+%%EOF")
_HEAD = re.compile(rb"%PDF-\d")
_HEAD_REACH = 1024
_OPENED_BYTES = 64 * MIB
"""Files above this have their earlier states counted, not opened."""
_TRIED_ENDS = 50
"""Of more end marks only the last are tried: each is a line to write and a file to read."""
_OPENED_STATES = 5
_STRAY_BYTES = 64
"""More than this before the head or behind the last end mark is more than a line end or two."""
_WHITE = b"\x00\t\n\x0c\r "


def find_revisions(path: Path, password: str | None) -> Iterator[Finding]:
    """Earlier states, and bytes outside the document."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        ends = [one for one in _END.finditer(data) if int(one[1]) != 0]
        if not ends:
            return
        head = _HEAD.search(data, 0, _HEAD_REACH)
        before = head.start() if head else 0
        behind = len(data) - ends[-1].end()
        if behind > _STRAY_BYTES:
            behind = len(data[ends[-1].end() :].strip(_WHITE))
        stray = max(before, behind)
        if stray > _STRAY_BYTES:
            yield found("hidden.stray_bytes", count=before + behind)
        states = _states(data, [one.end() for one in ends[:-1]], password)
        if states:
            yield _told(data, states, password)


def _states(data: mmap.mmap, ends: list[int], password: str | None) -> list[int]:
    """The ends after which an earlier document lies; a linearised file has one that is none.

    What was not tried counts as one.
    """
    if len(data) > _OPENED_BYTES:
        return [end for end in ends if end > _HEAD_REACH]
    tried = ends[-_TRIED_ENDS:]
    older = ends[: len(ends) - len(tried)]
    return older + [end for end in tried if _page_prints(data[:end], password) is not None]


def _told(data: mmap.mmap, states: list[int], password: str | None) -> Finding:
    if len(data) > _OPENED_BYTES:
        return found("hidden.revisions_changed", count=len(states), pages="?")
    now = _page_prints(bytes(data), password) or []
    changed: set[int] = set()
    for end in states[-_OPENED_STATES:]:
        then = _page_prints(data[:end], password) or []
        longer = max(len(now), len(then))
        changed |= {
            page + 1
            for page in range(longer)
            if page >= len(now) or page >= len(then) or now[page] != then[page]
        }
    if not changed:
        return found("hidden.revisions", count=len(states))
    pages = ", ".join(str(page) for page in sorted(changed)[:10])
    more = ", …" if len(changed) > 10 else ""
    return found("hidden.revisions_changed", count=len(states), pages=pages + more)


def _page_prints(data: bytes, password: str | None) -> list[bytes] | None:
    """A digest of what each page shows and of its comments; None where no document is."""
    try:
        with pikepdf.open(
            io.BytesIO(data), password=password or "", attempt_recovery=False,
            suppress_warnings=True,
        ) as pdf:  # fmt: skip
            return [_page_print(page.obj) for page in pdf.pages]
    except (pikepdf.PasswordError, *BROKEN_STRUCTURE):
        return None


def _page_print(page: Object) -> bytes:
    digest = hashlib.sha256()
    contents = page.get("/Contents")
    parts = list(contents) if isinstance(contents, Array) else [contents]
    for part in parts:
        if isinstance(part, Stream):
            digest.update(part.read_raw_bytes())
    listed = page.get("/Annots")
    for one in listed if isinstance(listed, Array) else ():
        digest.update(one.unparse(resolved=True))
    return digest.digest()
