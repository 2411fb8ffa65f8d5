# SPDX-License-Identifier: Apache-2.0
"""A yearly self-inspection, question by question: which figure answers, which no register can.

The questions are those of section 5.2 of a department's plan for checking itself; words for them
are ``reports.plan.<key>``, and ``reports.plan.<key>.answer`` where words go beside a figure or
stand for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark.i18n import Lang, has_words, words
from bmnn_mark.reports.paper import Align, Cell, Column, Table


class Answer(StrEnum):
    """Where the answer to a question comes from."""

    FIGURES = "figures"
    """A figure of ``register stats``; ``held.`` and ``protected.`` ones are of now."""
    COMMAND = "command"
    """Another command shows it."""
    NOT_HERE = "not-from-the-register"
    """A register cannot know it; a person answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the plan.

    Attributes:
        key: its name in the words catalogue.
        answer: where the answer comes from.
        figures: keys of the figures that answer it, of this period or of now.
        command: the command that shows it; empty for figures alone.
    """

    key: str
    answer: Answer
    figures: tuple[str, ...] = ()
    command: str = ""


def _figures(key: str, *figures: str, command: str = "register stats") -> Question:
    return Question(key=key, answer=Answer.FIGURES, figures=figures, command=command)


def _shown(key: str, command: str) -> Question:
    return Question(key=key, answer=Answer.COMMAND, command=command)


def _not_here(key: str) -> Question:
    return Question(key=key, answer=Answer.NOT_HERE)


#: Section 5.2, from its first line to its last.
QUESTIONS = (
    _figures("in-out", "issued", "issued-copies", "received", "received-copies"),
    _figures("kept", "held.in-office", "held.with-holder", "held.carried-out", "held.provided"),
    _not_here("archived-by"),
    _not_here("places"),
    _shown("determined", "register export --book di --year Y"),
    _not_here("drafting"),
    _shown("entered-out", "register export --book di --year Y"),
    _figures("received", "received", "received-copies"),
    _shown("entered-in", "register export --book den --year Y"),
    _figures("lost", "lost", "incidents-loss"),
    _figures(
        "copied", "copyings", "copied", "copied-sao-y", "copied-sao-luc", "copied-trich-sao"
    ),
    _shown("copying-book", "register export --book sao-chup --year Y"),
    _not_here("transmission"),
    _figures("provided-home", "provided-home"),
    _figures("provided-abroad", "provided-abroad"),
    _shown("provided-how", "register export --book chuyen-giao --year Y"),
    _figures("carried-people", "carriers", "carriers-home", "carriers-abroad"),
    _figures("carried-copies", "carried-out", "carried-out-home", "carried-out-abroad"),
    _figures("carried-back", "carried-back", "held.overdue"),
    _figures(
        "changed", "relevelled", "relevelled-issued", "relevelled-received"
    ),
    _figures("declassified", "declassified", "declassified-issued", "declassified-received"),
    _figures("extended", "extended", "termed", "protected.documents", "protected.lapsed"),
    _figures("destroyed", "destroyed"),
    _not_here("rooms"),
    _figures("meetings", "meetings"),
    _figures("meetings-foreign", "meetings-foreign"),
    _not_here("meeting-care"),
    _not_here("inspections"),
    _figures(
        "incidents",
        "incidents", "incidents-leak", "incidents-loss", "incidents-violation", "incidents-open",
    ),
    _shown("incidents-how", "register stats --lists"),
)  # fmt: skip


def plan_table(totals: Mapping[str, int], lang: Lang) -> Table:
    """The questions with their answers.

    Args:
        totals: by key, what each figure comes to in sum.
        lang: of the words.
    """
    rows = tuple(_row(order, one, totals, lang) for order, one in enumerate(QUESTIONS, 1))
    headings = (("order", 0.6), ("question", 5.0), ("answer", 4.0), ("command", 3.4))
    return Table(
        columns=tuple(
            Column(
                heading=words(f"reports.plan.column.{name}", lang),
                share=share,
                align=Align.CENTRE if name == "order" else Align.LEFT,
            )
            for name, share in headings
        ),
        rows=rows,
        caption=words("reports.plan.caption", lang),
    )


def _row(
    order: int, one: Question, totals: Mapping[str, int], lang: Lang
) -> tuple[Cell, Cell, Cell, Cell]:
    answers = [f"{_label(key, lang)}: {totals[key]}" for key in one.figures]
    more = f"reports.plan.{one.key}.answer"
    if has_words(more):
        answers.append(words(more, lang))
    if one.answer is Answer.NOT_HERE:
        answers.append(words("reports.plan.not_here", lang))
    command = f"bmnn-mark {one.command}" if one.command else ""
    return order, words(f"reports.plan.{one.key}", lang), "\n".join(answers), command


def _label(key: str, lang: Lang) -> str:
    return words(f"reports.{key}" if "." in key else f"reports.figure.{key}", lang)
