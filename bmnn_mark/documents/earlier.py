# SPDX-License-Identifier: Apache-2.0
"""Marks of ours that a document bears already, and what asking for them again comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bmnn_mark.documents.model import (
    MarkKind,
    MarkRequest,
    MarkResult,
    MarkTask,
    Notice,
    PlacedMark,
)
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.units import Size

#: Marks that only numbered copies bear.
OF_COPIES = frozenset(
    {MarkKind.COPY_NUMBER, MarkKind.PAGE_CODE, MarkKind.CAPTION, MarkKind.REHEARSAL}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMarks:
    """What we put on a document earlier.

    Attributes:
        mark_ids: ids of the requests that were carried out.
        packs: ids of the rule packs named beside the marks.
        marks: every mark whose place the file tells, not measured.
        kinds: what the marks are for, also of those whose place the file does not tell.
    """

    mark_ids: frozenset[str]
    packs: frozenset[str]
    marks: tuple[PlacedMark, ...]
    kinds: frozenset[MarkKind]

    def on_pages(self, pages: int) -> OwnMarks:
        """The same with the page that a Word file cannot tell: the last one's own mark is there."""
        last = [
            replace(one, page=pages) if one.kind is MarkKind.REPRODUCTION else one
            for one in self.marks
        ]
        return replace(self, marks=tuple(last))

    def check_asked_by(self, request: MarkRequest) -> None:
        """See that the very same request had been carried out.

        Raises:
            DocumentRefused: ``marks.already_marked``.
        """
        if self.mark_ids != {request.mark_id} or self.packs != {request.pack}:
            raise DocumentRefused("marks.already_marked", marks=len(self.marks))

    def check_not_numbered(self) -> None:
        """See that this is no copy of the register: such a one stays what it is.

        Raises:
            DocumentRefused: ``marks.is_numbered_copy``.
        """
        if self.kinds & OF_COPIES:
            raise DocumentRefused("marks.is_numbered_copy")

    def unchanged(
        self, task: MarkTask, sizes: tuple[Size, ...], notices: tuple[Notice, ...]
    ) -> MarkResult:
        """The result of a request that was carried out before; nothing is written.

        Args:
            task: the same request again.
            sizes: displayed size of each page, mm.
            notices: what the clerk should know about the file.
        """
        digest = sha256_of(Path(task.source))
        return MarkResult(
            pages=len(sizes),
            page_sizes=sizes,
            marks=self.marks,
            notices=notices,
            source_sha256=digest,
            output_sha256=digest,
            renderers=(),
            unchanged=True,
        )
