# SPDX-License-Identifier: Apache-2.0
"""Numbered copies out of a template: spliced, proven, recorded; settled when that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
from bmnn_mark.documents.slots import code_slot
from bmnn_mark.errors import DocumentRefused, RegisterRefused, Scalar
from bmnn_mark.register.port import CopyRecord, CopyState, RegisterPort, ReservedCopy
from bmnn_mark.tracking.code import first_unsealed, seal_pages
from bmnn_mark.worker import OnProgress, Progress
from bmnn_mark.workflow.template import Template

#: A copy with its draft file and the SHA-256 of its bytes.
MadeCopy = tuple[ReservedCopy, Path, str]

#: Codes that are drawn before the copies that bear them are written: some 500 bytes each.
_CODES_AHEAD = 2000


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
    base = CopyTemplate(template.path, template.report.result.slots)
    writer = CopyWriter(base)
    made: list[MadeCopy] = []
    for drawn in drawn_copies(template, base, register, copies, of):
        path = folder / f"{drawn.copy.number}.pdf"
        made.append((drawn.copy, path, make_copy(writer, drawn, path)))
        on_progress(Progress(phase="copies", copy=len(made), copies=len(copies)))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCopy:
    """A reserved copy and what its slots hold."""

    copy: ReservedCopy
    slots: Mapping[str, bytes]


def drawn_copies(
    template: Template,
    base: CopyTemplate,
    register: RegisterPort,
    copies: Sequence[ReservedCopy],
    of: int,
) -> Iterator[DrawnCopy]:
    """What the slots of each copy hold, every code opened again before it is drawn.

    Some copies are drawn before the first of them is written: five million bytes written and read
    drive out of the processor's cache what drawing needs, so after each copy it would cost double.

    Args:
        template: what the copies are made of.
        base: its bytes.
        register: seals and opens the page codes.
        copies: as they were reserved.
        of: number of copies, n.

    Raises:
        DocumentRefused: ``proof.copy_differs`` (a code that does not open).
    """
    ahead = max(1, _CODES_AHEAD // template.report.result.pages)
    for first in range(0, len(copies), ahead):
        some = copies[first : first + ahead]
        values = [_proven_values(template, register, copy, of) for copy in some]
        slots = base.values_of_copies(template.request, values)
        yield from (DrawnCopy(copy=copy, slots=own) for copy, own in zip(some, slots, strict=True))


def _proven_values(
    template: Template, register: RegisterPort, copy: ReservedCopy, of: int
) -> CopyValues:
    """What a copy says of itself, once every page code was opened again."""
    values = copy_values(template, register, copy, of)
    page = first_unsealed(
        register.trace_key(),
        values.codes,
        position=copy.position,
        attempt=copy.attempt,
        root=copy.root,
        pages=range(1, len(values.codes) + 1),
    )
    if page is not None:
        raise DocumentRefused("proof.copy_differs", copy=copy.number, slot=code_slot(page))
    return values


def make_copy(writer: CopyWriter, drawn: DrawnCopy, path: Path) -> str:
    """Splice one copy into a new file and prove it by its bytes.

    Args:
        writer: of the copies.
        drawn: what its slots hold.
        path: where.

    Returns:
        SHA-256 of its bytes, hexadecimal.

    Raises:
        DocumentRefused: ``proof.copy_differs``, ``output.unwritable``.
    """
    writer.write_copy(drawn.slots, path)
    return prove_copy_bytes(writer.template, path, drawn.slots, drawn.copy.number)


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
