# SPDX-License-Identifier: Apache-2.0
"""What a marked DOCX looks like on paper, against the paper of the unmarked one.

Both were converted by the same suite, which lays out the text of the marks itself: the slack is
wider than for a PDF.
"""

from __future__ import annotations

from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.model import MarkRequest, PlacedMark
from bmnn_mark.documents.pdf.text import page_text
from bmnn_mark.documents.proof import STAMPS, Pair, Sharp, prove, reads
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.worker import OnProgress

SHARP = Sharp(
    kinds=STAMPS,
    dpi=600,
    slack_mm=0.5,
    margin_mm=1.5,
)


def prove_paper(
    pair: Pair, plan: MarkPlan, on_progress: OnProgress, *, request: MarkRequest | None = None
) -> tuple[PlacedMark, ...]:
    """Show that the marked paper is the unmarked one with the plan's marks and nothing else.

    Args:
        pair: both papers.
        plan: the marks.
        on_progress: called for each page.
        request: names the rules by which stamps are certified; None certifies none.

    Raises:
        DocumentRefused: ``docx.pages_changed``; as :func:`bmnn_mark.documents.proof.prove`;
            ``proof.second_reader`` (a mark's text is not on its page as text).
    """
    pages = len(pair.sizes)
    with pdfium_pages(pair.after, pair.limits) as after:
        if len(after) != pages:
            raise DocumentRefused("docx.pages_changed", before=pages, after=len(after))
        placed = prove(pair, plan, SHARP, on_progress, request=request)
        for page in sorted({mark.page for mark in plan.marks}):
            text = page_text(after, page)
            if not all(reads(text, mark) for mark in plan.on_page(page)):
                raise DocumentRefused("proof.second_reader", page=page)
    return placed
