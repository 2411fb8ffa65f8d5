# SPDX-License-Identifier: Apache-2.0
"""What goes to the printer for each copy, as the clerk wishes and the device can.

The law asks for red độ mật marks. A device without colours gets none: the mark's place is kept free
for the hand stamp, the register is told so, and any other red mark is refused before a number is
spent.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from bmnn_mark.documents.law import act_pack_of, pack_of
from bmnn_mark.documents.marks import ACT_KINDS
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.raster import RasterForm
from bmnn_mark.errors import PrinterRefused, Scalar
from bmnn_mark.printing.printer.capabilities import Capabilities, Paper, paper_for
from bmnn_mark.register.port import RegisterPort
from bmnn_mark.rules import Level
from bmnn_mark.rules.figures import Ink
from bmnn_mark.worker import OnProgress
from bmnn_mark.workflow.orders import IssueOrder
from bmnn_mark.workflow.producing import MadeCopy
from bmnn_mark.workflow.rastering import RasterPress, raster_press
from bmnn_mark.workflow.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintWish:
    """How the clerk wants the copies printed; None leaves it to the document and the device.

    Attributes:
        raster: print the verified pixels; by default those of Tuyệt mật documents.
        media: PWG name of the paper.
        sides: IPP keyword.
        tray: IPP ``media-source`` keyword.
    """

    raster: bool | None = None
    media: str | None = None
    sides: str | None = None
    tray: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The file that goes to the printer for one copy.

    Attributes:
        path: in the template's private folder; to be removed when the copy is done.
        sha256: of its bytes, hexadecimal; what a ticket binds.
        length: its bytes.
        detail: for the register's step before it is submitted.
    """

    path: Path
    sha256: str
    length: int
    detail: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Makes what goes to the printer, one copy at a time.

    Attributes:
        paper: how sheets are taken and printed.
        pixels: makes the verified pixels; None where the copies' own files go out.
        by_hand: a person stamps the độ mật mark afterwards.
    """

    paper: Paper
    pixels: RasterPress | None
    by_hand: bool

    def copy(
        self,
        register: RegisterPort,
        made: MadeCopy,
        of: int,
        on_progress: OnProgress,
        *,
        proven: bool,
    ) -> Submitted:
        """What goes out for one copy.

        Args:
            register: sealed its page codes.
            made: the copy, its file, the SHA-256 of that.
            of: number of copies, n.
            on_progress: called for each page.
            proven: prove every page of the pixels; for the first and the last of a run.

        Raises:
            DocumentRefused: ``proof.raster``, ``proof.raster_code``, ``proof.mark_not_shown``.
            UsageRefused: ``trace.engine_missing``.
        """
        copy, path, sha256 = made
        stamped: dict[str, Scalar] = {"by_hand": True} if self.by_hand else {}
        if self.pixels is None:
            return Submitted(path=path, sha256=sha256, length=path.stat().st_size, detail=stamped)
        drawn = self.pixels.copy(register, copy, of, path, on_progress, proven=proven)
        return Submitted(
            path=drawn.path,
            sha256=drawn.sha256,
            length=drawn.length,
            detail={**stamped, "copy_sha256": sha256, "raster_dpi": self.pixels.form.dpi},
        )


def suited(order: IssueOrder, capabilities: Capabilities) -> IssueOrder:
    """The order as this device can print it: without colours the độ mật mark is left to the hand.

    Whether that changed anything is seen by comparing.
    """
    if capabilities.colour or order.stamp.level_there:
        return order
    return replace(order, stamp=replace(order.stamp, frame=True))


def press_for(
    template: Template,
    capabilities: Capabilities,
    wish: PrintWish,
    on_progress: OnProgress,
) -> Press:
    """The press for a template's copies; nothing is spent yet.

    Args:
        template: proven.
        capabilities: of the enrolled queue.
        wish: what the clerk wants.
        on_progress: called for each page that is drawn.

    Raises:
        PrinterRefused: ``printer.not_red``; what :func:`paper_for` refuses.
        DocumentRefused: what :func:`raster_press` refuses.
    """
    refuse_red(template, capabilities)
    paper = paper_for(
        capabilities,
        template.report.result.page_sizes,
        media=wish.media,
        sides=wish.sides,
        tray=wish.tray,
    )
    raster = template.request.level is Level.TUYET_MAT if wish.raster is None else wish.raster
    form = RasterForm(dpi=capabilities.raster_dpi, colour=capabilities.colour)
    return Press(
        paper=paper,
        pixels=raster_press(template, form, on_progress) if raster else None,
        by_hand=template.request.frame,
    )


def refuse_red(template: Template, capabilities: Capabilities) -> None:
    """Refuse to print a red mark on a device without colours.

    Raises:
        PrinterRefused: ``printer.not_red`` with the mark's id.
    """
    if capabilities.colour:
        return
    request = template.request
    packs = {True: act_pack_of(request), False: pack_of(request)}
    for mark in template.report.result.marks:
        rule = packs[mark.kind in ACT_KINDS].stamps.get(mark.stamp)
        if mark.kind is not MarkKind.LEVEL_GUIDE and rule and rule.ink.value is Ink.RED:
            raise PrinterRefused("printer.not_red", mark=mark.stamp)
