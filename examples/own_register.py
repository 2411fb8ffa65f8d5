# SPDX-License-Identifier: Apache-2.0
"""Another vendor's register in place of ours: issue, scan a page, trace it. Runs from anywhere.

This one forgets everything when it ends; a real one keeps its log where yours keeps documents.
"""

import secrets
import tempfile
from datetime import date
from pathlib import Path

import pypdfium2

from bmnn_mark import (
    Config,
    IssueOrder,
    Level,
    MarkRequest,
    Recipient,
    RegisterPort,
    issue_copies,
    trace,
)
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.errors import RegisterRefused
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    DocumentIdentity,
    FoundCode,
    FoundCopy,
    IssueRequest,
    Reservation,
    ReservedCopy,
    Witness,
)
from bmnn_mark.register.tree import EMPTY_ROOT, GrowingTree, leaf_hash
from bmnn_mark.tracking import TraceKey
from bmnn_mark.tracking.code import ROOT_BYTES, PageCode
from bmnn_mark.tracking.reference import parse_reference, reference, show_reference


class LogRegister:
    """A register that is a list of lines, and a Merkle tree over them."""

    register_id = "log-1"
    rehearsal = True
    agency = "SỞ MẪU"

    def __init__(self) -> None:
        self._key = TraceKey.from_entropy(secrets.token_bytes(67), rehearsal=self.rehearsal)
        self._tree = GrowingTree()
        self._roots = [EMPTY_ROOT]
        self._issued: dict[str, IssueRequest] = {}
        self._copies: dict[str, tuple[str, ReservedCopy]] = {}
        self._states: dict[str, CopyState] = {}

    def trace_key(self) -> TraceKey:
        """The key that page codes are sealed with."""
        return self._key

    def check_new(self, identity: DocumentIdentity) -> str | None:
        """Each identity once; this register knows no second attempts."""
        if any(one.identity == identity for one in self._issued.values()):
            raise RegisterRefused("register.already_issued")
        return None

    def same_file(self, sha256: str) -> tuple[str, ...]:
        """Documents made from that very file."""
        return tuple(name for name, one in self._issued.items() if one.source_sha256 == sha256)

    def reserve(self, request: IssueRequest) -> Reservation:
        """Enter the document and one line for each of its copies."""
        self.check_new(request.identity)
        document_id = secrets.token_hex(8)
        self._issued[document_id] = request
        names = [one.name for one in request.recipients for _ in range(one.copies)]
        copies = tuple(
            self._reserve(document_id, number, name) for number, name in enumerate(names, 1)
        )
        return Reservation(document_id=document_id, copies=copies)

    def _reserve(self, document_id: str, number: int, recipient: str) -> ReservedCopy:
        position = self._enter(f"reserve {document_id} {number}")
        copy = ReservedCopy(
            attempt_id=f"{document_id}-{number}",
            number=number,
            attempt=1,
            recipient=recipient,
            position=position,
            root=self._roots[position][:ROOT_BYTES],
            reference=show_reference(reference(self._key, document_id, number, 1)),
        )
        self._copies[copy.attempt_id] = document_id, copy
        self._states[copy.attempt_id] = CopyState.RESERVED
        return copy

    def record(self, records: tuple[CopyRecord, ...]) -> None:
        """Enter steps of copies."""
        for one in records:
            self._enter(f"{one.state} {one.attempt_id}")
            self._states[one.attempt_id] = one.state

    def find_code(self, code: PageCode) -> FoundCode:
        """The copy whose reservation stands where the code says, if the history is the same."""
        if code.position >= len(self._roots):
            return FoundCode(witness=Witness.TRUNCATED)
        if self._roots[code.position][:ROOT_BYTES] != code.root:
            return FoundCode(witness=Witness.REWRITTEN)
        for document_id, copy in self._copies.values():
            if copy.position == code.position:
                return FoundCode(witness=Witness.AGREES, copy=self._found(document_id, copy))
        return FoundCode(witness=Witness.NEVER_ISSUED)

    def find_reference(self, untrusted_text: str) -> FoundCopy | None:
        """The copy that has a typed short reference."""
        wanted = show_reference(parse_reference(untrusted_text))
        for document_id, copy in self._copies.values():
            if copy.reference == wanted:
                return self._found(document_id, copy)
        return None

    def _enter(self, line: str) -> int:
        self._tree.append(leaf_hash(line.encode()))
        self._roots.append(self._tree.root())
        return self._tree.size

    def _found(self, document_id: str, copy: ReservedCopy) -> FoundCopy:
        request = self._issued[document_id]
        return FoundCopy(
            document_id=document_id,
            number_sign=request.identity.number_sign,
            dated=request.identity.dated,
            level=request.level,
            number=copy.number,
            copies=sum(one.copies for one in request.recipients),
            attempt=copy.attempt,
            state=self._states[copy.attempt_id],
            recipient=copy.recipient,
            pages=request.pages,
            superseded=False,
        )


def main() -> None:
    """Issue two copies into a folder, photograph page 2 of the second, trace the picture."""
    register: RegisterPort = LogRegister()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        office = Config(data_folder=str(folder / "data"))
        write_sample(folder / "mau.docx")
        order = IssueOrder(
            stamp=MarkRequest(source=folder / "mau.docx", level=Level.MAT, dated=date(2026, 11, 5)),
            number_sign="12/KH-SM",
            recipients=(Recipient(name="UBND tỉnh Mẫu"), Recipient(name="Văn thư Sở Mẫu")),
            actor="Nguyễn Văn An",
        )
        report = issue_copies(order, folder / "out", register=register, config=office)
        second = report.copies[1]
        with pypdfium2.PdfDocument(folder / "out" / second.file) as pdf:
            pdf[1].render(scale=200 / 72).to_pil().save(folder / "anh-chup.png")
        for one in trace(
            folder / "anh-chup.png", second.reference, register=register, config=office
        ):
            assert one.copy is not None
            print(
                f"{one.trace.value}: copy {one.copy.number} of {one.copy.copies}, page {one.page}, "
                f"{one.copy.state.value}, for {one.copy.recipient}"
            )


if __name__ == "__main__":
    main()
