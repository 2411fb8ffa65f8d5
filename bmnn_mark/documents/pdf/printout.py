# SPDX-License-Identifier: Apache-2.0
"""A document taken as it would be printed: what no mark may be put on, made into plain pages.

Form fields and comments hide marks, layers and signatures are more than their picture. With the
clerk's leave they become their picture; that the pages look as they are printed is shown by both
engines. Without leave such a document is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Name, ObjectStreamMode, Pdf, StreamDecodeLevel

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.flattening import flatten, show_as_printed
from bmnn_mark.documents.pdf.layers import fix_layers, layers_differ, printed_states
from bmnn_mark.documents.pdf.printed import check_as_printed
from bmnn_mark.documents.pdf.signatures import (
    is_signed,
    remove_signatures,
    told_signatures,
)
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What the clerk allows to be done to a document before it is marked.

    Attributes:
        password: opens an encrypted document; what is made of it is not encrypted.
        flatten: form fields and comments become part of the pages.
        as_printout: a signed document, a form with XFA or one with layers is taken as it is
            printed; includes ``flatten``.
        look_only: nothing is made of it, so that a password for reading will do.
    """

    password: str | None = field(default=None, repr=False)
    flatten: bool = False
    as_printout: bool = False
    look_only: bool = False


def printed_copy(
    pdf: Pdf,
    path: Path,
    original: Path,
    leave: Leave,
    limits: Limits,
    work: Path,
    on_progress: OnProgress,
) -> tuple[Path, tuple[Notice, ...]] | None:
    """A copy of a document that is nothing but what it prints; None where none is asked for.

    Args:
        pdf: the document; it is changed where a copy is made.
        path: the file that it was parsed from.
        original: the file as it came, whose bytes are signed.
        leave: what may be done to it.
        limits: bounds on rendering.
        work: private folder; holds the copy.
        on_progress: called for each page compared.

    Returns:
        The copy, and what the clerk should know about it.

    Raises:
        DocumentRefused: ``document.signed``, ``document.xfa``, ``page.layers_differ`` without
            leave; ``document.xfa_dynamic`` where the pages do not hold what is shown;
            ``page.not_flattened`` where an engine shows the copy otherwise.
    """
    signed, layered = is_signed(pdf, path), layers_differ(pdf)
    _refuse(pdf, leave, signed=signed, layered=layered)
    if not (leave.as_printout or leave.flatten):
        return None
    notices: list[Notice] = []
    if signed:
        notices += told_signatures(pdf, original)
        notices.append(Notice(code="document.printout_of_signed"))
    if _has_xfa(pdf):
        notices.append(Notice(code="document.printout_of_xfa"))
    states = printed_states(pdf)
    if layered:
        notices.append(Notice(code="page.layers_fixed", detail={"hidden": fix_layers(pdf)}))
    on_paper, made = work / "on-paper.pdf", work / "printout.pdf"
    with pikepdf.open(path, attempt_recovery=False) as shown:
        fix_layers(shown)
        show_as_printed(shown, states)
        _save(shown, on_paper)
    flattened = flatten(pdf, states)
    if signed:
        remove_signatures(pdf)
    _save(pdf, made)
    check_as_printed(path, on_paper, made, limits=limits, work=work, on_progress=on_progress)
    if flattened.drawn or flattened.dropped:
        notices.append(
            Notice(
                code="document.flattened",
                detail={"drawn": flattened.drawn, "dropped": flattened.dropped},
            )
        )
    return made, tuple(notices)


def _refuse(pdf: Pdf, leave: Leave, *, signed: bool, layered: bool) -> None:
    if _is_true(pdf.Root.get(Name.NeedsRendering)):
        raise DocumentRefused("document.xfa_dynamic")
    if leave.as_printout:
        return
    if _has_xfa(pdf):
        raise DocumentRefused("document.xfa")
    if signed:
        raise DocumentRefused("document.signed")
    if layered:
        raise DocumentRefused("page.layers_differ")


def _is_true(value: object) -> bool:
    return value is True


def _has_xfa(pdf: Pdf) -> bool:
    form = pdf.Root.get(Name.AcroForm)
    return isinstance(form, Dictionary) and form.get(Name.XFA) is not None


def _save(pdf: Pdf, target: Path) -> None:
    pdf.save(
        target,
        static_id=True,
        compress_streams=False,
        stream_decode_level=StreamDecodeLevel.none,
        object_stream_mode=ObjectStreamMode.preserve,
        preserve_pdfa=True,
        fix_metadata_version=False,
    )
