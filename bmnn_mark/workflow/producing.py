# SPDX-License-Identifier: Apache-2.0
"""Numbered copies out of a template: spliced, proven, recorded; settled when that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from bmnn_mark.documents import confined
from bmnn_mark.documents.copies import (
    CopyTemplate,
    CopyValues,
    CopyWriter,
    ProveCopyTask,
)
from bmnn_mark.documents.copy_proof import prove_copy_bytes
from bmnn_mark.errors import RegisterRefused, Scalar
from bmnn_mark.register.port import CopyRecord, CopyState, RegisterPort, ReservedCopy
from bmnn_mark.tracking.code import first_unsealed, seal_pages
from bmnn_mark.worker import OnProgress, Progress
from bmnn_mark.workflow.template import Template

#: A copy with its draft file and the SHA-256 of its bytes.
MadeCopy = tuple[ReservedCopy, Path, str]


def make_copies(
    template: Template,
    register: RegisterPort,
    copies: tuple[ReservedCopy, ...],
    of: int,
    folder: Path,
    on_progress: OnProgress,
) -> list[MadeCopy]:
    """Splice the copies into ``folder`` and prove them: bytes each, pixels the first and last.

    Raises:
        DocumentRefused: ``proof.*``, ``output.unwritable``.
    """
    result = template.report.result
    made: list[MadeCopy] = []
    with CopyTemplate(template.path, result.slots) as base:
        writer = CopyWriter(base)
        for place, copy in enumerate(copies, 1):
            path = folder / f"{copy.number}.pdf"
            made.append((copy, path, make_copy(template, writer, register, copy, of, path)))
            on_progress(Progress(phase="copies", copy=place, copies=len(copies)))
        writer.sync()
    for copy, path, _ in made[:1] + made[1:][-1:]:
        confined.prove_copy(
            ProveCopyTask(
                source=str(template.source.absolute()),
                copy=str(path.absolute()),
                work=str(template.work),
                request=template.request,
                values=copy_values(template, register, copy, of),
                password=template.password,
            ),
            on_progress,
        )
    return made


def make_copy(
    template: Template,
    writer: CopyWriter,
    register: RegisterPort,
    copy: ReservedCopy,
    of: int,
    path: Path,
) -> str:
    """Splice one copy into a new file and prove it by its bytes, every code opened.

    Args:
        template: what the copy is made of.
        writer: of its copies.
        register: seals and opens the page codes.
        copy: as it was reserved.
        of: number of copies, n.
        path: where.

    Returns:
        SHA-256 of its bytes, hexadecimal.

    Raises:
        DocumentRefused: ``proof.copy_differs``, ``output.unwritable``.
    """
    values = copy_values(template, register, copy, of)
    slots = writer.template.slot_values(template.request, values)
    writer.write_copy(slots, path)
    unsealed = _unsealed(register, copy, values.codes)
    return prove_copy_bytes(writer.template, path, slots, copy.number, unsealed)


def copy_values(
    template: Template, register: RegisterPort, copy: ReservedCopy, of: int
) -> CopyValues:
    """What one copy says of itself, its page codes sealed."""
    pages = range(1, template.report.result.pages + 1)
    codes = sealed_codes(register, copy, pages) if template.request.page_code else ()
    return CopyValues(number=copy.number, copies=of, reference=copy.reference, codes=codes)


def sealed_codes(
    register: RegisterPort, copy: ReservedCopy, pages: Iterable[int]
) -> tuple[str, ...]:
    """The texts of a copy's page codes, one for each of ``pages``."""
    return tuple(
        seal_pages(
            register.trace_key(),
            position=copy.position,
            attempt=copy.attempt,
            root=copy.root,
            pages=pages,
        )
    )


def record_all(
    register: RegisterPort,
    made: list[MadeCopy],
    state: CopyState,
    actor: str,
    as_docx: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Enter one step for every copy, in one transaction.

    Args:
        register: where.
        made: the copies.
        state: the step; PRODUCED says the SHA-256 of each file.
        actor: who does this.
        as_docx: by attempt, the SHA-256 of the copy that was made as DOCX beside the PDF.
    """
    register.record(
        tuple(
            CopyRecord(
                attempt_id=copy.attempt_id,
                state=state,
                actor=actor,
                detail=_detail(state, digest, as_docx.get(copy.attempt_id)),
            )
            for copy, _, digest in made
        )
    )


def _detail(state: CopyState, digest: str, as_docx: str | None) -> dict[str, Scalar]:
    if state is not CopyState.PRODUCED:
        return {}
    return {"sha256": digest} if as_docx is None else {"sha256": digest, "docx_sha256": as_docx}


def _unsealed(
    register: RegisterPort, copy: ReservedCopy, codes: tuple[str, ...]
) -> Callable[[Sequence[int]], int | None]:
    """Finds the first page whose code does not open with the register's key to just that page.

    That the symbols' bytes are those of the codes' texts was compared before this is asked.
    """

    def first(pages: Sequence[int]) -> int | None:
        return first_unsealed(
            register.trace_key(),
            [codes[page - 1] for page in pages],
            position=copy.position,
            attempt=copy.attempt,
            root=copy.root,
            pages=pages,
        )

    return first


@contextmanager
def settled_on_failure(
    register: RegisterPort, copies: tuple[ReservedCopy, ...], actor: str
) -> Iterator[Callable[[CopyState], None]]:
    """Numbers that led to no copy are settled before the failure goes on.

    Yields a function that is told the state about to be recorded. Attempts that were never
    exported end VOID; exported ones, whose files are gone again, SPOILED. Where the register does
    not take that, they stay open for ``register recover``; the failure itself goes on either way.
    """
    state = CopyState.RESERVED

    def reached(next_state: CopyState) -> None:
        nonlocal state
        state = next_state

    try:
        yield reached
    except BaseException:
        _settle(register, copies, actor, exported=state is CopyState.EXPORTED)
        raise


def _settle(
    register: RegisterPort, copies: tuple[ReservedCopy, ...], actor: str, *, exported: bool
) -> None:
    """End attempts; the step about to be recorded may or may not stand, so both are tried."""
    for end in (CopyState.SPOILED, CopyState.VOID) if exported else (CopyState.VOID,):
        with suppress(RegisterRefused):
            register.record(
                tuple(
                    CopyRecord(attempt_id=copy.attempt_id, state=end, actor=actor)
                    for copy in copies
                )
            )
            return
