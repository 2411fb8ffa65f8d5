# SPDX-License-Identifier: Apache-2.0
"""What the Nơi nhận block must say (NĐ 26/2020, Điều 2.1), as lines and as statements read back.

Pure text: where a block lies in a page or a Word document is for the rooms that know those.
The wording of the lines is the project's own; the decree gives only their content.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.rules import Copying

_HEAD = re.compile(r"^\s*[-–]?\s*nơi\s+nhận\s*:", re.IGNORECASE)
_BULLET = r"^[\s\-–—•*+]*"
_COPIES = re.compile(_BULLET + r"số\s+lượng\s+bản(?:\s+phát\s+hành)?\s*:\s*(\d*)", re.IGNORECASE)
_DRAFTER = re.compile(
    _BULLET + r"(?:tên\s+)?người\s+soạn\s+thảo\s*:\s*(.*?)[\s;.]*$", re.IGNORECASE
)
_ABOUT_COPYING = re.compile(r"sao\s*,?\s*chụp", re.IGNORECASE)
_COPYING = re.compile(
    _BULLET + r"(không|cấm)?\s*(?:(?:được\s+)?phép\s+|được\s+)?sao\s*,?\s*chụp[\s;.]*$",
    re.IGNORECASE,
)
_COPYING_LINES = {
    Copying.ALLOWED: "- Được phép sao, chụp.",
    Copying.FORBIDDEN: "- Không được phép sao, chụp.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One line that the block should hold.

    Attributes:
        name: ``copies``, ``drafter`` or ``copying``.
        line: the line, its dash first.
    """

    name: str
    line: str


def is_head(line: str) -> bool:
    """Whether a line opens a Nơi nhận block.

    >>> is_head("Nơi nhận:"), is_head("Nơi nhận hồ sơ là kho")
    (True, False)
    """
    return _HEAD.match(unicodedata.normalize("NFC", line)) is not None


def wanted(request: MarkRequest) -> tuple[Statement, ...]:
    """The lines that the request gives values for, in their order.

    >>> from bmnn_mark.rules import Level
    >>> [one.line for one in wanted(MarkRequest(level=Level.MAT, pack="x", copies=5))]
    ['- Số lượng bản phát hành: 05;']
    """
    lines = []
    if request.copies is not None:
        lines.append(
            Statement(name="copies", line=f"- Số lượng bản phát hành: {request.copies:02d};")
        )
    if request.drafter is not None:
        lines.append(Statement(name="drafter", line=f"- Người soạn thảo: {request.drafter};"))
    if request.copying is not None:
        lines.append(Statement(name="copying", line=_COPYING_LINES[request.copying]))
    return tuple(lines)


def missing(request: MarkRequest, untrusted_block: Iterable[str]) -> tuple[Statement, ...]:
    """The wanted lines that the block's own lines do not hold yet.

    Args:
        request: what shall stand there.
        untrusted_block: the block's lines.

    Raises:
        DocumentRefused: ``noi_nhan.disagrees`` where a line says something else than the request.
    """
    there = [said for line in untrusted_block for said in _said(line)]
    absent = []
    for statement in wanted(request):
        found = {value for name, value in there if name == statement.name}
        if not found:
            absent.append(statement)
        elif found != {_value(statement)}:
            raise DocumentRefused("noi_nhan.disagrees", statement=statement.name)
    return tuple(absent)


def _value(statement: Statement) -> str:
    return _said(statement.line)[0][1]


def _said(untrusted_line: str) -> list[tuple[str, str]]:
    """What one line states, as (name, value in a form fit for comparison)."""
    line = " ".join(unicodedata.normalize("NFC", untrusted_line).split())
    if copies := _COPIES.match(line):
        return [("copies", copies[1].lstrip("0"))]
    if drafter := _DRAFTER.match(line):
        return [("drafter", drafter[1].casefold())]
    if _ABOUT_COPYING.search(line):
        copying = _COPYING.match(line)
        if copying is None:
            return [("copying", "unclear")]
        return [("copying", "forbidden" if copying[1] else "allowed")]
    return []
