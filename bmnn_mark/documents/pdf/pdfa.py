# SPDX-License-Identifier: Apache-2.0
"""What a file says of itself as PDF/A (ISO 19005), and what our marks must be for it to stay so.

Fonts are embedded with ToUnicode and nothing is transparent in any file. Beyond that: colour that
the file's output intent does not cover goes through a profile of its own, and part 1 wants a list
of the glyphs of a subset. Identification and output intent are not touched. No validator is asked.
"""

from __future__ import annotations

import warnings

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE

_RGB_COMPONENTS = 3


def pdfa_claim(pdf: Pdf) -> str:
    """Part and conformance level that the file claims (``2B``); empty where it claims none."""
    if not isinstance(pdf.Root.get(Name.Metadata), Stream):
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # says what it could not read
            return str(pdf.open_metadata(update_docinfo=False).pdfa_status)
    except BROKEN_STRUCTURE:
        return ""


def needs_profile(pdf: Pdf) -> bool:
    """Whether red given as plain RGB would be no defined colour in the file."""
    return bool(pdfa_claim(pdf)) and not any(_is_rgb(one) for one in _intents(pdf))


def pdfa_notice(pdf: Pdf) -> Notice | None:
    """What the clerk is told of a file that claims to be PDF/A; None where it does not."""
    claim = pdfa_claim(pdf)
    if not claim:
        return None
    return Notice(code="pdf.pdfa_kept", detail={"claim": claim})


def _intents(pdf: Pdf) -> list[Object]:
    found = pdf.Root.get(Name.OutputIntents)
    every = list(found) if isinstance(found, Array) else []
    return [one for one in every if isinstance(one, Dictionary)]


def _is_rgb(intent: Object) -> bool:
    profile = intent.get(Name.DestOutputProfile)
    return isinstance(profile, Stream) and profile.get(Name.N) == _RGB_COMPONENTS
