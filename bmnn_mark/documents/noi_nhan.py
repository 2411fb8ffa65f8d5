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
from bmnn_mark.rules.model import NoiNhanRule

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


def wanted(request: MarkRequest, rule: NoiNhanRule) -> tuple[Statement, ...]:
    """The lines that the request gives values for, in their order, worded as the pack has them.

    >>> from bmnn_mark.rules import Level, load_pack
    >>> request = MarkRequest(level=Level.MAT, pack="nd63-2026", copies=5)
    >>> [one.line for one in wanted(request, load_pack(request.pack).noi_nhan)]
    ['- Số lượng bản phát hành: 05;']
    """
    lines = []
    if request.copies is not None and request.reproduction is None:
        count = f"{request.copies:0{rule.copies_digits.value}d}"
        line = rule.copies.value.replace("{copies}", count)
        lines.append(Statement(name="copies", line=line))
    if request.drafter is not None:
        line = rule.drafter.value.replace("{drafter}", request.drafter)
        lines.append(Statement(name="drafter", line=line))
    if request.copying is not None:
        forbidden = request.copying is Copying.FORBIDDEN
        wording = rule.copying_forbidden if forbidden else rule.copying_allowed
        lines.append(Statement(name="copying", line=wording.value))
    return tuple(lines)


def missing(
    request: MarkRequest, rule: NoiNhanRule, untrusted_block: Iterable[str]
) -> tuple[Statement, ...]:
    """The wanted lines that the block's own lines do not hold yet.

    Args:
        request: what shall stand there.
        rule: the pack's wording.
        untrusted_block: the block's lines.

    Raises:
        DocumentRefused: ``noi_nhan.disagrees`` where a line says something else than the request.
    """
    block = list(untrusted_block)
    literal = {_plain(line) for line in block}
    there = [said for line in block for said in _said(line)]
    absent = []
    for statement in wanted(request, rule):
        found = {value for name, value in there if name == statement.name}
        agreed = {value for name, value in _said(statement.line) if name == statement.name}
        if found - agreed:
            raise DocumentRefused("noi_nhan.disagrees", statement=statement.name)
        if not found and _plain(statement.line) not in literal:
            absent.append(statement)
    return tuple(absent)


def _plain(line: str) -> str:
    """A line without its dash and closing mark, for comparison."""
    text = " ".join(unicodedata.normalize("NFC", line).split()).casefold()
    return text.strip("-–—•*+;. ")


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


def stated(untrusted_line: str) -> tuple[str, str] | None:
    """What one entry of a block states, by name; None for one that names who gets the document.

    >>> stated("- Người soạn thảo: Lê Bình;"), stated("- Số lượng bản phát hành: 05;")
    (('drafter', 'Lê Bình'), ('copies', '5'))
    >>> stated("- UBND tỉnh;") is None
    True
    """
    drafter = _DRAFTER.match(" ".join(unicodedata.normalize("NFC", untrusted_line).split()))
    return ("drafter", drafter[1]) if drafter else next(iter(_said(untrusted_line)), None)
