# SPDX-License-Identifier: Apache-2.0
"""A progress bar for long work on a terminal."""

from __future__ import annotations

import atexit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from bmnn_mark.i18n import Lang, words
from bmnn_mark.worker import Progress as Step


class ProgressBar:
    """Shows the present phase with its pages or copies; a callable for ``on_progress``."""

    def __init__(self, lang: Lang) -> None:
        self._lang = lang
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._phase = ""
        self._bar.start()
        atexit.register(self._bar.stop)

    def __call__(self, step: Step) -> None:
        """Show one step."""
        total = step.copies or step.pages or None
        if step.phase != self._phase or self._task is None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(words(f"phase.{step.phase}", self._lang), total=total)
            self._phase = step.phase
        self._bar.update(self._task, completed=step.copy or step.page, total=total)
