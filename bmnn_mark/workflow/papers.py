# SPDX-License-Identifier: Apache-2.0
"""Slips, minutes and letters of the register's life: drafted before an act, in place after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import UsageRefused
from bmnn_mark.register.life import CopyAct
from bmnn_mark.reports.listing import ListedCopy, Person
from bmnn_mark.reports.minutes import DestructionMinutes, HandOverSlip
from bmnn_mark.reports.paper import Letterhead, Paper
from bmnn_mark.reports.writing import WrittenPaper, check_paper_target, write_paper
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow.living import ActOrder, ActReport, CopyNow, act_on_copies
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.receipts import AskPin, confirm_receipt


class Drafts:
    """Papers made beside the office's work, and delivered once what they say is entered.

    Args:
        office: whose papers they are.
        work: private folder.
        overwrite: files of the same names may be replaced.
        on_progress: called while papers are converted.
    """

    def __init__(
        self, office: Office, work: Path, *, overwrite: bool, on_progress: OnProgress
    ) -> None:
        self._office, self._work = office, work
        self._overwrite, self._on_progress = overwrite, on_progress
        self._made: list[tuple[WrittenPaper, Path]] = []

    def add(self, paper: Paper, target: Path) -> None:
        """Write a paper that shall go to ``target``.

        Raises:
            UsageRefused: ``reports.kind_unknown``.
            DocumentRefused: ``output.*``, ``conversion.*``.
        """
        draft = self._work / f"{len(self._made)}{target.suffix.lower()}"
        written = write_paper(
            paper,
            draft,
            rehearsal=self._office.open_register().rehearsal,
            limits=self._office.limits,
            on_progress=self._on_progress,
        )
        self._made.append((written, target))

    def deliver(self) -> tuple[WrittenPaper, ...]:
        """Put the papers in their places.

        Raises:
            DocumentRefused: ``output.*``.
        """
        for written, target in self._made:
            files.deliver(written.path, target, overwrite=self._overwrite)
        return tuple(replace(written, path=target) for written, target in self._made)


@contextmanager
def drafts_for(
    office: Office,
    targets: Iterable[Path],
    *,
    overwrite: bool,
    on_progress: OnProgress = ignore_progress,
) -> Iterator[Drafts]:
    """Room for papers that shall go to ``targets``, each of which could be written now.

    Raises:
        UsageRefused: ``reports.kind_unknown``.
        DocumentRefused: ``output.*``.
    """
    for target in targets:
        check_paper_target(target, overwrite=overwrite)
    with files.work_folder() as work:
        yield Drafts(office, work, overwrite=overwrite, on_progress=on_progress)


def act_with_paper(
    office: Office,
    order: ActOrder,
    target: Path | None,
    *,
    overwrite: bool = False,
    ask_pin: AskPin | None = None,
    on_progress: OnProgress = ignore_progress,
) -> tuple[ActReport, tuple[WrittenPaper, ...]]:
    """Enter an act with copies and write its paper: a slip to sign, or minutes of destruction.

    Args:
        office: where this is done.
        order: the act.
        target: where the paper goes; None for none.
        overwrite: a file of that name may be replaced.
        ask_pin: asks the receiver for the PIN that confirms the receipt; None for no PIN.
        on_progress: called for pages of scans and while the paper is converted.

    Raises:
        UsageRefused, RegisterRefused: as :func:`bmnn_mark.workflow.living.act_on_copies` and
            :func:`bmnn_mark.workflow.receipts.confirm_receipt`.
        DocumentRefused: the paper cannot be written; where that shows before, nothing is entered.
    """
    targets = [] if target is None else [target]
    if ask_pin is not None:
        order = replace(order, words={**order.words, "receipt": "PIN"})
    with drafts_for(office, targets, overwrite=overwrite, on_progress=on_progress) as drafts:

        def draft(copies: Sequence[CopyNow]) -> None:
            if target is not None:
                drafts.add(_paper_of(office, order, copies), target)
            if ask_pin is not None:
                party, register = _other(order, copies), office.open_register()
                confirm_receipt(register, party, ask_pin, actor=order.actor, on=order.on)

        report = act_on_copies(office, order, before=draft, on_progress=on_progress)
        return report, drafts.deliver()


def letterhead(office: Office, order_agency: str) -> Letterhead:
    """What stands above a paper of the office; its number and place are left for the hand."""
    return Letterhead(agency=office.config.agency or order_agency, on=office.today())


def listed(copy: CopyNow, *, agency: str) -> ListedCopy:
    """A copy as papers list it; who issued it is told where that is not ``agency``."""
    return ListedCopy(
        number_sign=copy.number_sign,
        dated=copy.dated,
        level=copy.level,
        copy=copy.copy,
        of=copy.of,
        agency="" if copy.agency == agency else copy.agency,
        pages=copy.pages,
        holder=copy.holder,
        office=copy.office,
        since=copy.since,
        due=copy.due,
    )


def _paper_of(office: Office, order: ActOrder, copies: Sequence[CopyNow]) -> Paper:
    """The paper that goes with an act, from how things stood before it."""
    agency = office.open_register().agency
    head = replace(letterhead(office, agency), on=order.on)
    words = order.words
    rows = tuple(listed(one, agency=agency) for one in copies)
    if order.act is CopyAct.DESTROYED:
        second = words.get("second_actor", "")
        return DestructionMinutes(
            head=head,
            on=order.on,
            place=words.get("place", ""),
            people=(Person(name=order.actor), Person(name=second)),
            reason=words.get("reason", ""),
            copies=rows,
            decision=words.get("decision", ""),
        ).paper()
    given = Person(name=order.actor)
    other = Person(name=_other(order, copies), office=words.get("office", ""))
    back = order.act is CopyAct.RETURNED
    return HandOverSlip(
        head=head,
        on=order.on,
        giver=other if back else given,
        receiver=given if back else other,
        copies=rows,
        purpose=words.get("purpose", ""),
    ).paper()


def _other(order: ActOrder, copies: Sequence[CopyNow]) -> str:
    """Whom the copies go to or come from; one slip is for one person.

    Raises:
        UsageRefused: ``input.one_party``.
    """
    if order.act is CopyAct.RETURNED:
        names = {one.holder for one in copies}
    else:
        names = {order.words.get("party", "").strip() or one.recipient for one in copies}
    if len(names) > 1:
        raise UsageRefused("input.one_party")
    return names.pop()
