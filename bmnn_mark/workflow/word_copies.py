# SPDX-License-Identifier: Apache-2.0
"""Numbered copies as DOCX, beside those as PDF: one proven package, spliced per copy.

In a DOCX the footer is the same on every page, so its code stands for the whole copy.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from bmnn_mark.documents import confined
from bmnn_mark.documents.copies import CopyValues, NewFiles
from bmnn_mark.documents.model import MarkRequest, MarkResult
from bmnn_mark.documents.word.copies import copy_values
from bmnn_mark.documents.word.zipping import write_copy
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import os_reason
from bmnn_mark.register.port import RegisterPort, ReservedCopy
from bmnn_mark.tracking.code import WHOLE_COPY
from bmnn_mark.worker import OnProgress
from bmnn_mark.workflow.office import Office
from bmnn_mark.workflow.producing import sealed_codes
from bmnn_mark.workflow.stamping import task_for


class WordTemplate:
    """A marked and proven DOCX with what differs from copy to copy."""

    def __init__(
        self,
        office: Office,
        source: Path,
        work: Path,
        request: MarkRequest,
        on_progress: OnProgress,
    ) -> None:
        target = work / "base.docx"
        self._request = request
        self._result: MarkResult = confined.mark_docx(
            task_for(office, source, target, work, request), on_progress
        )
        self._package = target.read_bytes()
        self._files = NewFiles()

    def sync(self) -> None:
        """Make all copies written since the last call survive a power cut.

        Raises:
            DocumentRefused: ``output.unwritable``.
        """
        self._files.sync()

    def write(self, register: RegisterPort, copy: ReservedCopy, of: int, target: Path) -> str:
        """Write one numbered copy to a new file, and read it back.

        Returns:
            SHA-256 of its bytes, hexadecimal.

        Raises:
            DocumentRefused: ``output.exists``, ``output.unwritable``, ``document.unreadable``;
                ``proof.copy_differs`` where the file does not hold what was written.
        """
        codes = sealed_codes(register, copy, (WHOLE_COPY,)) if self._request.page_code else ()
        values = CopyValues(number=copy.number, copies=of, reference=copy.reference, codes=codes)
        slots = self._result.slots
        filled = write_copy(self._package, slots, copy_values(slots, self._request, values))
        self._files.write(target, [filled])
        try:
            have = target.read_bytes()
        except OSError as error:
            raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
        if have != filled:
            raise DocumentRefused("proof.copy_differs", copy=copy.number, slot="")
        return hashlib.sha256(have).hexdigest()
