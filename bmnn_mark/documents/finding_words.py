# SPDX-License-Identifier: Apache-2.0
"""A finding in a person's language."""

from __future__ import annotations

from bmnn_mark.documents.findings import Finding
from bmnn_mark.i18n import Lang, next_step, words

#: The form could not be looked at; the finding's ``reason`` is the code of the refusal.
NOT_CHECKED = "finding.form_not_checked"


def said(finding: Finding, lang: Lang) -> tuple[str, str]:
    """What a finding says, and how to mend it.

    >>> from bmnn_mark.documents.hidden.kinds import found
    >>> said(found("hidden.scripts", count=2), Lang.EN)[0]
    'The file has 2 pieces of JavaScript.'
    """
    detail = dict(finding.detail)
    if finding.code != NOT_CHECKED:
        return words(finding.code, lang, **detail), next_step(finding.code, lang, **detail)
    reason = str(detail["reason"])
    detail["why"] = words(reason, lang, **detail)
    return words(finding.code, lang, **detail), next_step(reason, lang, **detail)
