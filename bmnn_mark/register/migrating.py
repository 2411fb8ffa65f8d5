# SPDX-License-Identifier: Apache-2.0
"""Bringing the tables of a register to the version of this program; the one caller of alembic.

Imported only where a register is made or is of an earlier version: alembic takes longer to load
than most commands take to run.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, column, insert, table

from bmnn_mark.register import migrations, schema

#: A temporary table: the version stands in the file's header, or in a table of our own.
_VERSION_TABLE = "bmnn_revision"


def bring_tables_up(connection: Connection, before: int) -> None:
    """Run the revisions after version ``before``, and make all projections anew, empty.

    Args:
        connection: inside a writing transaction.
        before: 0 for a place without tables.
    """
    config = Config(attributes={"connection": connection, "version_table": _VERSION_TABLE})
    folder = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {_VERSION_TABLE} (version_num TEXT NOT NULL PRIMARY KEY)"
    )
    if before:
        seen = table(_VERSION_TABLE, column("version_num"))
        connection.execute(insert(seen), {"version_num": str(before)})
    command.upgrade(config, "head")
    connection.exec_driver_sql(f"DROP TABLE {_VERSION_TABLE}")
    _make_projections(connection)


def _make_projections(connection: Connection) -> None:
    for name in schema.projected.tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
    schema.projected.create_all(connection, checkfirst=False)
