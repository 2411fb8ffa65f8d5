# SPDX-License-Identifier: Apache-2.0
"""50 numbered copies of a DOCX of some 25 pages, each against a plain copy of the same package.

Ours is measured whole: code sealed and drawn, package spliced, written, read back, compared and
hashed. Both take turns; both are new files, and none is synced one by one. Medians of one run.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import docx
from bars import Bar, report

from bmnn_mark.config import Config
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.register.port import ReservedCopy
from bmnn_mark.rules import Level
from bmnn_mark.worker import ignore_progress
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.word_copies import WordTemplate

COPIES, PARAGRAPHS, ROUNDS = 50, 300, 4
BAR = 4.0


def text_docx(path: Path) -> None:
    """Text of some 25 pages."""
    document = docx.Document()
    document.add_paragraph("Số: 12/KH-SM")
    for number in range(PARAGRAPHS):
        document.add_paragraph(f"Đoạn {number}: nội dung văn bản thường, dài hơn một dòng. " * 4)
    document.save(str(path))


def main() -> int:
    """Measure, print the table, say whether the bar holds."""
    plain, ours, syncs = [], [], []
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        folder = Path(name)
        office = office_for(Config(agency="A", data_folder=str(folder / "data")), None)
        bookkeeping.create(office, agency=None, rehearsal=False, actor="C")
        text_docx(folder / "source.docx")
        request = MarkRequest(level=Level.MAT, pack="nd63-2026", copies=COPIES)
        template = WordTemplate(office, folder / "source.docx", folder, request, ignore_progress)
        register = office.open_register()
        base = folder / "base.docx"
        for _ in range(ROUNDS):
            for number in range(1, COPIES + 1):
                copy = ReservedCopy(
                    attempt_id="", number=number, recipient="", position=number, attempt=1,
                    root=bytes(14), reference="0123456789",
                )  # fmt: skip
                began = time.perf_counter()
                shutil.copyfile(base, folder / f"plain-{number}.docx")
                copied = time.perf_counter()
                template.write(register, copy, COPIES, folder / f"{number}.docx")
                ours.append(time.perf_counter() - copied)
                plain.append(copied - began)
            began = time.perf_counter()
            template.sync()
            syncs.append((time.perf_counter() - began) / COPIES)
            for number in range(1, COPIES + 1):
                (folder / f"plain-{number}.docx").unlink()
                (folder / f"{number}.docx").unlink()
        size = base.stat().st_size
    one, other, sync = (statistics.median(seconds) * 1e3 for seconds in (plain, ours, syncs))
    print(f"{size / 1e3:.0f} kB; ms a copy: plain {one:.2f}, ours {other:.2f}, sync {sync:.2f}")
    return report([Bar(what="a DOCX copy / a file copy", measured=other / one, bar=BAR)])


if __name__ == "__main__":
    sys.exit(main())
