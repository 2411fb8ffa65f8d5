# SPDX-License-Identifier: Apache-2.0
"""Issue three numbered copies in a rehearsal register and trace one back. Runs from anywhere."""

import tempfile
from datetime import date
from pathlib import Path

from bmnn_mark.config import Config
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.issuing import issue_to_folder
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.tracing import trace


def main() -> None:
    """Make a register, issue, trace, verify."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "mau.docx")
        office = office_for(Config(agency="SỞ MẪU", data_folder=str(folder / "data")), None)
        bookkeeping.create(office, agency=None, rehearsal=True, actor="Nguyễn Văn An")
        order = IssueOrder(
            stamp=StampOrder(
                source=folder / "mau.docx", level=Level.TOI_MAT, dated=date(2026, 11, 5)
            ),
            number_sign="12/KH-SM",
            recipients=(Recipient(name="UBND tỉnh Mẫu"), Recipient(name="Sở Mẫu", copies=2)),
            actor="Nguyễn Văn An",
        )
        report = issue_to_folder(office, order, folder / "out")
        for copy in report.copies:
            print(f"{copy.number}/{len(report.copies)} {copy.reference} for {copy.recipient}")
        found = trace(office, (str(folder / "out" / report.copies[1].file),))
        for one in found:
            print(f"page {one.page}: {one.trace.value}")
        print(f"register intact: {bookkeeping.verify(office).intact}")


if __name__ == "__main__":
    main()
