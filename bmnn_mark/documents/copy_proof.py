# SPDX-License-Identifier: Apache-2.0
"""A written copy read back: it is its template but for the slots, and these hold what they must."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bmnn_mark.documents.copies import CopyTemplate
from bmnn_mark.documents.slots import code_slot
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import os_reason

_CHUNK = 1 << 17  # stays in a processor's cache between reading, comparing and hashing


def prove_copy_bytes(
    template: CopyTemplate,
    path: Path,
    values: Mapping[str, bytes],
    number: int,
    first_unsealed: Callable[[Sequence[int]], int | None],
) -> str:
    """Show that a written copy is its template but for the slots, and what the slots hold.

    Args:
        template: the proven template.
        path: the copy as it was written.
        values: what each slot must hold.
        number: number of the copy, for a refusal.
        first_unsealed: called once the bytes are right, with the pages that bear a code; gives the
            first of them whose code does not open as that page's, None where all do.

    Returns:
        SHA-256 of the copy's bytes, hexadecimal.

    Raises:
        DocumentRefused: ``proof.copy_differs``, ``document.unreadable``.
    """
    try:
        with path.open("rb", buffering=0) as copy:
            handle = copy.fileno()
            if os.fstat(handle).st_size != len(template) or not _begins_alike(template, handle):
                raise DocumentRefused("proof.copy_differs", copy=number, slot="")
            have = os.pread(handle, len(template) - template.shared, template.shared)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
    if have != _wanted_tail(template, values):
        differing = _first_differing(template, values, have)
        raise DocumentRefused("proof.copy_differs", copy=number, slot=differing)
    page = first_unsealed(template.code_pages)
    if page is not None:
        raise DocumentRefused("proof.copy_differs", copy=number, slot=code_slot(page))
    digest = template.shared_digest()
    digest.update(have)
    return digest.hexdigest()


def _begins_alike(template: CopyTemplate, copy: int) -> bool:
    """Whether a copy, read back, is its template as far as the first slot."""
    have = bytearray(_CHUNK)
    with template.view() as whole:
        for at in range(0, template.shared, _CHUNK):
            length = min(_CHUNK, template.shared - at)
            if length < len(have):
                have = bytearray(length)
            with whole[at : at + length] as wanted:
                if os.preadv(copy, [have], at) != length or have != wanted:
                    return False
    return True


def _wanted_tail(template: CopyTemplate, values: Mapping[str, bytes]) -> bytearray:
    """The template from its first slot on, with the slots filled in their places."""
    tail = bytearray(template.read(template.shared, len(template)))
    for slot in template.slots:
        at = slot.offset - template.shared
        tail[at : at + slot.length] = values[slot.name]
    return tail


def _first_differing(template: CopyTemplate, values: Mapping[str, bytes], have: bytes) -> str:
    """Name of the first slot that does not hold its value; empty where all do."""
    for slot in template.slots:
        at = slot.offset - template.shared
        if have[at : at + slot.length] != values[slot.name]:
            return slot.name
    return ""
