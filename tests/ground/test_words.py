# SPDX-License-Identifier: Apache-2.0
"""The catalogue is whole: what the code names is there, in both languages."""

import ast
import re
import string
from pathlib import Path

import pytest

from bmnn_mark.documents.pdf.room import Hit
from bmnn_mark.errors import REFUSALS
from bmnn_mark.i18n import Lang, area_words, areas, words
from bmnn_mark.register.port import CopyState
from bmnn_mark.rules import Level, load_pack, pack_ids

PACKAGE = Path(__file__).parents[2] / "bmnn_mark"
ENTRIES = [(area, key, entry) for area in areas() for key, entry in area_words(area).items()]
KEYS = {f"{area}.{key}" for area, key, _ in ENTRIES}


REFUSERS = frozenset({*REFUSALS, "Finding", "Notice"})
ASKERS = frozenset({"say", "word", "words"})


def named_codes(makers=REFUSERS | ASKERS):
    """Codes that refusals and notices are made with, and keys that words are asked by."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                given = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "code")]
                for one in given if name in makers else ():
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield path, one.value


def blanks(text):
    """The blanks of a text, each with the area of codes it is worded by."""
    return {(name, area) for _, name, area, _ in string.Formatter().parse(text) if name}


WORDED = {
    area for _, _, entry in ENTRIES for text in entry.values() for _, area in blanks(text) if area
}


@pytest.mark.parametrize(("area", "key", "entry"), ENTRIES, ids=lambda part: str(part)[:40])
def test_an_entry_speaks_both_languages_with_the_same_blanks(area, key, entry):
    assert set(entry) in ({"vi", "en"}, {"vi", "en", "next_vi", "next_en"})
    assert all(text.strip() and text == text.rstrip() for text in entry.values())
    assert blanks(entry["vi"]) == blanks(entry["en"])
    assert blanks(entry.get("next_vi", "")) == blanks(entry.get("next_en", ""))


def test_every_code_in_the_source_has_its_words():
    named = list(named_codes())
    assert len(named) > 100
    missing = {f"{path.name}: {code}" for path, code in named if code not in KEYS}
    assert not missing


def test_every_refusal_has_a_next_step():
    refused = {code for _, code in named_codes(REFUSERS)}
    assert len(refused) > 100
    silent = {
        f"{area}.{key}"
        for area, key, entry in ENTRIES
        if f"{area}.{key}" in refused and "next_vi" not in entry
    }
    assert not silent


def test_codes_inside_sentences_are_worded():
    stamps = {one for pack in pack_ids() for one in load_pack(pack).stamps}
    said = {
        "marks.hit": set(Hit),
        "marks.stamp": stamps | {"page-code", "caption", "noi-nhan", "rehearsal", "level-guide"},
        "cli.level": set(Level),
        "cli.state": set(CopyState),
    }
    assert not {f"{area}.{code}" for area, codes in said.items() for code in codes} - KEYS
    silent = {area for area in WORDED if not any(key.startswith(f"{area}.") for key in KEYS)}
    assert not silent
    for code in ("edge", "ink", "annotation", "mark", "hole"):
        told = words("marks.no_room", Lang.VI, hit=code, mark="toi-mat")
        assert f": {code})" not in told
        assert "TỐI MẬT" in told


def test_no_entry_is_without_its_use():
    """A key stands whole in the source, or its beginning in a text that is filled there."""
    source = "\n".join(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))
    filled = set(re.findall(r'f"([a-z_]+(?:\.[a-z-]+)*\.)\{', source))
    filled |= {f"{area}." for area in WORDED}
    unused = {
        key
        for key in KEYS
        if f'"{key}"' not in source and not any(key.startswith(one) for one in filled)
    }
    assert not unused
