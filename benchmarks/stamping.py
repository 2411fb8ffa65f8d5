# SPDX-License-Identifier: Apache-2.0
"""Marking a long PDF, in-process, against opening and saving it unchanged with pikepdf.

Ratios of processor time within one run, so that a busy machine does not count; the proof by pixels
is shown beside them and has no bar.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.frame import read_frames
from bmnn_mark.documents.pdf.opening import OpenedPdf
from bmnn_mark.documents.pdf.proof import prove_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.proof import Pair
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, load_pack
from bmnn_mark.stamps.compose import level_mark
from bmnn_mark.units import Mm, Point, Rect

ROUNDS = 7
STAMP_BAR = 2.0
GROWTH_BAR = 12.0
PACK = "nd63-2026"


def text_pdf(path: Path, pages: int) -> None:
    """A text document whose pages share their resources, as LibreOffice writes it."""
    with pikepdf.new() as pdf:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"))
        resources = pdf.make_indirect(Dictionary(Font=Dictionary(F1=pdf.make_indirect(font))))
        for page in range(pages):
            rows = b"".join(
                b"<%s> Tj T*\n"
                % f"Trang {page} dong {row}: noi dung van ban thuong".encode().hex().encode()
                for row in range(36)
            )
            content = b"q BT /F1 12 Tf 16 TL 90 640 Td\n" + rows + b"ET Q\n"
            entries = Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, 595.276, 841.89]),
                Resources=resources,
                Contents=pdf.make_stream(content),
            )
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(entries)))
        pdf.save(path)


def resave(source: Path, target: Path) -> float:
    """Processor seconds to open and save a document unchanged."""
    started = time.process_time()
    with pikepdf.open(source) as pdf:
        pdf.save(target)
    return time.process_time() - started


def stamp(source: Path, target: Path, *, every_page: bool) -> tuple[float, MarkPlan]:
    """Processor seconds to open, mark and save it: the độ mật mark on page 1, or on every page."""
    started = time.process_time()
    drawing = level_mark(load_pack(PACK), Level.TOI_MAT)
    with pikepdf.open(source) as pdf:
        frames = read_frames(pdf.pages, DEFAULT_LIMITS)
        opened = OpenedPdf(pdf=pdf, frames=frames, notices=(), path=source)
        marks = tuple(
            PlannedMark(
                kind=MarkKind.LEVEL,
                drawing=drawing,
                page=frame.page,
                box=Rect.at(Point(Mm(30), Mm(45)), drawing.size),
            )
            for frame in (frames if every_page else frames[:1])
        )
        plan = MarkPlan(marks=marks)
        write_marked(opened, plan, target, mark_id="0", pack_id=PACK)
    return time.process_time() - started, plan


def measure(folder: Path, pages: int) -> dict[str, float]:
    """Median seconds of each way, rounds interleaved."""
    source, target = folder / f"{pages}.pdf", folder / "out.pdf"
    text_pdf(source, pages)
    times: dict[str, list[float]] = {"resave": [], "first": [], "every": []}
    for _ in range(ROUNDS):
        for way, seconds in times.items():
            target.unlink(missing_ok=True)
            if way == "resave":
                seconds.append(resave(source, target))
            else:
                seconds.append(stamp(source, target, every_page=way == "every")[0])
    return {way: statistics.median(seconds) for way, seconds in times.items()}


def proof_a_page(folder: Path, pages: int) -> float:
    """Milliseconds a page of the proof by two engines and a second reader."""
    source, target = folder / f"{pages}.pdf", folder / "proven.pdf"
    _, plan = stamp(source, target, every_page=False)
    with pikepdf.open(source) as pdf:
        sizes = tuple(frame.size for frame in read_frames(pdf.pages, DEFAULT_LIMITS))
    started = time.perf_counter()
    prove_pdf(Pair(before=source, after=target, sizes=sizes, work=folder), plan)
    return (time.perf_counter() - started) * 1000 / pages


def main() -> int:
    """Measure, print the table, say whether the bars hold."""
    with tempfile.TemporaryDirectory(prefix="bmnn-bench-") as name:
        folder = Path(name)
        short, long = measure(folder, 100), measure(folder, 1000)
        proof = proof_a_page(folder, 100)
    rows = [
        ("stamp 1000 pages / pikepdf open+save", long["first"] / long["resave"], STAMP_BAR),
        ("the same, a mark on every page", long["every"] / long["resave"], None),
        ("stamp 1000 pages / 100 pages", long["first"] / short["first"], GROWTH_BAR),
        ("the same, a mark on every page", long["every"] / short["every"], GROWTH_BAR),
        ("proof, ms a page of text", proof, None),
    ]
    print(f"pikepdf open+save of 1000 pages: {long['resave'] * 1000:.1f} ms")
    return table(rows)


def table(rows: list[tuple[str, float, float | None]]) -> int:
    """Print ratio, bar and verdict of each row; 1 when a bar is missed."""
    missed = 0
    print(f"{'what':48} {'ratio':>8} {'bar':>8}  ok")
    for what, ratio, bar in rows:
        good = bar is None or ratio <= bar
        missed += not good
        verdict = "" if bar is None else "yes" if good else "NO"
        print(f"{what:48} {ratio:8.2f} {'' if bar is None else f'{bar:g}':>8}  {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
