# SPDX-License-Identifier: Apache-2.0
"""The stamp of a decision, on the document where it is at hand, and alone for held copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bmnn_mark import plain
from bmnn_mark.documents import confined
from bmnn_mark.documents.model import (
    MarkKind,
    MarkRequest,
    MarkResult,
    PlacedMark,
    Relevelling,
)
from bmnn_mark.documents.overprints import OverprintTask
from bmnn_mark.documents.pdf.fresh import FreshPage, write_fresh
from bmnn_mark.files import take_in
from bmnn_mark.register.life import DocumentAct
from bmnn_mark.register.store import Register
from bmnn_mark.register.views import DocumentRow
from bmnn_mark.units import Mm, Size
from bmnn_mark.worker import OnProgress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import StampOrder
from bmnn_mark.workflow.stamping import mark_request, pack_of, stamp, task_for
from bmnn_mark.workflow.unconfirmed import Unconfirmed, unconfirmed_figures

if TYPE_CHECKING:
    from bmnn_mark.workflow.deciding import DecisionOrder

A4 = Size(Mm(210), Mm(297))
#: Name of the sheet that bears the stamp alone.
SHEET = "dau.pdf"
_KINDS = {
    DocumentAct.RELEVELLED: MarkKind.RELEVELLING,
    DocumentAct.DECLASSIFIED: MarkKind.DECLASSIFICATION,
    DocumentAct.EXTENDED: MarkKind.EXTENSION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActStamp:
    """The stamp of a decision as it was drawn.

    Attributes:
        mark: the stamp alone on its sheet, in its place on the copies' page 1.
        size: of that page, mm.
        from_file: the place is that on the document itself; else the one that the rules give on
            an empty A4 page.
        renderers: the engines that showed it.
        unconfirmed: figures used that nobody confirmed.
    """

    mark: PlacedMark
    size: Size
    from_file: bool
    renderers: tuple[str, ...]
    unconfirmed: tuple[Unconfirmed, ...]


def draw_act_stamp(
    office: Office,
    register: Register,
    order: DecisionOrder,
    row: DocumentRow,
    work: Path,
    on_progress: OnProgress,
) -> tuple[ActStamp, dict[str, Path]]:
    """Draw a decision's stamp: on the document where there is a file, and alone on a sheet.

    Args:
        office: where this is done.
        register: where the document is.
        order: the decision.
        row: the document.
        work: private folder.
        on_progress: called for pages.

    Returns:
        The stamp, and by name the drafts of what was made.

    Raises:
        DocumentRefused: the file, or its marks.
        RulesRefused, UsageRefused: the rules, or days that contradict one another.
    """
    overlay = agency_figures(office)
    drafts: dict[str, Path] = {}
    if order.file is None:
        asked = _stamp_order(order, row, work / "page.pdf", _asked_then(register, row))
        request = mark_request(office, asked, pack_of(asked, overlay), overlay)
        result = _on_an_empty_page(office, request, asked.source, work, on_progress)
    else:
        asked = _stamp_order(order, row, order.file, None)
        request = mark_request(office, asked, pack_of(asked, overlay), overlay)
        suffix = ".docx" if order.file.suffix.lower() == ".docx" else ".pdf"
        name = f"{order.file.stem}.marked{suffix}"
        drafts[name] = work / f"stamped{suffix}"
        result = stamp(office, asked, drafts[name], on_progress=on_progress).result
        if result.unchanged:
            drafts[name] = take_in(order.file, work, office.limits)
    place = next(one for one in result.marks if one.kind is _KINDS[order.act])
    drafts[SHEET] = work / SHEET
    drawn = confined.make_overprint(
        OverprintTask(
            target=str(drafts[SHEET]),
            work=str(work),
            size=result.page_sizes[0],
            kind=place.kind,
            box=place.box,
            request=replace(request, rehearsal=register.rehearsal),
            limits=office.limits,
        ),
        on_progress,
    )
    unconfirmed = unconfirmed_figures(office, pack_of(asked, overlay), request)
    made = ActStamp(
        mark=drawn.mark,
        size=drawn.size,
        from_file=order.file is not None,
        renderers=drawn.renderers,
        unconfirmed=unconfirmed,
    )
    return made, drafts


def _on_an_empty_page(
    office: Office, request: MarkRequest, page: Path, work: Path, on_progress: OnProgress
) -> MarkResult:
    """Where the rules put the stamp on a page 1 that bears the document's other marks."""
    write_fresh([FreshPage(A4, ())], page)
    task = task_for(office, page, work / "placed.pdf", work, request)
    return confined.mark_pdf(task, on_progress)


def _asked_then(register: Register, row: DocumentRow) -> MarkRequest | None:
    """What was asked of the copies' marks when they were made; None where that is not known."""
    try:
        kept = plain.decode((register.marking(row.document_id) or "").encode(), dict)
        return plain.from_builtins(kept, MarkRequest)
    except ValueError:
        return None


def _stamp_order(
    order: DecisionOrder, row: DocumentRow, source: Path, asked: MarkRequest | None
) -> StampOrder:
    """The decision as an order for marks; what else stands on the copies takes its place."""
    relevelled = order.act is DocumentAct.RELEVELLED
    return StampOrder(
        source=source,
        level=order.level or row.level,
        dated=row.dated,
        urgency=asked.urgency if asked else None,
        at=asked.at if asked else None,
        term=asked.term if asked else None,
        relevelling=Relevelling(old=row.level, since=order.on) if relevelled else None,
        declassified=order.on if order.act is DocumentAct.DECLASSIFIED else None,
        extended=order.until if order.act is DocumentAct.EXTENDED else None,
        decided=order.on if order.act is DocumentAct.EXTENDED else None,
        level_there=order.level_there,
        restamp=order.restamp,
    )
