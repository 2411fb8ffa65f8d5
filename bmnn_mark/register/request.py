# SPDX-License-Identifier: Apache-2.0
"""What is asked of the register, checked and brought to one form before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bmnn_mark.errors import RegisterRefused, RulesRefused, UsageRefused
from bmnn_mark.limits import Limits
from bmnn_mark.register.life import WORDS
from bmnn_mark.register.port import DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.register.sealing import Value
from bmnn_mark.rules import Level
from bmnn_mark.text import name_key, one_line

#: The one pack whose register form has a column for the trích yếu of Tuyệt mật. The form in force
#: from 2026-03-01 has it left empty, and so has any pack that we do not know.
_TITLE_OF_TUYET_MAT = frozenset({"tt24-2020"})


def checked_identity(identity: DocumentIdentity) -> DocumentIdentity:
    """The identity with its lines checked.

    Raises:
        UsageRefused: ``input.*``.
    """
    return DocumentIdentity(
        agency=one_line("agency", identity.agency),
        number_sign=one_line("number_sign", identity.number_sign),
        dated=identity.dated,
    )


def checked_request(request: IssueRequest, limits: Limits) -> IssueRequest:
    """The request with its lines and counts checked.

    Raises:
        UsageRefused: ``input.*``.
        RulesRefused: ``register.no_title_for_tuyet_mat``.
        RegisterRefused: ``register.no_copies``, ``register.too_many_copies``,
            ``register.copies_disagree``.
    """
    total = sum(recipient.copies for recipient in request.recipients)
    if not request.recipients or any(recipient.copies < 1 for recipient in request.recipients):
        raise RegisterRefused("register.no_copies")
    if total > limits.recipients:
        raise RegisterRefused("register.too_many_copies", copies=total, limit=limits.recipients)
    if request.copies is not None and request.copies != total:
        raise RegisterRefused("register.copies_disagree", stated=request.copies, copies=total)
    if request.title is not None and not may_keep_title(request.level, request.pack):
        raise RulesRefused("register.no_title_for_tuyet_mat")
    return replace(
        request,
        identity=checked_identity(request.identity),
        recipients=tuple(checked_recipient(recipient) for recipient in request.recipients),
        pack=one_line("pack", request.pack),
        actor=one_line("actor", request.actor),
        title=_optional("title", request.title),
        drafter=_optional("drafter", request.drafter),
        ground=_optional("ground", request.ground),
        approved_by=_optional("approved_by", request.approved_by),
        signer=_optional("signer", request.signer),
        kept_by=_optional("kept_by", request.kept_by),
        overlap_reason=_optional("overlap_reason", request.overlap_reason),
    )


def may_keep_title(level: Level, pack: str) -> bool:
    """Whether the register may hold a document's trích yếu."""
    return level is not Level.TUYET_MAT or pack in _TITLE_OF_TUYET_MAT


def checked_recipient(recipient: Recipient) -> Recipient:
    """The recipient with its lines checked.

    Raises:
        UsageRefused: ``input.*``.
    """
    return Recipient(
        name=_optional("recipient", recipient.name or None) or "",
        copies=recipient.copies,
        address=_optional("address", recipient.address or None) or "",
        note=_optional("note", recipient.note or None) or "",
    )


def _optional(field: str, value: str | None) -> str | None:
    return None if value is None else one_line(field, value)


def document_fields(request: IssueRequest) -> dict[str, Value]:
    """The sealed fields of the event that enters a document."""
    fields: dict[str, Value] = {
        "actor": request.actor,
        "identity": {
            "agency": request.identity.agency,
            "number_sign": request.identity.number_sign,
        },
        "source": request.source_sha256,
    }
    given = (
        "title", "drafter", "ground", "approved_by", "overlap_reason", "marking", "signer",
        "kept_by",
    )  # fmt: skip
    for name in given:
        value: str | None = getattr(request, name)
        if value is not None:
            fields[name] = value
    return fields


def copy_fields(actor: str, recipient: Recipient) -> dict[str, Value]:
    """The sealed fields of the event that reserves a copy."""
    return {
        "actor": actor,
        "recipient": {
            "address": recipient.address,
            "name": recipient.name,
            "note": recipient.note,
        },
    }


def checked_words(
    actor: str, untrusted_words: Mapping[str, str], needed: Iterable[str]
) -> dict[str, Value]:
    """The sealed fields of an act: its actor and its words, each one line.

    Raises:
        UsageRefused: ``input.needed``, ``input.*``.
    """
    unknown = untrusted_words.keys() - WORDS
    if unknown:
        raise UsageRefused("input.unknown_word", field=min(unknown))
    for name in needed:
        if not untrusted_words.get(name, "").strip():
            raise UsageRefused("input.needed", field=name)
    fields: dict[str, Value] = {"actor": one_line("actor", actor)}
    for name, text in untrusted_words.items():
        if text.strip():
            fields[name] = one_line(name, text, limit=700)
    if "second_actor" in needed and _is_one(fields["second_actor"], fields["actor"]):
        raise UsageRefused("input.two_people")
    return fields


def _is_one(one: object, other: object) -> bool:
    return name_key(str(one)) == name_key(str(other))
