# SPDX-License-Identifier: Apache-2.0
"""200 numbered copies of a 100-page, 5 MB PDF with a code on every page, against what bounds them.

A copy made, synced and proven by bytes is set against a plain file copy and against
``qpdf --overlay`` for each copy, in the same run. Memory must not grow with the number of copies.
"""

from __future__ import annotations

import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name

from bmnn_mark import files
from bmnn_mark.documents.captions import widest_copy_caption
from bmnn_mark.documents.copies import CopyTemplate, CopyValues, CopyWriter
from bmnn_mark.documents.copy_proof import prove_copy_bytes
from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest, Slot
from bmnn_mark.documents.pdf.frame import read_frames
from bmnn_mark.documents.pdf.opening import OpenedPdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.stamps.compose import copy_number_mark, level_mark, page_code_mark
from bmnn_mark.units import Mm, Point, Rect

COPIES, PAGES, PICTURE_BYTES = 200, 100, 50_000
OVERLAYS = 5
COPY_BAR, CODE_SECONDS, REGISTER_SECONDS = 2.0, 25e-6, 1e-3
OVERLAY_BAR = 50.0
MEMORY_BAR, MEMORY_SLACK = 3.0, 60 << 20
PACK = "nd63-2026"
REQUEST = MarkRequest(level=Level.TOI_MAT, pack=PACK, copies=COPIES)


def scanned_pdf(path: Path, picture_bytes: int = PICTURE_BYTES) -> None:
    """Pages of noise, one grey picture each: 5 MB that do not compress."""
    rng = random.Random(1)
    with pikepdf.new() as pdf:
        for _ in range(PAGES):
            picture = pdf.make_stream(
                rng.randbytes(picture_bytes),
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=250,
                Height=200,
                ColorSpace=Name.DeviceGray,
                BitsPerComponent=8,
            )
            entries = Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, 595.276, 841.89]),
                Resources=Dictionary(XObject=Dictionary(Im0=picture)),
                Contents=pdf.make_stream(b"q 300 0 0 240 150 300 cm /Im0 Do Q\n"),
            )
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(entries)))
        pdf.save(path, compress_streams=False)


def write_template(source: Path, target: Path) -> tuple[Slot, ...]:
    """The template of copies, as the marker writes it."""
    pack = load_pack(PACK)
    with pikepdf.open(source) as pdf:
        frames = read_frames(pdf.pages, DEFAULT_LIMITS)
        marks = []

        def put(kind: MarkKind, drawing, page: int, x: float, y: float, slot=None) -> None:
            box = Rect.at(Point(Mm(x), Mm(y)), drawing.size)
            marks.append(PlannedMark(kind=kind, drawing=drawing, page=page, box=box, slot=slot))

        put(MarkKind.LEVEL, level_mark(pack, REQUEST.level), 1, 30, 45)
        number = copy_number_mark(pack, COPIES, COPIES)
        put(MarkKind.COPY_NUMBER, number, 1, 150, 8, "copy-number")
        code, caption = page_code_mark("BM1:".ljust(67, "0"), Mm(20)), widest_copy_caption(COPIES)
        for frame in frames:
            put(MarkKind.PAGE_CODE, code, frame.page, 7, 265, f"code:{frame.page}")
            put(MarkKind.CAPTION, caption, frame.page, 7, 255, "caption")
        opened = OpenedPdf(pdf=pdf, frames=frames, notices=(), path=source)
        plan = MarkPlan(marks=tuple(marks))
        return write_marked(opened, plan, target, mark_id="0", pack_id=PACK)


def values_of(number: int) -> CopyValues:
    """What a copy says, with a code text of its own on each page."""
    codes = tuple(f"BM1:{number:05d}{page:05d}".ljust(67, "7") for page in range(1, PAGES + 1))
    return CopyValues(number=number, copies=COPIES, reference="0123456789", codes=codes)


def make_copies(template: CopyTemplate, base: Path, folder: Path) -> tuple[float, ...]:
    """Seconds a copy: plain file copy, ours, making ours durable, proving its bytes.

    Plain copies and ours take turns; medians, but for the one sync of the batch.
    """
    writer = CopyWriter(template)
    plain, made, proven = [], [], []
    for number in range(1, COPIES + 1):
        values = values_of(number)
        began = time.perf_counter()
        shutil.copyfile(base, folder / f"plain{number}.pdf")
        copied = time.perf_counter()
        slots = template.slot_values(REQUEST, values)
        writer.write_copy(slots, folder / f"{number}.pdf")
        written = time.perf_counter()
        prove_copy_bytes(template, folder / f"{number}.pdf", slots, number, lambda *_: True)
        proven.append(time.perf_counter() - written)
        plain.append(copied - began)
        made.append(written - copied)
    began = time.perf_counter()
    writer.sync()
    synced = (time.perf_counter() - began) / COPIES
    return *(statistics.median(seconds) for seconds in (plain, made, proven)), synced


def overlays(source: Path, marks: Path, folder: Path) -> float:
    """Median seconds of one copy by ``qpdf --overlay``."""
    seconds = []
    for number in range(OVERLAYS):
        target = folder / f"overlay{number}.pdf"
        started = time.perf_counter()
        command = ["/usr/bin/qpdf", str(source), "--overlay", str(marks), "--", str(target)]
        subprocess.run(command, check=True)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def peak() -> int:
    """Most bytes this process had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Measure, print the table, say whether the bars hold."""
    with files.work_folder() as folder:
        source, base = folder / "source.pdf", folder / "base.pdf"
        scanned_pdf(source)
        slots = write_template(source, base)
        before = peak()
        with CopyTemplate(base, slots) as template:
            plain, made, proven, synced = make_copies(template, base, folder)
        grown = peak() - before
        blank, marks = folder / "blank.pdf", folder / "marks.pdf"
        scanned_pdf(blank, picture_bytes=0)
        write_template(blank, marks)
        overlaid = overlays(source, marks, folder)
        size = base.stat().st_size
    allowed = COPY_BAR * plain + CODE_SECONDS * PAGES + REGISTER_SECONDS
    print(f"{size / 1e6:.1f} MB, {PAGES} pages; ms a copy: plain {plain * 1e3:.2f}, made"
          f" {made * 1e3:.2f}, synced {synced * 1e3:.2f}, proven {proven * 1e3:.2f},"
          f" qpdf --overlay {overlaid * 1e3:.0f}")  # fmt: skip
    print(f"qpdf --overlay is {overlaid / plain:.0f} times a plain file copy: no writer of whole"
          " files can gain more")  # fmt: skip
    rows = [
        ("a copy / (2 file copies + 25 us a code + 1 ms)", made / allowed, 1.0, True),
        ("qpdf --overlay a copy / ours", overlaid / made, OVERLAY_BAR, False),
        (
            "memory growth / (3 x base + 60 MB)",
            grown / (MEMORY_BAR * size + MEMORY_SLACK),
            1.0,
            True,
        ),
    ]
    print(f"{'what':48} {'ratio':>8} {'bar':>8}  ok")
    missed = 0
    for what, ratio, bar, at_most in rows:
        good = ratio <= bar if at_most else ratio >= bar
        missed += not good
        limit = f"{'<=' if at_most else '>='} {bar:g}"
        print(f"{what:48} {ratio:8.2f} {limit:>8}  {'yes' if good else 'NO'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
