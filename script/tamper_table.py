# SPDX-License-Identifier: Apache-2.0
"""Writes the table of tampering into docs/quality.md; the attacks are those of tests/register."""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests" / "register"))

from attack_list import table, with_table  # noqa: E402 - the path is set above

QUALITY = PROJECT / "docs" / "quality.md"

if __name__ == "__main__":
    present = table()
    QUALITY.write_text(with_table(QUALITY.read_text(), present))
