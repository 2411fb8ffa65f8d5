# SPDX-License-Identifier: Apache-2.0
"""Writes into docs/quality.md which tests hold each hostile case of tests/printing/case_list.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "printing"))

from case_list import tables, with_tables

QUALITY = Path(__file__).parent.parent / "docs" / "quality.md"

if __name__ == "__main__":
    QUALITY.write_text(with_tables(QUALITY.read_text("utf-8"), tables()), "utf-8")
