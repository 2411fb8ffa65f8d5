# SPDX-License-Identifier: Apache-2.0
"""Is a document in form, and what does it carry that its pages do not show? No register needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.documents import confined
from bmnn_mark.documents.checking.model import CheckResult, CheckTask
from bmnn_mark.documents.finding_words import NOT_CHECKED
from bmnn_mark.documents.findings import Certificate, Finding, Severity
from bmnn_mark.documents.hidden import confined as hidden
from bmnn_mark.documents.hidden.model import CleanResult, CleanTask, FindTask
from bmnn_mark.errors import BmnnMarkError, DocumentRefused, RegisterRefused, UsageRefused
from bmnn_mark.files import FileKind
from bmnn_mark.i18n import Lang
from bmnn_mark.rules import AgencyFigure, Level, load_pack, pack_for
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.drawing import Looked, draw_pictures
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.tracing import Trace, Traced, trace
from bmnn_mark.workflow.unmarking import document_kind

_WEIGHT = {Severity.FAULT: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Verdict(StrEnum):
    """What the findings amount to."""

    IN_ORDER = "in-order"
    """Nothing, or notes alone."""
    LOOK = "look"
    """Warnings: a person has to look."""
    FAULTY = "faulty"
    """Not in form, or something that must not leave the office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOrder:
    """Look at one document.

    Attributes:
        source: the DOCX or PDF.
        dated: its date; decides the rule pack.
        level: độ mật that it should bear; None takes the one it states.
        pack: id of a rule pack, where the date shall not decide.
        picture: PNG to draw page 1 and its findings in; other pages with findings beside it.
        clean: where a sanitised copy goes.
        password: opens an encrypted document.
    """

    source: Path
    dated: date
    level: Level | None = None
    pack: str | None = None
    picture: Path | None = None
    clean: Path | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a look at one document brought out.

    Attributes:
        source: the file that was given.
        pack: id of the rule pack it was measured by.
        pages: page count; 0 where the form could not be looked at.
        findings: the heaviest first, then by page; their numbers count from 1 in this order.
        certificates: measures of the marks.
        codes: page codes on it that were held against the register; None where none could be: there
            is no register, or its pages cannot be searched.
        pictures: annotated pages that were written.
        picture_failed: pictures were asked for, and no page could be drawn.
        cleaned: what the sanitised copy lacks and still has; None where none was asked for.
        output: where that copy lies.
        renderers: the engines that showed the pages.
        source_sha256: of its bytes.
    """

    source: Path
    pack: str
    pages: int
    findings: tuple[Finding, ...]
    certificates: tuple[Certificate, ...]
    codes: tuple[Traced, ...] | None
    pictures: tuple[Path, ...]
    picture_failed: bool
    cleaned: CleanResult | None
    output: Path | None
    renderers: tuple[str, ...]
    source_sha256: str

    @property
    def verdict(self) -> Verdict:
        """What the findings amount to."""
        weights = {one.severity for one in self.findings}
        if Severity.FAULT in weights:
            return Verdict.FAULTY
        return Verdict.LOOK if Severity.WARNING in weights else Verdict.IN_ORDER


def check(
    office: Office,
    order: CheckOrder,
    lang: Lang,
    *,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> CheckReport:
    """Look at ``order.source``; write what the order asks for and nothing else.

    A document whose form cannot be looked at (it bears macros, say) still gets its hidden matter
    reported; that the form was not checked is then a fault by itself.

    Args:
        office: where this is done.
        order: what is asked.
        lang: language of the words in pictures.
        overwrite: replace what is there.
        on_progress: called for pages; may raise to stop.

    Raises:
        DocumentRefused: the document cannot be read at all; it cannot be cleaned; a target is
            taken or cannot be written.
        RulesRefused: no rule pack; the agency's figures are not those that the register knows.
        UsageRefused: an output is the document itself, or both outputs are one.
    """
    overlay = agency_figures(office)
    pack = load_pack(order.pack, overlay) if order.pack else pack_for(order.dated, overlay)
    kind = document_kind(office, order.source)
    _check_targets(order, kind, overwrite=overwrite)
    with files.work_folder() as work:
        taken = files.take_in(order.source, work, office.limits)
        looking = _Looking(office, order, kind, work, taken, on_progress)
        found = looking.hidden()
        form, paper = looking.form(pack.id, overlay)
        findings = tuple(
            sorted(
                (*form.findings, *found),
                key=lambda one: (_WEIGHT[one.severity], one.page or 0, one.code),
            )
        )
        codes = looking.codes(paper)
        cleaned = looking.clean()
        report = CheckReport(
            source=order.source,
            pack=pack.id,
            pages=form.pages,
            findings=findings,
            certificates=form.certificates,
            codes=codes,
            pictures=(),
            picture_failed=False,
            cleaned=cleaned,
            output=order.clean,
            renderers=form.renderers,
            source_sha256=files.sha256_of(taken),
        )
        return _delivered(looking, report, paper, lang, overwrite=overwrite)


def _delivered(
    looking: _Looking, report: CheckReport, paper: Path | None, lang: Lang, *, overwrite: bool
) -> CheckReport:
    """Put the pictures and the sanitised copy in their places; the report that names them."""
    order = looking.order
    if order.picture is not None:
        drawn = looking.pictures(report, paper, lang)
        for target in drawn:
            files.check_target(target, overwrite=overwrite)
        for target, draft in drawn.items():
            files.deliver(draft, target, overwrite=overwrite)
        report = replace(report, pictures=tuple(drawn), picture_failed=not drawn)
    if order.clean is not None:
        files.deliver(looking.cleaned_draft, order.clean, overwrite=overwrite)
    return report


def _check_targets(order: CheckOrder, kind: FileKind, *, overwrite: bool) -> None:
    """Refuse early what cannot be written, and what must never be: the document itself."""
    targets = [one for one in (order.picture, order.clean) if one is not None]
    if len({one.resolve() for one in targets}) < len(targets):
        raise UsageRefused("input.same_output")
    wrong = ".docx" if kind is FileKind.PDF else ".pdf"
    if order.clean is not None and order.clean.suffix.lower() == wrong:
        raise DocumentRefused("output.other_kind")
    for one in targets:
        files.check_target(one, overwrite=overwrite, source=order.source)


@dataclass(frozen=True, slots=True)
class _Looking:
    """One look at one document, step by step."""

    office: Office
    order: CheckOrder
    kind: FileKind
    work: Path
    taken: Path
    on_progress: OnProgress

    @property
    def cleaned_draft(self) -> Path:
        """The sanitised copy, before it is delivered."""
        return self.work / "cleaned"

    def hidden(self) -> tuple[Finding, ...]:
        """What its pages do not show."""
        task = FindTask(
            source=str(self.taken),
            work=str(self.work),
            limits=self.office.limits,
            password=self.order.password,
        )
        return hidden.find_hidden(self.kind, task, self.on_progress)

    def form(
        self, pack_id: str, overlay: tuple[AgencyFigure, ...]
    ) -> tuple[CheckResult, Path | None]:
        """How its form is, and a PDF of its pages if there is one; a refusal is a finding."""
        paper = self.work / "paper.pdf"
        task = CheckTask(
            source=str(self.taken),
            work=str(self.work),
            pack=pack_id,
            level=self.order.level,
            paper=str(paper),
            password=self.order.password,
            limits=self.office.limits,
            overlay=overlay,
        )
        run = confined.check_pdf if self.kind is FileKind.PDF else confined.check_docx
        try:
            return run(task, self.on_progress), paper
        except DocumentRefused as error:
            readable = self.kind is FileKind.PDF and self.order.password is None
            return self._not_checked(error), self.taken if readable else None

    def _not_checked(self, error: BmnnMarkError) -> CheckResult:
        return CheckResult(
            pages=0,
            page_sizes=(),
            findings=(
                Finding(
                    code=NOT_CHECKED,
                    severity=Severity.FAULT,
                    detail={"reason": error.code, **error.detail},
                ),
            ),
            certificates=(),
            source_sha256=files.sha256_of(self.taken),
            renderers=(),
        )

    def codes(self, paper: Path | None) -> tuple[Traced, ...] | None:
        """The page codes on its pages, held against the register where there is one."""
        if paper is None:
            return None
        try:
            found = trace(self.office, (str(paper),), self.on_progress)
        except (RegisterRefused, UsageRefused):  # no register, or no engine that reads codes
            return None
        except DocumentRefused:  # its pages cannot be searched, as where one is beyond all bounds
            return None
        return tuple(one for one in found if one.trace is not Trace.NOT_FOUND)

    def pictures(self, report: CheckReport, paper: Path | None, lang: Lang) -> Mapping[Path, Path]:
        """Where each picture shall go and its draft; none where no page can be drawn."""
        if paper is None or self.order.picture is None:
            return {}
        looked = Looked(paper=paper, findings=report.findings, certificates=report.certificates)
        return draw_pictures(
            looked, self.work, self.order.picture, lang, self.office.limits, self.on_progress
        )

    def clean(self) -> CleanResult | None:
        """Leave a sanitised copy at :attr:`cleaned_draft`, where one was asked for."""
        if self.order.clean is None:
            return None
        task = CleanTask(
            source=str(self.taken),
            target=str(self.cleaned_draft),
            work=str(self.work),
            limits=self.office.limits,
        )
        return hidden.clean(self.kind, task, self.on_progress)
