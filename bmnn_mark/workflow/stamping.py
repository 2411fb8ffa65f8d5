# SPDX-License-Identifier: Apache-2.0
"""Mark one document: rules, marks, proof, delivery. No register, no number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bmnn_mark import files, plain
from bmnn_mark.documents import confined
from bmnn_mark.documents.model import (
    MarkKind,
    MarkRequest,
    MarkResult,
    MarkTask,
    Notice,
    UnmarkResult,
)
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind
from bmnn_mark.rules import AgencyFigure, Level, RulePack, load_pack, pack_for
from bmnn_mark.rules.overlay import changed_figures
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.acts import check_acts, check_says_something, pack_of_acts
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.orders import StampOrder
from bmnn_mark.workflow.unconfirmed import Unconfirmed, unconfirmed_figures
from bmnn_mark.workflow.unmarking import document_kind, unmark_into


@dataclass(frozen=True, slots=True, kw_only=True)
class StampReport:
    """What became of one document.

    Attributes:
        source: the file that was given.
        output: the file that was delivered; None where nothing was, or where copies were.
        level: độ mật.
        pack: id of the rule pack.
        unconfirmed: figures used that nobody confirmed.
        result: marks, places, proofs.
    """

    source: Path
    output: Path | None
    level: Level
    pack: str
    unconfirmed: tuple[Unconfirmed, ...]
    result: MarkResult


def targets_for(orders: Sequence[StampOrder], output: Path | None) -> list[Path]:
    """Where each document's result goes.

    For one document ``output`` is a file (beside the document where none is given); for several
    it is a folder, which :func:`stamp` makes when the first result is delivered.
    """
    if len(orders) == 1 and output is not None and not files.is_folder(output):
        return [output]
    return [(output or order.source.parent) / _default_name(order) for order in orders]


def _default_name(order: StampOrder) -> str:
    as_docx = order.source.suffix.lower() == ".docx" and not order.to_pdf
    return f"{order.source.stem}.marked{'.docx' if as_docx else '.pdf'}"


def stamp(
    office: Office,
    order: StampOrder,
    target: Path,
    *,
    overwrite: bool = False,
    make_folder: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> StampReport:
    """Mark ``order.source`` and deliver the proven result at ``target``.

    Args:
        office: where this is done.
        order: what is asked.
        target: where the result goes.
        overwrite: replace what is there.
        make_folder: make the target's folder if it is missing, once there is a result.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused: the document, its marks, their proof or the target; nothing was written.
        RulesRefused: no rule pack for the date, or unconfirmed figures where they are forbidden.
        UsageRefused: the order's acts do not go together.
    """
    overlay = agency_figures(office)
    pack = pack_of(order, overlay)
    kind = document_kind(office, order.source)
    files.check_target(target, overwrite=overwrite, new_folder=make_folder, source=order.source)
    as_docx = kind is FileKind.ZIP and not order.to_pdf and target.suffix.lower() != ".pdf"
    request = mark_request(office, order, pack, overlay)
    check_says_something(request)
    unconfirmed = unconfirmed_figures(office, pack, request)
    with files.work_folder() as work:
        draft = work / "marked"
        taken = files.take_in(order.source, work, office.limits)
        marking = _Marking(
            source=taken,
            kind=kind,
            target=draft,
            request=request,
            as_docx=as_docx,
            password=order.password,
        )
        result = _marked(office, marking, work, on_progress, restamp=order.restamp)
        if not result.unchanged:
            if make_folder:
                target.parent.mkdir(mode=0o700, exist_ok=True)
            files.deliver(draft, target, overwrite=overwrite)
    return StampReport(
        source=order.source,
        output=None if result.unchanged else target,
        level=order.level,
        pack=pack.id,
        unconfirmed=unconfirmed,
        result=result,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marking:
    """One marking of one file: what, of which kind, where to, by which request, as what."""

    source: Path
    kind: FileKind
    target: Path
    request: MarkRequest
    as_docx: bool
    password: str | None = field(default=None, repr=False)


def _marked(
    office: Office, marking: _Marking, work: Path, on_progress: OnProgress, *, restamp: bool
) -> MarkResult:
    """Mark, and where the document bears marks of ours by another request, first take those out."""
    try:
        return _mark_once(office, marking, work, on_progress)
    except DocumentRefused as error:
        if not restamp or error.code != "marks.already_marked":
            raise
    bare = work / "bare"
    taken = unmark_into(
        office, marking.source, marking.kind, bare, work, on_progress, password=marking.password
    )
    result = _mark_once(office, replace(marking, source=bare), work, on_progress)
    told = Notice(code="marks.replaced", detail={"marks": taken.removed})
    kept = tuple(one for one in taken.notices if one not in result.notices)
    return replace(
        result,
        notices=(told, *_not_repeated(taken, result), *kept, *result.notices),
        source_sha256=taken.source_sha256,
    )


def _not_repeated(taken: UnmarkResult, result: MarkResult) -> Iterator[Notice]:
    """Marks that the document bore and that were not asked for again; độ mật was."""
    repeated = {mark.kind for mark in result.marks} | {MarkKind.LEVEL, MarkKind.LEVEL_GUIDE}
    lost = {mark.kind: mark.stamp for mark in taken.marks if mark.kind not in repeated}
    for stamp in lost.values():
        yield Notice(code="marks.not_repeated", detail={"mark": stamp})


def _mark_once(
    office: Office, marking: _Marking, work: Path, on_progress: OnProgress
) -> MarkResult:
    task = task_for(office, marking.source, marking.target, work, marking.request, marking.password)
    if marking.as_docx:
        return confined.mark_docx(task, on_progress)
    return mark_as_pdf(task, marking.kind, on_progress)


def pack_of(order: StampOrder, overlay: tuple[AgencyFigure, ...]) -> RulePack:
    """The rule pack that the order names, else the one of the document's date.

    Raises:
        RulesRefused: ``rules.unknown_pack``, ``rules.no_pack``.
    """
    return load_pack(order.pack, overlay) if order.pack else pack_for(order.dated, overlay)


def mark_request(
    office: Office, order: StampOrder, pack: RulePack, overlay: tuple[AgencyFigure, ...]
) -> MarkRequest:
    """The order as the document room wants it, without copies.

    Raises:
        UsageRefused, RulesRefused: the order's acts do not go together
            (:func:`bmnn_mark.workflow.acts.check_acts`).
    """
    today = office.today()
    check_acts(order, pack, today)
    request = MarkRequest(
        level=order.level,
        pack=pack.id,
        urgency=order.urgency,
        copying=order.copying,
        drafter=order.drafter,
        at=order.at,
        allow_overlap=order.allow_overlap,
        require_noi_nhan=office.config.require_noi_nhan,
        ink=office.config.ink,
        act_pack=pack_of_acts(order, pack, today, overlay),
        frame=order.frame,
        level_there=order.level_there,
        term=order.term,
        extended=order.extended,
        relevelling=order.relevelling,
        declassified=order.declassified,
        recall=order.recall,
        reproduction=order.reproduction,
        flatten=order.flatten,
        as_printout=order.as_printout,
        accept_changes=order.accept_changes,
        overlay=overlay,
    )
    return with_id(request)


def with_id(request: MarkRequest) -> MarkRequest:
    """The request with an id that says which request it was, and nothing else.

    Figures that were confirmed as they ship, or are confirmed again by somebody else, do not make
    it another request.
    """
    blank = replace(request, mark_id="0", overlay=changed_figures(request.overlay))
    return replace(request, mark_id=hashlib.sha256(plain.encode(blank)).hexdigest()[:16])


def task_for(
    office: Office,
    source: Path,
    target: Path,
    work: Path,
    request: MarkRequest,
    password: str | None = None,
) -> MarkTask:
    """A task for the document room."""
    return MarkTask(
        source=str(source.absolute()),
        target=str(target),
        work=str(work),
        request=request,
        limits=office.limits,
        password=password,
    )


def mark_as_pdf(task: MarkTask, kind: FileKind, on_progress: OnProgress) -> MarkResult:
    """Mark a PDF, or a DOCX by way of a PDF in the task's folder; the result is a PDF.

    Raises:
        DocumentRefused: what either room refuses; ``noi_nhan.not_in_text`` where neither the text
            nor the page of a DOCX takes the lines.
    """
    if kind is FileKind.PDF:
        return confined.mark_pdf(task, on_progress)
    on_progress(Progress(phase="convert"))
    printed = str(Path(task.work) / "converted.pdf")
    converted = confined.docx_to_pdf(replace(task, target=printed), on_progress)
    try:
        result = confined.mark_pdf(replace(task, source=printed, password=None), on_progress)
    except DocumentRefused as error:
        if error.code == "noi_nhan.no_room":  # whose next step would be to give the DOCX
            raise DocumentRefused("noi_nhan.not_in_text") from error
        raise
    return replace(
        result,
        notices=converted.notices + result.notices,
        source_sha256=files.sha256_of(Path(task.source)),
    )
