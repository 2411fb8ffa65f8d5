# SPDX-License-Identifier: Apache-2.0
"""A written copy read back: it is its template but for the slots, and these hold what they must."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from pathlib import Path

from bmnn_mark.documents.copies import CopyTemplate
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import os_reason


def prove_copy_bytes(
    template: CopyTemplate, path: Path, values: Mapping[str, bytes], number: int
) -> str:
    """Show that a written copy is its template but for the slots, and what the slots hold.

    Args:
        template: the proven template.
        path: the copy as it was written.
        values: what each slot must hold.
        number: number of the copy, for a refusal.

    Returns:
        SHA-256 of the copy's bytes, hexadecimal.

    Raises:
        DocumentRefused: ``proof.copy_differs``, ``document.unreadable``.
    """
    begin = len(template.head)
    try:
        with path.open("rb", buffering=0) as copy:
            handle = copy.fileno()
            if os.fstat(handle).st_size != len(template) or not _begins_alike(template, handle):
                raise DocumentRefused("proof.copy_differs", copy=number, slot="")
            have = os.pread(handle, len(template) - begin, begin)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
    if have != _wanted_rest(template, values):
        differing = _first_differing(template, values, have)
        raise DocumentRefused("proof.copy_differs", copy=number, slot=differing)
    digest = template.head_digest()
    digest.update(have)
    return digest.hexdigest()


def _begins_alike(template: CopyTemplate, copy: int) -> bool:
    """Whether a copy is its template as far as the first slot.

    It is compared where the system holds it; that is what every reader of the file would get.
    """
    if not template.head:
        return True
    length, flags = len(template.head), mmap.MAP_SHARED | mmap.MAP_POPULATE
    with (
        mmap.mmap(copy, length, flags=flags, prot=mmap.PROT_READ) as begin,
        memoryview(begin) as have,
    ):
        return template.head == have  # a bytearray on the left: compared as one block


def _wanted_rest(template: CopyTemplate, values: Mapping[str, bytes]) -> bytearray:
    """The template from its first slot on, with the slots filled in their places."""
    wanted = bytearray(template.rest)
    for slot in template.slots:
        at = slot.offset - len(template.head)
        wanted[at : at + slot.length] = values[slot.name]
    return wanted


def _first_differing(template: CopyTemplate, values: Mapping[str, bytes], have: bytes) -> str:
    """Name of the first slot that does not hold its value; empty where all do."""
    for slot in template.slots:
        at = slot.offset - len(template.head)
        if have[at : at + slot.length] != values[slot.name]:
            return slot.name
    return ""
