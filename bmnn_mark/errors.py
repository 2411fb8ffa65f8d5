# SPDX-License-Identifier: Apache-2.0
"""Refusals and faults: one root, a stable code, an exit code, a next step.

A refusal carries no sentence of its own. Its ``code`` (``document.encrypted``) names an entry of
the words catalogue, which has the sentence and the next step in Vietnamese and English;
``detail`` fills their blanks and goes to machines as it is. Nothing that a document says, no file
name and no person's name may be put into ``detail``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

Scalar = str | int | float | bool | None


class ExitCode(IntEnum):
    """Exit codes of the command line (``docs/cli.md``); scripts depend on them."""

    DONE = 0
    USAGE = 2
    DOCUMENT = 3
    RULES = 4
    HOST_ONLINE = 5
    HOST_UNKNOWN = 6
    PRINTER = 7
    PRINT_OUTCOME = 8
    REGISTER = 9
    FAULT = 70


class BmnnMarkError(Exception):
    """Root of everything this package raises on purpose.

    Args:
        code: stable dotted code, an entry of the words catalogue.
        detail: numbers, codes and names of *our own* things only; JSON-ready scalars.
    """

    exit_code: ExitCode = ExitCode.FAULT

    def __init__(self, code: str, **detail: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.detail: Mapping[str, Scalar] = detail

    def __str__(self) -> str:
        return self.code


class UsageRefused(BmnnMarkError):
    """The command's words are off."""

    exit_code = ExitCode.USAGE


class DocumentRefused(BmnnMarkError):
    """The document cannot be marked as it is; nothing was written."""

    exit_code = ExitCode.DOCUMENT


class RulesRefused(BmnnMarkError):
    """The rules do not allow what was asked."""

    exit_code = ExitCode.RULES


class HostOnline(BmnnMarkError):
    """The host has, or may have, a path to a network."""

    exit_code = ExitCode.HOST_ONLINE


class HostUnknown(BmnnMarkError):
    """Whether the host is offline could not be established."""

    exit_code = ExitCode.HOST_UNKNOWN


class PrinterRefused(BmnnMarkError):
    """The printer or its queue is not what was enrolled."""

    exit_code = ExitCode.PRINTER


class PrintOutcomeOpen(BmnnMarkError):
    """A print's outcome is unknown or failed; a person must close it."""

    exit_code = ExitCode.PRINT_OUTCOME


class RegisterRefused(BmnnMarkError):
    """The register: integrity broken, key missing, not found, already issued."""

    exit_code = ExitCode.REGISTER


class Fault(BmnnMarkError):
    """A fault of ours."""

    exit_code = ExitCode.FAULT


#: Every class a worker process may send back by name.
REFUSALS: Mapping[str, type[BmnnMarkError]] = {
    kind.__name__: kind
    for kind in (
        UsageRefused,
        DocumentRefused,
        RulesRefused,
        HostOnline,
        HostUnknown,
        PrinterRefused,
        PrintOutcomeOpen,
        RegisterRefused,
        Fault,
    )
}
