# SPDX-License-Identifier: Apache-2.0
"""Envelopes for the recipients of a document: one, or for Tuyệt mật an inner and an outer one.

What a secondary page quotes of NĐ 26/2020 Điều 4 is followed for both packs; the text of the rules
of 2026 was not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents import confined
from bmnn_mark.documents.envelopes import (
    Envelope,
    EnvelopeLayer,
    EnvelopeResult,
    EnvelopeSize,
    EnvelopeTask,
)
from bmnn_mark.documents.model import MarkRequest, Notice
from bmnn_mark.errors import DocumentRefused, RulesRefused, UsageRefused
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level, RulePack, Urgency, load_pack, pack_for
from bmnn_mark.rules.model import SYMBOLS, StampId
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.unconfirmed import Unconfirmed, figures_of

#: What goes into which: the inner envelope of each outer one.
_INNER: Mapping[EnvelopeSize, EnvelopeSize] = {
    EnvelopeSize.C5: EnvelopeSize.DL,
    EnvelopeSize.C4: EnvelopeSize.C5,
    EnvelopeSize.A4: EnvelopeSize.A4,  # sheets to be put on the wrappings of a parcel
}
_NAMES = {
    EnvelopeLayer.INNER: "bi-trong.pdf",
    EnvelopeLayer.OUTER: "bi-ngoai.pdf",
    EnvelopeLayer.SOLE: "bi.pdf",
}
DEFAULT_FOLDER = Path("phong-bi")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeOrder:
    """Envelopes for one document.

    Attributes:
        level: its độ mật.
        dated: day of sending; decides the rule pack.
        recipients: one letter for each; their ``address`` goes below the name.
        sender: agency that sends.
        sender_address: its address; empty for none.
        number_sign: số, ký hiệu of the document; empty for none. An inner envelope needs it.
        person: who alone may open the inner envelope; empty for anybody of the addressee.
        urgency: mức độ khẩn.
        size: of the outer or only envelope; None takes the smallest that will do.
        pack: id of a rule pack, where the day shall not decide.
    """

    level: Level
    dated: date
    recipients: tuple[Recipient, ...]
    sender: str
    sender_address: str = ""
    number_sign: str = ""
    person: str = ""
    urgency: Urgency | None = None
    size: EnvelopeSize | None = None
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEnvelopes:
    """The envelopes of one layer: a file with a page for each recipient."""

    output: Path
    result: EnvelopeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeReport:
    """What became of an order for envelopes.

    Attributes:
        level: độ mật of what goes in.
        pack: id of the rule pack.
        unconfirmed: figures used that nobody confirmed.
        made: the files, the inner envelopes first.
        notices: what is left to do by hand.
    """

    level: Level
    pack: str
    unconfirmed: tuple[Unconfirmed, ...]
    made: tuple[MadeEnvelopes, ...]
    notices: tuple[Notice, ...]


def make_envelopes(
    office: Office,
    order: EnvelopeOrder,
    folder: Path,
    *,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> EnvelopeReport:
    """Draw, prove and deliver the envelopes of an order into ``folder``.

    Args:
        office: where this is done.
        order: what is asked.
        folder: made if missing.
        overwrite: replace files of the same names.
        on_progress: called for pages; may raise to stop.

    Raises:
        UsageRefused: ``input.together`` (a recipient or số, ký hiệu is missing).
        RulesRefused: ``envelope.person_level``; no rule pack, or unconfirmed figures where they
            are forbidden.
        DocumentRefused: ``envelope.*``, ``output.*``, ``proof.*``. Nothing is written before all
            are proven.
    """
    _check(order)
    overlay = agency_figures(office)
    pack = load_pack(order.pack, overlay) if order.pack else pack_for(order.dated, overlay)
    unconfirmed = figures_of(office, pack, _used(order))
    request = MarkRequest(
        level=order.level,
        pack=pack.id,
        urgency=order.urgency,
        ink=office.config.ink,
        overlay=overlay,
    )
    results = _drawn(office, order, request, folder, overwrite=overwrite, on_progress=on_progress)
    return EnvelopeReport(
        level=order.level,
        pack=pack.id,
        unconfirmed=unconfirmed,
        made=tuple(MadeEnvelopes(output=folder / _NAMES[one.layer], result=one) for one in results),
        notices=tuple(_notices(order, pack)),
    )


def _drawn(
    office: Office,
    order: EnvelopeOrder,
    request: MarkRequest,
    folder: Path,
    *,
    overwrite: bool,
    on_progress: OnProgress,
) -> list[EnvelopeResult]:
    """Draw and prove every layer, then deliver them all."""
    layers = tuple(_layers(order))
    if files.is_file(folder):
        raise DocumentRefused("output.unwritable", reason="ENOTDIR")
    for layer, _ in layers:
        files.check_target(folder / _NAMES[layer], overwrite=overwrite, new_folder=True)
    with files.work_folder() as work:
        results = [
            confined.make_envelopes(
                EnvelopeTask(
                    target=str(work / _NAMES[layer]),
                    work=str(work),
                    layer=layer,
                    size=size,
                    envelopes=tuple(_envelope(order, one) for one in order.recipients),
                    request=request,
                    limits=office.limits,
                ),
                on_progress,
            )
            for layer, size in layers
        ]
        folder.mkdir(mode=0o700, exist_ok=True)
        for layer, _ in layers:
            files.deliver(work / _NAMES[layer], folder / _NAMES[layer], overwrite=overwrite)
    return results


def _check(order: EnvelopeOrder) -> None:
    """See that everything is there that the envelopes must say, and nothing that they may not."""
    if not order.sender:
        raise UsageRefused("input.together", first="envelope", second="--sender")
    if not order.recipients or not all(one.name for one in order.recipients):
        raise UsageRefused("input.together", first="envelope", second="--recipient / --to")
    if order.level is not Level.TUYET_MAT:
        if order.person:
            raise RulesRefused("envelope.person_level", level=order.level.value)
        return
    if not order.number_sign:
        raise UsageRefused("input.together", first="--level tuyet-mat", second="--number-sign")
    if order.person and len(order.recipients) > 1:
        raise UsageRefused("input.either", first="--person", second="--to")


def _layers(order: EnvelopeOrder) -> Iterator[tuple[EnvelopeLayer, EnvelopeSize]]:
    """Which envelopes there are and how large each is.

    Raises:
        DocumentRefused: ``envelope.too_small`` for an outer one that nothing goes into.
    """
    if order.level is not Level.TUYET_MAT:
        yield EnvelopeLayer.SOLE, order.size or EnvelopeSize.DL
        return
    outer = order.size or EnvelopeSize.C5
    if outer not in _INNER:
        raise DocumentRefused("envelope.too_small", size=outer.value)
    yield EnvelopeLayer.INNER, _INNER[outer]
    yield EnvelopeLayer.OUTER, outer


def _envelope(order: EnvelopeOrder, recipient: Recipient) -> Envelope:
    return Envelope(
        sender=order.sender,
        sender_address=order.sender_address,
        number_sign=order.number_sign,
        addressee=recipient.name,
        person=order.person,
        address=recipient.address,
    )


def _used(order: EnvelopeOrder) -> list[str]:
    """The figures that the stamps on the envelopes rest on."""
    used = [SYMBOLS[order.level].value, "border", "ink.red"]
    if order.level is Level.TUYET_MAT:
        used.append(order.level.value)
    if order.person:
        used.append(StampId.OPENING.value)
    if order.urgency is not None:
        used += [order.urgency.value, "slots.stack-gap"]
    return used


def _notices(order: EnvelopeOrder, pack: RulePack) -> Iterator[Notice]:
    if order.level is Level.TUYET_MAT:
        yield Notice(code="envelope.seal_inner")
    yield Notice(code="envelope.places", detail={"pack": pack.id})
