# SPDX-License-Identifier: Apache-2.0
import unicodedata

import pytest

from bmnn_mark.errors import UsageRefused
from bmnn_mark.text import one_line, shown


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "a\x00b", "a\u2028b", "a\u202eb", "a\tb", "\x7f"]
)
def test_refuses_line_breaks_controls_and_direction_marks(value):
    with pytest.raises(UsageRefused) as refusal:
        one_line("actor", value)
    assert refusal.value.code == "input.control_character"
    assert value not in str(refusal.value.detail)


def test_refuses_empty_and_overlong_values():
    with pytest.raises(UsageRefused, match="input.empty"):
        one_line("actor", "   ")
    with pytest.raises(UsageRefused, match="input.too_long"):
        one_line("actor", "x" * 301)


def test_composes_vietnamese_letters():
    typed = unicodedata.normalize("NFD", "Sở Xây dựng tỉnh")
    assert one_line("ten", f"  {typed}  ") == "Sở Xây dựng tỉnh"


def test_what_is_shown_cannot_steer_a_terminal():
    assert "\x1b" not in shown("a\x1b[31mb")
    assert len(shown("x" * 500)) == 80
