# SPDX-License-Identifier: Apache-2.0
"""The group of commands, each loaded when it is used, and the one way out with an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click

from bmnn_mark import __version__
from bmnn_mark.cli.desk import Desk, make_desk
from bmnn_mark.errors import BmnnMarkError, ExitCode, UsageRefused
from bmnn_mark.i18n import Lang, choose_lang, words

#: Command -> the module that builds it, in the order of the contract.
COMMANDS = {
    "stamp": "bmnn_mark.cli.stamp",
    "print": "bmnn_mark.cli.print",
    "check": "bmnn_mark.cli.check",
    "unmark": "bmnn_mark.cli.unmark",
    "envelope": "bmnn_mark.cli.envelope",
    "trace": "bmnn_mark.cli.trace",
    "register": "bmnn_mark.cli.register",
    "rules": "bmnn_mark.cli.rules",
    "host": "bmnn_mark.cli.host",
    "printer": "bmnn_mark.cli.printer",
    "doctor": "bmnn_mark.cli.doctor",
    "demo": "bmnn_mark.cli.demo",
}

_FLAGS = ("--json", "--quiet")
_VALUED = ("--config", "--register", "--passphrase-file", "--lang")


class Commands(click.Group):
    """Commands built on demand in the language of this run."""

    def __init__(self, lang: Lang) -> None:
        super().__init__(
            "bmnn-mark",
            help=words("cli.bmnn-mark", lang),
            params=_global_options(lang),
            callback=_lay_desk,
            no_args_is_help=True,
            context_settings=settings(),
        )
        self._lang = lang

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the contract."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and build one command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        built: click.Command = importlib.import_module(module).command(self._lang)
        return built


def settings() -> dict[str, Any]:
    """Click's settings for every command."""
    return {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _global_options(lang: Lang) -> list[click.Parameter]:
    return [
        click.Option(["--config"], metavar="FILE", help=words("cli.global.config", lang)),
        click.Option(["--register"], metavar="URL", help=words("cli.global.register", lang)),
        click.Option(
            ["--passphrase-file"], metavar="FILE", help=words("cli.global.passphrase-file", lang)
        ),
        click.Option(
            ["--lang"],
            type=click.Choice([one.value for one in Lang]),
            help=words("cli.global.lang", lang),
        ),
        click.Option(["--json", "as_json"], is_flag=True, help=words("cli.global.json", lang)),
        click.Option(["--quiet"], is_flag=True, help=words("cli.global.quiet", lang)),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help=words("cli.global.version", lang),
        ),
    ]


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001
    if value:
        click.echo(f"bmnn-mark {__version__}")
        ctx.exit()


def _lay_desk(**options: Any) -> None:
    click.get_current_context().obj = make_desk(**options)


def globals_first(argv: Sequence[str]) -> list[str]:
    """The same words with the global options in front, so that they may stand anywhere.

    >>> globals_first(["stamp", "a.pdf", "--json", "--lang", "en"])
    ['--json', '--lang', 'en', 'stamp', 'a.pdf']
    """
    front: list[str] = []
    rest: list[str] = []
    queue = list(argv)
    while queue:
        word = queue.pop(0)
        if word == "--":
            rest += [word, *queue]
            break
        if word in _FLAGS or word.startswith(tuple(name + "=" for name in _VALUED)):
            front.append(word)
        elif word in _VALUED and queue:
            front += [word, queue.pop(0)]
        else:
            rest.append(word)
    return front + rest


def run(argv: Sequence[str]) -> int:
    """Run the words of a command line to an exit code; nothing escapes."""
    ordered = globals_first(argv)
    desk = Desk(lang=choose_lang(_asked_lang(ordered), None), json="--json" in ordered)
    group = Commands(desk.lang)
    try:
        with group.make_context("bmnn-mark", list(ordered)) as context:
            context.call_on_close(lambda: _speak_as_configured(desk, context))
            code = group.invoke(context)
            return int(code) if isinstance(code, int) else ExitCode.DONE
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except click.UsageError as error:
        return _refuse(desk, _usage(error, desk.lang))
    except Exception as error:  # noqa: BLE001  # the last fence: no traceback reaches a person
        from bmnn_mark.cli.fault import as_refusal

        return _refuse(desk, as_refusal(error))


def _asked_lang(ordered: Sequence[str]) -> str | None:
    """What ``--lang en`` or ``--lang=en`` asks for.

    >>> _asked_lang(["--lang", "en", "stamp"]), _asked_lang(["--lang=vi"]), _asked_lang([])
    ('en', 'vi', None)
    """
    joined = [word.partition("=")[2] for word in ordered if word.startswith("--lang=")]
    return joined[-1] if joined else dict(pairwise(ordered)).get("--lang")


def _speak_as_configured(desk: Desk, context: click.Context) -> None:
    """Refuse in the language of the configuration, where it could be read."""
    if isinstance(context.obj, Desk):
        desk.lang = context.obj.lang


def _refuse(desk: Desk, error: BmnnMarkError) -> int:
    desk.refuse(error)
    return error.exit_code


def _usage(error: click.UsageError, lang: Lang) -> BmnnMarkError:
    """Click's complaint in the clerk's language."""
    command = error.ctx.command_path.removeprefix("bmnn-mark") if error.ctx else ""
    option = getattr(error, "option_name", None) or ""
    param = getattr(error, "param", None)
    if param is not None:
        option = param.opts[0] if isinstance(param, click.Option) else param.human_readable_name
    kinds = {
        click.NoSuchOption: "cli.wrong.no_such_option",
        click.MissingParameter: "cli.wrong.missing",
        click.BadOptionUsage: "cli.wrong.option_usage",
        click.BadParameter: "cli.wrong.value",
    }
    key = next((key for kind, key in kinds.items() if isinstance(error, kind)), "cli.wrong.other")
    return UsageRefused("input.words", problem=words(key, lang, option=option), command=command)
