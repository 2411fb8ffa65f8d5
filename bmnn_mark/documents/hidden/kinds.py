# SPDX-License-Identifier: Apache-2.0
"""Every kind of hidden matter with its weight, as a clerk of secret papers would weigh it.

A fault gives away, or lets run, what nobody meant to hand over. A warning is for a person to look
at. A note is ordinary and harmless on paper. No instrument that was read speaks of hidden matter,
so no clause is named: this is the project's own advice.
"""

from __future__ import annotations

from collections.abc import Mapping

from bmnn_mark.documents.findings import Finding, Severity
from bmnn_mark.errors import Scalar
from bmnn_mark.units import Rect

_FAULT, _WARNING, _NOTE = Severity.FAULT, Severity.WARNING, Severity.NOTE

#: Code of each kind and its weight.
WEIGHTS: Mapping[str, Severity] = {
    "hidden.text_covered": _FAULT,
    "hidden.text_invisible": _WARNING,
    "hidden.text_off_page": _WARNING,
    "hidden.text_background": _WARNING,
    "hidden.text_not_shown": _WARNING,
    "hidden.text_layer": _NOTE,
    "hidden.text_hidden": _WARNING,
    "hidden.tracked_changes": _FAULT,
    "hidden.comments": _WARNING,
    "hidden.comments_unseen": _WARNING,
    "hidden.attachments": _FAULT,
    "hidden.embedded": _WARNING,
    "hidden.scripts": _FAULT,
    "hidden.actions": _FAULT,
    "hidden.macros": _FAULT,
    "hidden.external_content": _FAULT,
    "hidden.template": _WARNING,
    "hidden.links": _NOTE,
    "hidden.revisions": _WARNING,
    "hidden.revisions_changed": _FAULT,
    "hidden.stray_bytes": _WARNING,
    "hidden.unused_objects": _NOTE,
    "hidden.unused_pages": _WARNING,
    "hidden.unused_parts": _WARNING,
    "hidden.metadata": _WARNING,
    "hidden.metadata_xmp": _WARNING,
    "hidden.people": _WARNING,
    "hidden.edit_traces": _NOTE,
    "hidden.layers_off": _WARNING,
    "hidden.thumbnails": _NOTE,
    "hidden.piece_info": _WARNING,
    "hidden.picture_metadata": _NOTE,
    "hidden.form_values": _NOTE,
    "hidden.form_values_unseen": _WARNING,
    "hidden.custom_data": _WARNING,
    "hidden.variables": _WARNING,
    "hidden.printer_settings": _NOTE,
    "hidden.mail_merge": _WARNING,
    "hidden.building_blocks": _NOTE,
    "hidden.cropped_pictures": _WARNING,
    "hidden.signature": _NOTE,
    "hidden.encrypted": _NOTE,
}


def found(
    code: str, page: int | None = None, box: Rect | None = None, /, **detail: Scalar
) -> Finding:
    """A finding of that kind; ``detail`` holds counts and fixed names, no text of the document."""
    return Finding(code=code, severity=WEIGHTS[code], page=page, box=box, detail=detail)
