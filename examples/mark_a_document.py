# SPDX-License-Identifier: Apache-2.0
"""Mark a sample document TỐI MẬT and say where each mark is. Runs from anywhere."""

import tempfile
from datetime import date
from pathlib import Path

from bmnn_mark.config import Config
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.rules import Copying, Level
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import StampOrder
from bmnn_mark.workflow.stamping import stamp


def main() -> None:
    """Write the sample, mark it, print the places."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "mau.docx")
        order = StampOrder(
            source=folder / "mau.docx",
            level=Level.TOI_MAT,
            dated=date(2026, 11, 22),
            copying=Copying.FORBIDDEN,
            to_pdf=True,
        )
        report = stamp(office_for(Config(), None), order, folder / "mau.pdf")
        for mark in report.result.marks:
            box = mark.box
            print(
                f"{mark.stamp}: page {mark.page}, {box.width:.1f} x {box.height:.1f} mm "
                f"at {box.x:.1f}, {box.y:.1f} mm"
            )
        print(f"shown by {', '.join(report.result.renderers)}")


if __name__ == "__main__":
    main()
