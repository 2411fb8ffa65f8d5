# SPDX-License-Identifier: Apache-2.0
"""The task ``clean-docx``: a copy without hidden matter that prints the same pages.

Both papers, of the document and of the copy, are made by LibreOffice and shown alike by two
engines. Where a step changes a page it is left out and what it would have removed is told. What a
person has to decide (tracked changes, content from outside) stays.
"""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.documents.conversion import convert
from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.docx import find_in_docx
from bmnn_mark.documents.hidden.model import CleanResult, CleanTask
from bmnn_mark.documents.hidden.opening import loose_frame, loose_package, loose_pdf
from bmnn_mark.documents.hidden.pruning import RISKY_STEPS, prune
from bmnn_mark.documents.proof import Pair, prove_gone
from bmnn_mark.documents.rendering import engines
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import sha256_of
from bmnn_mark.units import Size
from bmnn_mark.worker import OnProgress, Progress

_SIGNED = "hidden.signature"
#: What says that a page is not as it was.
_CHANGED = frozenset({"proof.page_changed", "docx.pages_changed"})


def clean_docx(task: CleanTask, on_progress: OnProgress) -> CleanResult:
    """Leave a clean copy of ``task.source`` at ``task.target``.

    Raises:
        DocumentRefused: ``hidden.clean_signed``, ``hidden.clean_changed_page``; the document
            cannot be read or printed.
    """
    source, target = Path(task.source), Path(task.target)
    before = find_in_docx(source, task.limits, on_progress=on_progress)
    if any(one.code == _SIGNED for one in before):
        raise DocumentRefused("hidden.clean_signed")
    papers = _Papers(task, on_progress)
    plain = papers.print(source, "before.pdf")
    best: frozenset[str] = frozenset()
    count, refusal = papers.try_steps(plain, frozenset(RISKY_STEPS))
    if refusal is not None:
        for step in RISKY_STEPS:
            if papers.try_steps(plain, best | {step})[1] is None:
                best |= {step}
        count, refusal = papers.try_steps(plain, best)
    if refusal is not None:
        target.unlink(missing_ok=True)
        detail = {"page": 1, "engine": "LibreOffice", **refusal.detail}
        raise DocumentRefused("hidden.clean_changed_page", **detail) from refusal
    return _result(task, before, count, on_progress)


class _Papers:
    """The paper before and after."""

    def __init__(self, task: CleanTask, on_progress: OnProgress) -> None:
        self._task = task
        self._on_progress = on_progress
        self._work = Path(task.work)

    def try_steps(self, plain: Path, steps: frozenset[str]) -> tuple[int, DocumentRefused | None]:
        """Write the copy with these steps; its page count, and what a page shows otherwise."""
        self._on_progress(Progress(phase="clean"))
        target = Path(self._task.target)
        package, main = loose_package(Path(self._task.source), self._task.limits)
        package = prune(package, main, steps, self._task.limits)
        target.write_bytes(write_package(package.members.values()))
        try:
            return self.same(plain, target), None
        except DocumentRefused as error:
            if error.code not in _CHANGED:
                target.unlink(missing_ok=True)
                raise
            return 0, error

    def same(self, plain: Path, copy: Path) -> int:
        """Show that a copy prints the same pages; their number.

        Raises:
            DocumentRefused: ``docx.pages_changed``, ``proof.page_changed``; what the strict opener
                or the suite refuses.
        """
        after = self.print(copy, "after.pdf")
        sizes, others = self._sizes(plain), self._sizes(after)
        if len(sizes) != len(others):
            raise DocumentRefused("docx.pages_changed", before=len(sizes), after=len(others))
        pair = Pair(
            before=plain, after=after, sizes=sizes, work=self._work, limits=self._task.limits
        )
        prove_gone(pair, (), self._on_progress)
        return len(sizes)

    def print(self, source: Path, name: str) -> Path:
        """The paper of a document, macros and links set aside as for any printout.

        Raises:
            DocumentRefused: it cannot be opened or printed, with tracked changes for one.
        """
        opened = open_docx(source, self._task.limits, as_printout=True)
        draft, paper = self._work / "draft.docx", self._work / name
        draft.write_bytes(write_package(opened.package.members.values()))
        convert(
            draft,
            paper,
            work=self._work,
            limits=self._task.limits,
            on_progress=self._on_progress,
        )
        return paper

    def _sizes(self, paper: Path) -> tuple[Size, ...]:
        with loose_pdf(paper, self._task.limits) as pdf:
            return tuple(
                loose_frame(page.obj, number).size for number, page in enumerate(pdf.pages, 1)
            )


def _result(
    task: CleanTask, before: tuple[Finding, ...], pages: int, on_progress: OnProgress
) -> CleanResult:
    """Look at the copy afresh, and say what is gone."""
    target = Path(task.target)
    kept = find_in_docx(target, task.limits, on_progress=on_progress)
    left = {one.code for one in kept}
    return CleanResult(
        pages=pages,
        removed=tuple(one for one in before if one.code not in left),
        kept=kept,
        renderers=engines(),
        source_sha256=sha256_of(Path(task.source)),
        output_sha256=sha256_of(target),
    )
