# SPDX-License-Identifier: Apache-2.0
"""A written copy read back: it is its template but for the slots, and these hold what they must."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from bmnn_mark.documents.copies import CopyTemplate
from bmnn_mark.documents.model import Slot
from bmnn_mark.documents.slots import CODE_SLOTS
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import os_reason

_CHUNK = 1 << 17  # stays in a processor's cache between reading, comparing and hashing


def prove_copy_bytes(
    template: CopyTemplate,
    path: Path,
    values: Mapping[str, bytes],
    number: int,
    opens: Callable[[int, bytes], bool],
) -> str:
    """Show that a written copy is its template but for the slots, and what the slots hold.

    Args:
        template: the proven template.
        path: the copy as it was written.
        values: what each slot must hold.
        number: number of the copy, for a refusal.
        opens: called with the page and the bytes of each page code's symbol as read back; says
            whether it is the code that this page must bear.

    Returns:
        SHA-256 of the copy's bytes, hexadecimal.

    Raises:
        DocumentRefused: ``proof.copy_differs``, ``document.unreadable``.
    """
    try:
        with path.open("rb", buffering=0) as copy:
            if os.fstat(copy.fileno()).st_size != len(template):
                raise DocumentRefused("proof.copy_differs", copy=number, slot="")
            if not _begins_alike(template, copy.fileno()):
                raise DocumentRefused("proof.copy_differs", copy=number, slot="")
            digest = template.shared_digest()
            for slot, begin, end in template.tail:
                for at in range(begin, end, _CHUNK):
                    have = os.pread(copy.fileno(), min(_CHUNK, end - at), at)
                    digest.update(have)
                    if slot is None and have != template.read(at, min(at + _CHUNK, end)):
                        raise DocumentRefused("proof.copy_differs", copy=number, slot="")
                    if slot is not None and not _holds(slot, have, values, opens):
                        raise DocumentRefused("proof.copy_differs", copy=number, slot=slot.name)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
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


def _holds(
    slot: Slot, have: bytes, values: Mapping[str, bytes], opens: Callable[[int, bytes], bool]
) -> bool:
    if have != values.get(slot.name):
        return False
    page = slot.name.removeprefix(CODE_SLOTS)
    return page == slot.name or opens(int(page), have)
