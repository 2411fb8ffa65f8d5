# SPDX-License-Identifier: Apache-2.0
"""What the verified pixels cost: the base once a document, then each copy; size and memory.

The sample document (3 pages of text with a red mark), at 600 pixels an inch, in a real register.
Usage: ``python benchmarks/raster.py [DOCUMENT]``. Every figure is of the whole call, its caged
process and its start included. The bar is the pace of a printer of 30 pages a minute: a copy must
be ready before the one before it is out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from bars import Bar, report

from bmnn_mark.config import Config
from bmnn_mark.documents.raster import RasterForm
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level
from bmnn_mark.worker import ignore_progress
from bmnn_mark.workflow import bookkeeping, rastering
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.producing import make_copies
from bmnn_mark.workflow.template import issue_request, prepared

COPIES = 12
PAGE_SECONDS = 2.0  # of a printer of 30 pages a minute


def an_order(source: Path) -> IssueOrder:
    """Some copies of a Tuyệt mật document."""
    marks = StampOrder(source=source, level=Level.TUYET_MAT, dated=date(2026, 11, 5))
    return IssueOrder(
        stamp=marks, number_sign="12/KH-SM", recipients=(Recipient(name="A", copies=COPIES),),
        actor="C",
    )  # fmt: skip


def main() -> int:
    """Measure, print the table, say whether the bar holds."""
    spent: dict[str, list[float]] = {"base": [], "proof": [], "copy": []}

    def timed(name: str, call):
        def run(*arguments, **more):
            began = time.perf_counter()
            made = call(*arguments, **more)
            spent[name].append(time.perf_counter() - began)
            return made

        return run

    confined = rastering.confined
    confined.raster_base = timed("base", confined.raster_base)
    confined.prove_raster = timed("proof", confined.prove_raster)
    sizes: list[int] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Path(sys.argv[1]) if sys.argv[1:] else folder / "source.docx"
        if not sys.argv[1:]:
            write_sample(source)
        office = office_for(Config(agency="A", data_folder=str(folder / "data")), None)
        register = bookkeeping.create(office, agency=None, rehearsal=False, actor="C")
        with prepared(office, register, an_order(source), ignore_progress) as template:
            press = rastering.raster_press(template, RasterForm(), ignore_progress)
            reservation = register.reserve(issue_request(register, an_order(source), template))
            made = make_copies(
                template, register, reservation.copies, COPIES, template.work, ignore_progress
            )
            draw = timed("copy", press.copy)
            for copy, path, _ in made:
                drawn = draw(register, copy, COPIES, path, ignore_progress, proven=False)
                sizes.append(drawn.length)
    pages = len(press.base.pages)
    kinds = "+".join(page.ink.value for page in press.base.pages)
    each = statistics.median(spent["copy"]) / pages
    print(f"{pages} pages ({kinds}), {COPIES} copies")
    rows = {
        "base drawn, a page": (spent["base"][0] / pages, None),
        "base proven by two engines, a page": (spent["proof"][0] / pages, None),
        "a further copy drawn and read back, a page": (each, PAGE_SECONDS),
    }
    bars = [
        Bar(what=what, measured=value, bar=bar, unit="s") for what, (value, bar) in rows.items()
    ]
    size = statistics.median(sizes) / pages / 1024
    return report([*bars, Bar(what="size of a page", measured=size, unit="KiB")])


if __name__ == "__main__":
    sys.exit(main())
