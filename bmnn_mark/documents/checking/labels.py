# SPDX-License-Identifier: Apache-2.0
"""Our own labels in a file, against what is seen: a label alone proves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bmnn_mark.documents.checking.labelled import RARER
from bmnn_mark.documents.checking.stamps import SeenStamp
from bmnn_mark.documents.earlier import OwnMarks
from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.documents.model import MarkKind, PlacedMark
from bmnn_mark.rules import RulePack
from bmnn_mark.units import Rect

_SLACK_MM = 0.6
_FOUND = frozenset({MarkKind.LEVEL, MarkKind.URGENCY})


def label_findings(own: OwnMarks, stamps: Sequence[SeenStamp], pack: RulePack) -> Iterator[Finding]:
    """Findings about the marks that a file calls ours.

    Args:
        own: what the labels say.
        stamps: the framed stamps as seen.
        pack: the rules of the check.
    """
    yield Finding(
        code="finding.label_ours",
        severity=Severity.NOTE,
        detail={"marks": len(own.marks), "pack": ", ".join(sorted(own.packs))},
    )
    if own.packs and pack.id not in own.packs:
        yield Finding(
            code="finding.label_pack",
            severity=Severity.WARNING,
            detail={"label": ", ".join(sorted(own.packs)), "pack": pack.id},
        )
    # Of a rehearsal's copy the words over all pages are read together with those of a stamp.
    shown = _FOUND if MarkKind.REHEARSAL in own.kinds else _FOUND | RARER
    for mark in own.marks:
        if mark.kind in shown and not _is_seen(mark, stamps):
            yield Finding(
                code="finding.label_disagrees",
                severity=Severity.FAULT,
                page=mark.page,
                box=mark.box,
                detail={"mark": mark.stamp},
            )


def _is_seen(mark: PlacedMark, stamps: Sequence[SeenStamp]) -> bool:
    return any(one.stamp == mark.stamp and _same(one.box, mark.box) for one in stamps)


def _same(seen: Rect, told: Rect) -> bool:
    return (
        abs(seen.x - told.x) <= _SLACK_MM
        and abs(seen.y - told.y) <= _SLACK_MM
        and abs(seen.right - told.right) <= _SLACK_MM
        and abs(seen.bottom - told.bottom) <= _SLACK_MM
    )
