# SPDX-License-Identifier: Apache-2.0
"""Where the work is done: an office's configuration, its register and its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bmnn_mark import clock
from bmnn_mark.config import Config
from bmnn_mark.limits import DEFAULT_LIMITS, Limits
from bmnn_mark.printing.guard.place import SYSTEM, GuardPlace
from bmnn_mark.register.core import OnNotice, ignore_notice
from bmnn_mark.register.opening import open_register
from bmnn_mark.register.passphrase import Passphrase, read_passphrase
from bmnn_mark.register.store import Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What every workflow call needs to know.

    Attributes:
        config: the office's decisions.
        register_url: where the register is.
        limits: bounds on untrusted input.
        now: the clock.
        today: the date where the machine stands.
        on_notice: told what a person should know of the register while it is written to.
        passphrase: where one is set over the register's keys: it, or what asks somebody for it.
        guard: where the guard is asked; another than the system's only in a private print room.
    """

    config: Config
    register_url: str
    limits: Limits = DEFAULT_LIMITS
    now: Callable[[], datetime] = clock.now
    today: Callable[[], date] = clock.today
    on_notice: OnNotice = ignore_notice
    passphrase: Passphrase | None = None
    guard: GuardPlace = SYSTEM

    @property
    def data_folder(self) -> Path:
        """Folder of the register, its keys and the enrolled printer."""
        return Path(self.config.data_folder)

    def open_register(self, *, inspect: bool = False) -> Register:
        """Open the register; ``inspect`` also opens one that is broken, for verifying and tracing.

        Raises:
            RegisterRefused: not found, key missing, rolled back, forked.
        """
        register = open_register(
            self.register_url,
            self.data_folder,
            clock=self.now,
            inspect=inspect,
            passphrase=self.passphrase,
        )
        register.on_notice = self.on_notice
        return register


def office_for(
    config: Config, register_url: str | None, on_notice: OnNotice = ignore_notice
) -> Office:
    """The office of a configuration; ``register_url`` overrides the configured register."""
    default = f"sqlite:///{Path(config.data_folder) / 'register.db'}"
    url = register_url or config.register or default
    file = config.passphrase_file
    return Office(
        config=config,
        register_url=url,
        on_notice=on_notice,
        passphrase=None if file is None else lambda: read_passphrase(Path(file)),
    )
