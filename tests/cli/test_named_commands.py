# SPDX-License-Identifier: Apache-2.0
"""Every command and document that a message tells people to use is there."""

import re
from pathlib import Path

import click
import pytest

from bmnn_mark.cli.app import Commands
from bmnn_mark.i18n import Lang

ROOT = Path(__file__).parents[2]
WORDS = sorted((ROOT / "bmnn_mark/words").glob("*.toml"))
NAMED = re.compile(r"bmnn-mark ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?(?: ([a-z][a-z-]*))?")
GROUP = Commands(Lang.EN)
CONTEXT = click.Context(GROUP)


def below(command):
    """The commands of a command that has some."""
    if not isinstance(command, click.Group):
        return {}
    return {name: command.get_command(CONTEXT, name) for name in command.list_commands(CONTEXT)}


LOWER = {name for one in below(GROUP).values() for name in below(one)}


def is_command(names):
    """Whether words lead to a command; a word after one that has none below it is text.

    A sentence about the program itself is none either.
    """
    first, *more = names
    found = below(GROUP).get(first)
    if found is None:
        return first not in LOWER
    for name in more:
        lower = below(found)
        if not lower:
            return name not in LOWER
        if name not in lower:
            return False
        found = lower[name]
    return True


def named_in(path):
    for line in path.read_text("utf-8").splitlines():
        for found in NAMED.finditer(line):
            yield tuple(name for name in found.groups() if name), line


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_every_command_that_a_message_names_is_there(path):
    missing = {names for names, _ in named_in(path) if not is_command(names)}
    assert not missing


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_every_document_that_a_message_names_is_there(path):
    named = set(re.findall(r"docs/[a-z/-]+\.md", path.read_text("utf-8")))
    assert [one for one in named if not (ROOT / one).is_file()] == []
