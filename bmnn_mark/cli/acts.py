# SPDX-License-Identifier: Apache-2.0
"""Options of ``stamp`` and ``print`` about the rarer marks, and about documents that are hard."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, option, parse_level
from bmnn_mark.documents.model import Relevelling, Reproduction, ReproductionKind
from bmnn_mark.errors import UsageRefused
from bmnn_mark.files import os_reason
from bmnn_mark.i18n import Lang
from bmnn_mark.rules import Level
from bmnn_mark.text import one_line

if TYPE_CHECKING:
    from datetime import date

_PASSWORD_BYTES = 1024
_OF_REPRODUCTION = {
    "reproduction_number": "--reproduction-number",
    "reproduction_quantity": "--reproduction-quantity",
    "reproduction_for": "--reproduction-for",
    "reproduced_on": "--reproduced-on",
    "authority": "--authority",
}
"""What means something only on a bản sao."""


def act_options(lang: Lang) -> list[click.Parameter]:
    """Options about a document's term, its later life and the place of its độ mật mark."""
    return [
        option(lang, "--frame", is_flag=True),
        option(lang, "--level-there", is_flag=True),
        option(lang, "--term", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--extended", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--relevelled-from", metavar="mat|toi-mat|tuyet-mat"),
        option(lang, "--relevelled-on", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--declassified", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--recall", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--decided-on", "decided", type=DateValue(), metavar="YYYY-MM-DD"),
    ]


def reproduction_options(lang: Lang) -> list[click.Parameter]:
    """Options about the marks of a bản sao."""
    kinds = click.Choice([one.value for one in ReproductionKind])
    return [
        option(lang, "--reproduction", type=kinds),
        option(lang, "--reproduction-number", type=int, metavar="K"),
        option(lang, "--reproduction-quantity", type=int, metavar="N"),
        option(lang, "--reproduction-for", metavar="NAME"),
        option(lang, "--reproduced-on", type=DateValue(), metavar="YYYY-MM-DD"),
        option(lang, "--authority", metavar="TEXT"),
    ]


def opening_options(lang: Lang) -> list[click.Parameter]:
    """Options about documents that are opened only with leave."""
    return [
        option(lang, "--flatten", is_flag=True),
        option(lang, "--as-printout", is_flag=True),
        option(lang, "--accept-changes", is_flag=True),
        password_option(lang),
    ]


def password_option(lang: Lang) -> click.Parameter:
    """Where the password of an encrypted document is read."""
    return option(lang, "--password-file", metavar="FILE")


def acts_asked(desk: Desk, options: dict[str, Any], level: Level) -> dict[str, Any]:
    """The fields of a :class:`StampOrder` that these options give.

    Raises:
        UsageRefused: an option that needs another; as :func:`read_password`.
    """
    same = (
        "frame", "level_there", "term", "extended", "declassified", "recall", "decided",
        "flatten", "as_printout", "accept_changes",
    )  # fmt: skip
    return {name: options[name] for name in same} | {
        "relevelling": _relevelling(options, level),
        "reproduction": _reproduction(desk, options),
        "password": read_password(desk, options["password_file"]),
    }


def read_password(
    desk: Desk, untrusted_place: str | None, prompt: str = "cli.password"
) -> str | None:
    """The password that stands alone in a file, or is typed where the place is ``-``.

    A password on the command line could be seen by everybody on the machine, so there is no option
    for one.

    Raises:
        UsageRefused: ``input.password_file`` where the file cannot be read,
            ``input.password_lines`` where it holds no single line of text, ``input.no_terminal``
            where nobody can type.
    """
    if untrusted_place is None:
        return None
    if untrusted_place == "-":
        if not sys.stdin.isatty():
            raise UsageRefused("input.no_terminal")
        word = desk.word(prompt)
        typed: str = click.prompt(word, hide_input=True, err=True)
        return typed
    try:
        handle = os.open(untrusted_place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            line = file.read(_PASSWORD_BYTES + 1)
    except OSError as error:
        raise UsageRefused("input.password_file", reason=os_reason(error)) from error
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if not line or len(line) > _PASSWORD_BYTES or b"\n" in line:
        raise UsageRefused("input.password_lines")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageRefused("input.password_lines") from None


def _relevelling(options: dict[str, Any], level: Level) -> Relevelling | None:
    old, since = options["relevelled_from"], options["relevelled_on"]
    if old is None and since is None:
        return None
    if old is None or since is None:
        pair = ("--relevelled-on", "--relevelled-from")
        first, second = pair if old is None else pair[::-1]
        raise UsageRefused("input.together", first=first, second=second)
    changed = Relevelling(old=parse_level(old), since=since)
    if changed.old is level:
        raise UsageRefused("input.same_level", level=level.value)
    return changed


def _reproduction(desk: Desk, options: dict[str, Any]) -> Reproduction | None:
    kind = options.get("reproduction")
    if kind is None:
        for name, word in _OF_REPRODUCTION.items():
            if options.get(name) is not None:
                raise UsageRefused("input.together", first=word, second="--reproduction")
        return None
    for name in ("authority", "signer"):
        if options[name] is None:
            raise UsageRefused("input.together", first="--reproduction", second=f"--{name}")
    number = options["reproduction_number"]
    quantity = options["reproduction_quantity"]
    recipient = options["reproduction_for"]
    made_on: date = options["reproduced_on"] or desk.office().today()
    return Reproduction(
        kind=ReproductionKind(kind),
        made_on=made_on,
        number=1 if number is None else number,
        quantity=1 if quantity is None else quantity,
        recipient=None if recipient is None else one_line("--reproduction-for", recipient),
        authority=one_line("--authority", options["authority"]),
        signer=one_line("--signer", options["signer"]),
    )
