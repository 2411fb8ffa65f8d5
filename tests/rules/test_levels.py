# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmnn_mark.rules import Level, suggest_level


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        ("TỐI MẬT", Level.TOI_MAT),
        ("toi mat", Level.TOI_MAT),
        ("tối mật", Level.TOI_MAT),
        ("to\u0302\u0301i ma\u0323\u0302t", Level.TOI_MAT),
        ("toimat", Level.TOI_MAT),
        ("toi_mat", Level.TOI_MAT),
        ("toi-mta", Level.TOI_MAT),
        ("Mật", Level.MAT),
        (" MAT ", Level.MAT),
        ("TUYỆT MẬT", Level.TUYET_MAT),
        ("tuyệt", Level.TUYET_MAT),
        ("tuyetmat", Level.TUYET_MAT),
        ("", None),
        ("thường", None),
        ("công khai", None),
        ("!!!", None),
    ],
)
def test_suggests_the_level_that_was_probably_meant(typed, level):
    assert suggest_level(typed) is level


@given(st.text(max_size=200))
def test_suggests_a_level_or_nothing_and_never_raises(typed):
    assert suggest_level(typed) in {None, *Level}


def test_naming_a_level_loads_neither_packs_nor_the_codec():
    code = (
        "import sys, bmnn_mark.rules;"
        "heavy = {'msgspec', 'tomllib', 'bmnn_mark.rules.model'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
