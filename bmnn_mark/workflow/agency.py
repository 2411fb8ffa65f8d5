# SPDX-License-Identifier: Apache-2.0
"""The agency's confirmed figures, used only where the register vouches for their file."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark.errors import RegisterRefused, RulesRefused
from bmnn_mark.rules import AgencyFigure
from bmnn_mark.rules.overlay import Overlay, read_overlay
from bmnn_mark.workflow.office import Office


def overlay_path(office: Office) -> Path:
    """Where the agency's overlay file lies."""
    return Path(office.config.rules_overlay or office.data_folder / "rules-overlay.json")


def agency_figures(office: Office) -> tuple[AgencyFigure, ...]:
    """The figures that the agency confirmed.

    Raises:
        RulesRefused: as :func:`agency_overlay`.
        RegisterRefused: there is a file, and the register cannot be asked about it.
    """
    return agency_overlay(office).figures


def agency_overlay(office: Office) -> Overlay:
    """The agency's overlay, once the register was asked whether it is the file it knows.

    Raises:
        RulesRefused: ``rules.overlay_changed`` (another file than the register's),
            ``rules.overlay_missing``, ``rules.overlay_unregistered``, or the file is wrong.
        RegisterRefused: there is a file, and the register cannot be asked about it.
    """
    overlay = read_overlay(overlay_path(office))
    if overlay.sha256 is None:
        if _known_though_missing(office):
            raise RulesRefused("rules.overlay_missing")
        return overlay
    try:
        known = office.open_register().rules_overlay()
    except RegisterRefused as error:
        if error.code == "register.not_found":
            raise RulesRefused("rules.overlay_unregistered") from error
        raise
    if known != overlay.sha256:
        raise RulesRefused("rules.overlay_changed")
    return overlay


def _known_though_missing(office: Office) -> bool:
    """Whether the register knows of a file.

    A register that cannot be opened says nothing: what is marked without a number needs none, and
    the figures that ship are told to be unconfirmed.
    """
    try:
        return office.open_register().rules_overlay() is not None
    except (RegisterRefused, OSError):  # or nobody lets us look for it
        return False
