# SPDX-License-Identifier: Apache-2.0
"""The office that a program works in."""

from __future__ import annotations

from bmnn_mark.config import Config, load_config
from bmnn_mark.workflow.office import Office, office_for


def open_office(config: Config | None = None) -> Office:
    """The office that a configuration describes; without one, that of this machine.

    What a year of a register needs takes it as its first argument: :func:`bmnn_mark.act_on_copies`,
    :func:`bmnn_mark.decide`, :func:`bmnn_mark.muster_folder` and the others.
    """
    return office_for(load_config(None) if config is None else config, None)
