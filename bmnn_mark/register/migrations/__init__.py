# SPDX-License-Identifier: Apache-2.0
"""How the tables of a register came to be what they are, version by version; run by alembic.

A version is that of ``user_version`` in a file's header. A revision holds the change of the tables
that only grow and of ``record_keys``, as it was then: it names no table of ``schema``, which goes
on. Projections are no revision's matter: whenever tables were changed, all of them are made anew
from the events.
"""
