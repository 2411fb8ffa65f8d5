# SPDX-License-Identifier: Apache-2.0
"""The life of copies after they were made: events of new types, and projections of them."""

from __future__ import annotations

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Leave the tables that grow as they are."""
