# SPDX-License-Identifier: Apache-2.0
"""The command line. One command is one call of :mod:`bmnn_mark.workflow`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``bmnn-mark`` and return its exit code (:class:`bmnn_mark.errors.ExitCode`)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--version"]:  # scripts ask often; answered before anything is imported
        from bmnn_mark import __version__

        print(f"bmnn-mark {__version__}")  # noqa: T201
        return 0
    from bmnn_mark.cli.app import run
    from bmnn_mark.cli.leaving import leave_tidily
    from bmnn_mark.memory import forbid_dumps

    forbid_dumps()
    leave_tidily()
    return run(words)
