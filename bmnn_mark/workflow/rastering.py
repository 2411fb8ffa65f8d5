# SPDX-License-Identifier: Apache-2.0
"""The verified pixels of a document's copies, as what is submitted to the printer.

The base of the pixels is drawn and proven before a number is spent. Each copy's own marks are then
drawn, packed and read back; the first and the last copy of a run are proven as the base is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents import confined
from bmnn_mark.documents.raster import (
    RasterBaseTask,
    RasterCopy,
    RasterCopyTask,
    RasterFile,
    RasterForm,
)
from bmnn_mark.documents.raster_proving import ProveRasterTask, own_places
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.register.port import RegisterPort, ReservedCopy
from bmnn_mark.tracking.code import PREFIX, first_unsealed
from bmnn_mark.tracking.decoding import demand_engines
from bmnn_mark.worker import OnProgress
from bmnn_mark.workflow.producing import copy_values
from bmnn_mark.workflow.template import Template

#: Seconds that a page may take to be drawn or proven at most, on a slow computer.
_PAGE_SECONDS = 20.0
_BASE, _COPY = "base-raster.pdf", "copy-raster.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """A copy's verified pixels: the file that holds them, its SHA-256 and its length in bytes."""

    path: Path
    sha256: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterPress:
    """Makes the pixels of a template's copies, one copy at a time.

    Attributes:
        template: what the copies are made of.
        form: what the device takes.
        base: layout of the template's own pixels.
    """

    template: Template
    form: RasterForm
    base: RasterFile

    def copy(
        self,
        register: RegisterPort,
        copy: ReservedCopy,
        of: int,
        path: Path,
        on_progress: OnProgress,
        *,
        proven: bool,
    ) -> Pixels:
        """Make the pixels of one copy and read its page codes back from them.

        Args:
            register: sealed its codes, and opens them.
            copy: as it was reserved.
            of: number of copies, n.
            path: the copy's file, proven by its bytes.
            on_progress: called for each page.
            proven: prove every page against the source as well, as for the base.

        Raises:
            DocumentRefused: ``proof.raster``, ``proof.raster_code``, ``proof.mark_not_shown``.
            UsageRefused: ``trace.engine_missing``.
        """
        template = self.template
        target = template.work / _COPY
        target.unlink(missing_ok=True)
        made = confined.raster_copy(
            RasterCopyTask(
                source=str(path.absolute()),
                base=str(template.work / _BASE),
                target=str(target),
                work=str(template.work),
                layout=self.base,
                form=self.form,
                own=own_places(template.report.result.marks),
                limits=_limits(template),
            ),
            on_progress,
        )
        self._check_codes(register, copy, of, made)
        sha256 = files.sha256_of(target)
        if sha256 != made.file.sha256:
            raise DocumentRefused("proof.raster", page=0)
        if proven:
            self._prove(target, path, made.file, register, copy, of, on_progress)
        return Pixels(path=target, sha256=sha256, length=made.file.bytes)

    def _check_codes(
        self, register: RegisterPort, copy: ReservedCopy, of: int, made: RasterCopy
    ) -> None:
        """The codes read from the pixels are those of this copy's reservation, page by page.

        Raises:
            DocumentRefused: ``proof.raster_code``.
        """
        wanted = copy_values(self.template, register, copy, of).codes
        pages = tuple(page for page, _ in made.codes)
        if sorted(pages) != list(range(1, len(wanted) + 1)):
            raise DocumentRefused("proof.raster_code", page=0)
        read = []
        for page, untrusted_texts in made.codes:
            ours = [text for text in untrusted_texts if text.startswith(PREFIX)]
            if ours != [wanted[page - 1]]:
                raise DocumentRefused("proof.raster_code", page=page)
            read += ours
        wrong = first_unsealed(
            register.trace_key(),
            read,
            position=copy.position,
            attempt=copy.attempt,
            root=copy.root,
            pages=pages,
        )
        if wrong is not None:
            raise DocumentRefused("proof.raster_code", page=wrong)

    def _prove(
        self,
        raster: Path,
        path: Path,
        layout: RasterFile,
        register: RegisterPort,
        copy: ReservedCopy,
        of: int,
        on_progress: OnProgress,
    ) -> None:
        template = self.template
        confined.prove_raster(
            ProveRasterTask(
                source=str(template.source.absolute()),
                copy=str(path.absolute()),
                raster=str(raster),
                work=str(template.work),
                layout=layout,
                form=self.form,
                request=template.request,
                values=copy_values(template, register, copy, of),
                limits=_limits(template),
                password=template.password,
            ),
            on_progress,
        )


def raster_press(template: Template, form: RasterForm, on_progress: OnProgress) -> RasterPress:
    """Draw and prove the pixels that a template's copies share; nothing is spent yet.

    Args:
        template: proven.
        form: what the device takes.
        on_progress: called for each page.

    Raises:
        DocumentRefused: ``raster.print_differs``, ``proof.raster``, ``proof.mark_not_shown``,
            ``page.too_large``.
        UsageRefused: ``trace.engine_missing``: nobody could read the codes back.
    """
    demand_engines()
    target = template.work / _BASE
    base = confined.raster_base(
        RasterBaseTask(
            source=str(template.path.absolute()),
            target=str(target),
            work=str(template.work),
            form=form,
            limits=_limits(template),
        ),
        on_progress,
    )
    confined.prove_raster(
        ProveRasterTask(
            source=str(template.source.absolute()),
            copy=str(template.path.absolute()),
            raster=str(target),
            work=str(template.work),
            layout=base,
            form=form,
            request=template.request,
            limits=_limits(template),
            password=template.password,
        ),
        on_progress,
    )
    return RasterPress(template=template, form=form, base=base)


def _limits(template: Template) -> Limits:
    """The usual bounds, with time for every page; silence is bounded as ever."""
    seconds = _PAGE_SECONDS * template.report.result.pages
    least = DEFAULT_LIMITS.worker_total_seconds
    return replace(DEFAULT_LIMITS, worker_total_seconds=max(least, seconds))
