# SPDX-License-Identifier: Apache-2.0
"""What a collector says that could read only a part of what there is."""

from __future__ import annotations


class PartlyReadError(Exception):
    """The facts so far, and why they are not all; the judge looks at them and says UNKNOWN.

    Args:
        fact: what was read.
        reason: errno name of why not all.
    """

    def __init__(self, fact: object, reason: str) -> None:
        super().__init__(reason)
        self.fact = fact
        self.reason = reason
