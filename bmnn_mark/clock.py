# SPDX-License-Identifier: Apache-2.0
"""The clock, read in one place so that everything else can be given a time."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime


def now() -> datetime:
    """The present moment, UTC, whole seconds."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def today() -> date:
    """Today's date where this machine stands."""
    return date(*time.localtime()[:3])
