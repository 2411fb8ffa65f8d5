# SPDX-License-Identifier: Apache-2.0
"""Handing the whole register over: one signed file that can be checked without this program."""

from __future__ import annotations

from pathlib import Path

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.register.archive import ArchiveReport
from bmnn_mark.worker import OnProgress, Progress, ignore_progress
from bmnn_mark.workflow.office import Office


def archive_register(
    office: Office,
    target: Path,
    *,
    opened: bool = False,
    confirmed: bool = False,
    overwrite: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> ArchiveReport:
    """Verify the register and write it as a signed archive.

    Args:
        office: whose register.
        target: the file; mode 0600.
        opened: with the sealed fields in the clear, for an archive or an inspector; titles of
            documents that ever were Tuyệt mật are not among them.
        confirmed: somebody said that this is meant; needed with ``opened``.
        overwrite: replace a file of that name.
        on_progress: called for events that are verified.

    Raises:
        UsageRefused: ``archive.opened_unconfirmed``.
        DocumentRefused: ``output.*``.
        RegisterRefused: not found, key missing, broken, rolled back.
    """
    if opened and not confirmed:
        raise UsageRefused("archive.opened_unconfirmed")
    files.check_target(target, overwrite=overwrite)
    register = office.open_register()
    with files.draft_folder(target.parent) as folder:
        draft = folder / "archive"
        try:
            report = register.archive(
                draft,
                opened=opened,
                on_count=lambda done, total: on_progress(
                    Progress(phase="verify", page=done, pages=total)
                ),
            )
        except OSError as error:
            raise DocumentRefused("output.unwritable", reason=files.os_reason(error)) from error
        files.deliver(draft, target, overwrite=overwrite)
    return report
