# SPDX-License-Identifier: Apache-2.0
"""Mark a sample document TỐI MẬT and say where each mark is. Runs from anywhere."""

import tempfile
from datetime import date
from pathlib import Path

from bmnn_mark import Config, Copying, Level, MarkRequest, mark
from bmnn_mark.documents.word.sample import write_sample


def main() -> None:
    """Write the sample, mark it, print the places."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "mau.docx")
        request = MarkRequest(
            source=folder / "mau.docx",
            level=Level.TOI_MAT,
            dated=date(2026, 11, 22),
            copying=Copying.FORBIDDEN,
        )
        report = mark(request, folder / "mau.pdf", config=Config())
        for one in report.result.marks:
            box = one.box
            print(
                f"{one.stamp}: page {one.page}, {box.width:.1f} x {box.height:.1f} mm "
                f"at {box.x:.1f}, {box.y:.1f} mm"
            )
        print(f"shown by {', '.join(report.result.renderers)}")


if __name__ == "__main__":
    main()
