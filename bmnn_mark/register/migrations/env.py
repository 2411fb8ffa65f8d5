# SPDX-License-Identifier: Apache-2.0
"""What alembic runs: the revisions that are missing, in the transaction that it was called in."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
