# SPDX-License-Identifier: Apache-2.0
"""The rules that a request names, with the figures that an officer confirmed."""

from __future__ import annotations

from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.rules import RulePack, load_pack


def pack_of(request: MarkRequest) -> RulePack:
    """The rules of the day of the document.

    Raises:
        RulesRefused: ``rules.unknown_pack``, ``rules.overlay_wrong``.
    """
    return load_pack(request.pack, request.overlay)


def act_pack_of(request: MarkRequest) -> RulePack:
    """The rules of the day of a later act: gia hạn, điều chỉnh, giải mật, thu hồi, bản sao.

    Raises:
        RulesRefused: ``rules.unknown_pack``, ``rules.overlay_wrong``.
    """
    return load_pack(request.act_pack or request.pack, request.overlay)
