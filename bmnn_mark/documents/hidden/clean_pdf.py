# SPDX-License-Identifier: Apache-2.0
"""The task ``clean-pdf``: a copy without hidden matter whose pages two engines show as before.

What is beside the pages always goes. What lies in their content (text that nobody sees, layers
that are off) goes where both engines then still show the same pages; else it stays and is told.
The result is written whole and looked at afresh: earlier revisions and unused objects are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, ObjectStreamMode, Pdf

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.backing_off import Hidden, still_hidden
from bmnn_mark.documents.hidden.inventory import layers_off
from bmnn_mark.documents.hidden.model import CleanResult, CleanTask
from bmnn_mark.documents.hidden.opening import loose_frame, loose_pdf
from bmnn_mark.documents.hidden.pdf import ENCRYPTED, SIGNED, find_in_pdf, hidden_text
from bmnn_mark.documents.hidden.rewriting import PageRewriter
from bmnn_mark.documents.hidden.stripping import strip
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.proof import Pair, prove_gone
from bmnn_mark.documents.rendering import engines
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.worker import OnProgress, Progress

_CHANGED = "proof.page_changed"
_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What of the pages' content is taken out: hidden text, layers that are off."""

    text: bool
    layers: bool


def clean_pdf(task: CleanTask, on_progress: OnProgress) -> CleanResult:
    """Leave a clean copy of ``task.source`` at ``task.target``.

    Raises:
        DocumentRefused: ``hidden.clean_signed``, ``hidden.clean_encrypted``,
            ``hidden.clean_changed_page``; the document cannot be read or shown.
    """
    source, work = Path(task.source), Path(task.work)
    before = find_in_pdf(source, task.limits, work, on_progress=on_progress)
    codes = {one.code for one in before}
    if SIGNED in codes:
        raise DocumentRefused("hidden.clean_signed")
    if ENCRYPTED in codes:
        raise DocumentRefused("hidden.clean_encrypted")
    with loose_pdf(source, task.limits) as pdf:
        frames = [loose_frame(page.obj, number) for number, page in enumerate(pdf.pages, 1)]
    hidden: Hidden = {}
    if any(code.startswith("hidden.text_") for code in codes):
        looked = hidden_text(source, frames, task.limits, work)
        hidden = {frame.page: stretches for frame, stretches in looked}
    refusal: DocumentRefused | None = None
    for attempt in _attempts(text=bool(hidden), layers="hidden.layers_off" in codes):
        refusal = _try(task, attempt, hidden, frames, on_progress)
        if refusal is None:
            return _result(task, before, len(frames), on_progress)
    assert refusal is not None
    raise DocumentRefused("hidden.clean_changed_page", **refusal.detail) from refusal


def _try(
    task: CleanTask,
    attempt: _Attempt,
    hidden: Hidden,
    frames: list[PageFrame],
    on_progress: OnProgress,
) -> DocumentRefused | None:
    """Write the copy and prove it; what a page shows otherwise, if nothing can be done about it.

    Characters that only one engine hides (a letter that shows by a hair beside its cover) are
    left where they are.
    """
    source, target, work = Path(task.source), Path(task.target), Path(task.work)
    refusal: DocumentRefused | None = None
    for _ in range(_ROUNDS):
        on_progress(Progress(phase="clean"))
        try:
            _write(source, target, task, attempt, hidden)
            _prove(source, target, frames, task, on_progress)
        except DocumentRefused as error:
            fewer = (
                still_hidden((source, target), hidden, work, task.limits)
                if error.code == _CHANGED and attempt.text
                else hidden
            )
            target.unlink(missing_ok=True)
            if error.code != _CHANGED:
                raise
            if fewer == hidden or not fewer:
                return error
            hidden, refusal = fewer, error
        else:
            return None
    return refusal


def _attempts(*, text: bool, layers: bool) -> Iterator[_Attempt]:
    """From taking out everything to leaving the pages' content as it is."""
    ways = [(True, True), (True, False), (False, True), (False, False)]
    for with_text, with_layers in ways:
        if (text or not with_text) and (layers or not with_layers):
            yield _Attempt(text=with_text, layers=with_layers)


def _write(source: Path, target: Path, task: CleanTask, attempt: _Attempt, hidden: Hidden) -> None:
    with loose_pdf(source, task.limits) as pdf:
        try:
            _rewrite(pdf, attempt, hidden)
            strip(pdf)
            pdf.remove_unreferenced_resources()
            pdf.save(
                target,
                deterministic_id=True,
                object_stream_mode=ObjectStreamMode.generate,
                compress_streams=True,
                preserve_pdfa=True,
                fix_metadata_version=False,
            )
        except BROKEN_STRUCTURE as error:
            raise DocumentRefused("document.damaged", reason=type(error).__name__) from error


def _rewrite(pdf: Pdf, attempt: _Attempt, hidden: Hidden) -> None:
    properties = pdf.Root.get("/OCProperties")
    off = layers_off(properties) if attempt.layers and properties is not None else []
    numbers = frozenset(one.objgen for one in off)
    rewriter = PageRewriter(pdf, numbers)
    for number, page in enumerate(pdf.pages, 1):
        rewriter.rewrite(page.obj, hidden.get(number, ()) if attempt.text else ())
        if numbers:
            _drop_annotations(page.obj, rewriter)
    if attempt.text and hidden:
        _drop_spoken_text(pdf)
    if numbers and isinstance(properties, Dictionary):
        _forget_layers(pdf, properties, numbers)


def _drop_annotations(page: pikepdf.Object, rewriter: PageRewriter) -> None:
    listed = page.get("/Annots")
    if isinstance(listed, Array):
        page["/Annots"] = Array(
            [
                one for one in listed
                if not (isinstance(one, Dictionary) and rewriter.is_off(one.get("/OC")))
            ]
        )  # fmt: skip


def _drop_spoken_text(pdf: Pdf) -> None:
    """Words that the structure repeats for who cannot see the page: they may be the hidden ones."""
    for one in pdf.objects:
        if isinstance(one, Dictionary) and "/P" in one and "/S" in one:
            for key in ("/ActualText", "/Alt", "/E", "/T"):
                if key in one:
                    del one[key]


def _forget_layers(pdf: Pdf, properties: Dictionary, numbers: frozenset[tuple[int, int]]) -> None:
    """Take layers out of every list; the whole of it where none is left."""
    _prune(properties, numbers, depth=0)
    left = properties.get("/OCGs")
    if not isinstance(left, Array) or not len(left):
        del pdf.Root["/OCProperties"]
    for one in pdf.objects:
        if isinstance(one, Dictionary) and one.is_indirect and one.objgen in numbers:
            for key in list(one.keys()):
                if key != "/Type":
                    del one[key]
            one["/Name"] = pikepdf.String("-")


def _prune(one: pikepdf.Object, numbers: frozenset[tuple[int, int]], *, depth: int) -> None:
    if depth > 20:
        return
    if isinstance(one, Array):
        for index in reversed(range(len(one))):
            inner = one[index]
            if isinstance(inner, Dictionary) and inner.is_indirect and inner.objgen in numbers:
                del one[index]
            elif isinstance(inner, Array):
                _prune(inner, numbers, depth=depth + 1)
        return
    for key, value in list(one.items()):
        below = isinstance(value, Dictionary) and (not value.is_indirect or key == "/D")
        if below or isinstance(value, Array):
            _prune(value, numbers, depth=depth + 1)


def _prove(
    source: Path, target: Path, frames: list[PageFrame], task: CleanTask, on_progress: OnProgress
) -> None:
    """Both engines show each page as before.

    Raises:
        DocumentRefused: ``proof.page_changed``; what the engines refuse.
    """
    pair = Pair(
        before=source,
        after=target,
        sizes=tuple(frame.size for frame in frames),
        work=Path(task.work),
        limits=task.limits,
    )
    prove_gone(pair, (), on_progress)


def _result(
    task: CleanTask, before: tuple[Finding, ...], pages: int, on_progress: OnProgress
) -> CleanResult:
    """Look at the copy afresh, and say what is gone."""
    target = Path(task.target)
    kept = find_in_pdf(target, task.limits, Path(task.work), on_progress=on_progress)
    left = {(one.code, one.page) for one in kept}
    return CleanResult(
        pages=pages,
        removed=tuple(one for one in before if (one.code, one.page) not in left),
        kept=kept,
        renderers=engines(),
        source_sha256=sha256_of(Path(task.source)),
        output_sha256=sha256_of(target),
    )
