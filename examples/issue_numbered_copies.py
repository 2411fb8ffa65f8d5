# SPDX-License-Identifier: Apache-2.0
"""Issue three numbered copies in a rehearsal register and trace one back. Runs from anywhere."""

import tempfile
from datetime import date
from pathlib import Path

from bmnn_mark import (
    Config,
    IssueOrder,
    Level,
    MarkRequest,
    Recipient,
    create_register,
    issue_copies,
    trace,
)
from bmnn_mark.documents.word.sample import write_sample


def main() -> None:
    """Make a register, issue, trace, verify."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "mau.docx")
        office = Config(agency="SỞ MẪU", data_folder=str(folder / "data"))
        register = create_register(actor="Nguyễn Văn An", rehearsal=True, config=office)
        order = IssueOrder(
            stamp=MarkRequest(
                source=folder / "mau.docx", level=Level.TOI_MAT, dated=date(2026, 11, 5)
            ),
            number_sign="12/KH-SM",
            recipients=(Recipient(name="UBND tỉnh Mẫu"), Recipient(name="Sở Mẫu", copies=2)),
            actor="Nguyễn Văn An",
        )
        report = issue_copies(order, folder / "out", config=office)
        for copy in report.copies:
            print(f"{copy.number}/{len(report.copies)} {copy.reference} for {copy.recipient}")
        for one in trace(folder / "out" / report.copies[1].file, config=office):
            print(f"page {one.page}: {one.trace.value}")
        print(f"register intact: {register.verify().intact}")


if __name__ == "__main__":
    main()
