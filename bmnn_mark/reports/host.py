# SPDX-License-Identifier: Apache-2.0
"""The list that a self-inspection asks for of one computer, with where each line comes from.

Asked for are the machine, its user and use, its system, applications and protection against
malicious software, devices that send and receive, and its printer. No official form was read.
"""

from __future__ import annotations

from dataclasses import dataclass

from bmnn_mark.i18n import Lang, words
from bmnn_mark.reports.paper import (
    Align,
    Block,
    Cell,
    Column,
    Letterhead,
    Paper,
    Signature,
    Table,
    Text,
)

#: Most rows of a table; what is left out is counted.
_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: ``what`` is a key of ``reports.host.line``; an empty value was not found or said."""

    what: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A program, device or product: its name, more about it, its state, where that was read."""

    name: str
    more: str = ""
    state: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of finding of the offline check; words in the language of the paper."""

    severity: str
    code: str
    meaning: str
    count: int
    subjects: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSheet:
    """Danh mục tự kiểm tra of one computer.

    Attributes:
        head: letterhead.
        lang: language of the paper.
        machine: machine, user, use, system.
        applications: applications.
        antimalware: products against malicious software that were found.
        network: devices that can carry a network, with their state.
        storage: removable storage that is there.
        printer: the one permitted printer.
        check: verdict, policy, time, hash of the evidence, baseline.
        findings: what the offline check found, the hardest first.
        user: who was given the machine; empty leaves room for the hand.
    """

    head: Letterhead
    lang: Lang
    machine: tuple[Line, ...]
    applications: tuple[Thing, ...]
    antimalware: tuple[Thing, ...]
    network: tuple[Thing, ...]
    storage: tuple[Thing, ...]
    printer: tuple[Line, ...]
    check: tuple[Line, ...]
    findings: tuple[Finding, ...]
    user: str = ""

    def paper(self) -> Paper:
        """The list as a paper."""
        return Paper(
            head=self.head,
            title=self._say("title"),
            subject=self._say("subject"),
            blocks=(
                Text(text=self._say("intro")),
                self._lines("machine", self.machine),
                *self._or_none("applications", self.applications),
                *self._or_none("antimalware", self.antimalware),
                *self._or_none("network", self.network),
                *self._or_none("storage", self.storage),
                self._lines("printer", self.printer),
                self._lines("check", self.check),
                self._findings(),
                Text(text=self._say("limits"), italic=True),
            ),
            signatures=(
                Signature(title=self._say("sign.user"), name=self.user),
                Signature(title=self._say("sign.maker")),
            ),
            footnote=words("reports.own_wording", self.lang),
        )

    def _lines(self, part: str, lines: tuple[Line, ...]) -> Table:
        rows: list[tuple[Cell, ...]] = [
            (self._say(f"line.{one.what}"), one.value or self._say("unknown"), one.source)
            for one in lines
        ]
        return Table(
            caption=self._say(f"part.{part}"),
            columns=(
                Column(heading=self._say("column.what"), share=3),
                Column(heading=self._say("column.value"), share=5),
                Column(heading=self._say("column.source"), share=3.2),
            ),
            rows=tuple(rows),
        )

    def _or_none(self, part: str, things: tuple[Thing, ...]) -> list[Block]:
        """The table, or a sentence that says that nothing was found; never silence."""
        if things:
            return [self._things(part, things)]
        return [
            Text(text=self._say(f"part.{part}"), bold=True, indent=False),
            Text(text=self._say(f"none.{part}")),
        ]

    def _things(self, part: str, things: tuple[Thing, ...]) -> Table:
        columns = [
            Column(heading=self._say("column.number"), share=0.8, align=Align.CENTRE),
            Column(heading=self._say(f"column.{part}"), share=3.6),
            Column(heading=self._say(f"column.{part}.more"), share=2.8),
            Column(heading=self._say("column.state"), share=2.2),
            Column(heading=self._say("column.source"), share=2.8),
        ]
        told = things[:_MOST]
        if len(things) > _MOST:
            told = (*told, Thing(name=self._say("left_out", many=len(things) - _MOST)))
        rows: list[tuple[Cell, ...]] = [
            (number, one.name, one.more, one.state, one.source)
            for number, one in enumerate(told, start=1)
        ]
        if not any(one.state for one in told):  # an application has no state
            del columns[3]
            rows = [(*row[:3], row[4]) for row in rows]
        return Table(caption=self._say(f"part.{part}"), columns=tuple(columns), rows=tuple(rows))

    def _findings(self) -> Table:
        rows: list[tuple[Cell, ...]] = [
            (one.severity, f"{one.meaning}\n{one.code}", one.count, one.subjects)
            for one in self.findings
        ]
        return Table(
            caption=self._say("part.findings"),
            columns=(
                Column(heading=self._say("column.severity"), share=2),
                Column(heading=self._say("column.finding"), share=5),
                Column(heading=self._say("column.many"), share=1.1, align=Align.CENTRE),
                Column(heading=self._say("column.subjects"), share=3.2),
            ),
            rows=tuple(rows) or (("", self._say("none.findings"), 0, ""),),
        )

    def _say(self, key: str, /, **blanks: object) -> str:
        return words(f"reports.host.{key}", self.lang, **blanks)
