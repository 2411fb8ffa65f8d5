# SPDX-License-Identifier: Apache-2.0
"""The proof of a marked PDF: a third reader finds our text, two engines show it in its place."""

from __future__ import annotations

from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.model import MarkRequest, PlacedMark
from bmnn_mark.documents.pdf.second_reader import read_back
from bmnn_mark.documents.proof import STAMPS, Pair, Sharp, prove
from bmnn_mark.worker import OnProgress, ignore_progress

#: We draw the stamps ourselves, so they must be seen where they were drawn.
SHARP = Sharp(kinds=STAMPS, dpi=600, slack_mm=0.1, margin_mm=2.0)


def prove_pdf(
    pair: Pair,
    plan: MarkPlan,
    on_progress: OnProgress = ignore_progress,
    *,
    request: MarkRequest | None = None,
) -> tuple[PlacedMark, ...]:
    """Show that ``pair.after`` is ``pair.before`` with the plan's marks and nothing else.

    Args:
        pair: before and after.
        plan: the marks.
        on_progress: called for each page.
        request: names the rules by which stamps are certified; None certifies none.

    Returns:
        Every mark of the plan, in its order, with the box that was measured.

    Raises:
        DocumentRefused: ``proof.second_reader`` (page count, or a mark's text is not on its page);
            as :func:`bmnn_mark.documents.proof.prove`.
    """
    read_back(pair.after, len(pair.sizes), plan)
    return prove(pair, plan, SHARP, on_progress, request=request)
