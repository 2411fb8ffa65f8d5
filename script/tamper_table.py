# SPDX-License-Identifier: Apache-2.0
"""Writes the table of tampering into docs/quality.md; the attacks are those of tests/register."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "register"))

from attack_list import table, with_table

QUALITY = Path(__file__).parent.parent / "docs" / "quality.md"

if __name__ == "__main__":
    present = table()
    QUALITY.write_text(with_table(QUALITY.read_text(), present))
