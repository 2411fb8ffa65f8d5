# SPDX-License-Identifier: Apache-2.0
"""Looking into the register: one document with all that befell it, and what is outside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bmnn_mark.register.life import WORDS, Whereabouts
from bmnn_mark.register.views import ActRow, DocumentView
from bmnn_mark.workflow.agency import agency_figures
from bmnn_mark.workflow.living import CopyNow, document_now
from bmnn_mark.workflow.naming import named_document
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.terms import TermEnd, end_of_term

_OUT = frozenset({Whereabouts.WITH_HOLDER, Whereabouts.CARRIED_OUT, Whereabouts.PROVIDED})
#: What is shown of an act: never a title, nor what only the program reads.
_SHOWN = WORDS | {"permitted_by", "unit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A document, where its copies are, and all that befell it.

    Attributes:
        view: the document and the attempts at its copies.
        end: when its protection ends.
        holdings: where its copies are.
        history: acts with it, its copies, and copies made of it; no title is among their words.
    """

    view: DocumentView
    end: TermEnd
    holdings: tuple[CopyNow, ...]
    history: tuple[ActRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutCopy:
    """A copy that is not in the office; ``overdue`` where its day to be back has passed."""

    copy: CopyNow
    overdue: bool


def look_at(office: Office, untrusted_word: str) -> Shown:
    """One document, named as :func:`bmnn_mark.workflow.naming.named_document` takes it.

    Raises:
        RegisterRefused: what the naming refuses.
    """
    register = office.open_register()
    document_id = named_document(office, register, untrusted_word)
    view = register.document(document_id)
    return Shown(
        view=view,
        end=end_of_term(view.document, agency_figures(office)),
        holdings=document_now(register, view),
        history=tuple(_without_titles(act) for act in register.history(document_id)),
    )


def copies_out(office: Office) -> tuple[OutCopy, ...]:
    """Every copy outside the office, by document; those overdue first."""
    register, today = office.open_register(), office.today()
    ids = dict.fromkeys(one.document_id for one in register.holdings() if one.whereabouts in _OUT)
    found = [
        OutCopy(copy=copy, overdue=copy.due is not None and copy.due < today)
        for document_id in ids
        for copy in document_now(register, register.document(document_id))
        if copy.whereabouts in _OUT
    ]
    return tuple(sorted(found, key=lambda one: not one.overdue))


def _without_titles(act: ActRow) -> ActRow:
    return replace(act, words={name: text for name, text in act.words.items() if name in _SHOWN})
