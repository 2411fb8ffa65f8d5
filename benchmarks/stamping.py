# SPDX-License-Identifier: Apache-2.0
"""Marking a long PDF, in-process, against opening and saving it unchanged with pikepdf.

Ratios of processor time within one run, so that a busy machine does not count. The proof by pixels
is counted apart, in milliseconds a page. Memory is that of a process which marks a document as the
program does, from opening to proof: what it grows beyond what its imports took.
"""

from __future__ import annotations

import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pikepdf
from bars import Bar, report
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind, MarkRequest
from bmnn_mark.documents.pdf.frame import read_frames
from bmnn_mark.documents.pdf.opening import OpenedPdf, open_pdf
from bmnn_mark.documents.pdf.plan import plan_marks
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
CORES = 2
PROOF_BAR = 60.0
MEMORY_FILES, MEMORY_MIB = 3, 100
MIB = 1024 * 1024
MARKS_ONE = """
import sys
from pathlib import Path
import bmnn_mark.documents.worker
from bmnn_mark.documents.model import MarkRequest, MarkTask
from bmnn_mark.documents.pdf.marking import mark_pdf
from bmnn_mark.rules import Level

def kib(name):
    rows = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith(name)).split()[1])

before = kib("VmRSS")
request = MarkRequest(level=Level.TOI_MAT, pack="nd63-2026", allow_overlap="benchmark")
mark_pdf(MarkTask(source=sys.argv[1], target=sys.argv[2], work=sys.argv[3], request=request))
print(kib("VmHWM") - before)
"""
PACK = "nd63-2026"


#: Two letters that Times has not in its own encoding, and what they are.
_LETTERS = Array([1, Name("/ohorn"), Name("/acircumflexdotbelow")])
_LETTERS_MAP = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
    b"1 begincodespacerange <00> <ff> endcodespacerange\n"
    b"2 beginbfchar <01> <01a1> <02> <1ead> endbfchar\nendcmap end end"
)


def text_pdf(path: Path, pages: int, *, block: bool = True) -> None:
    """A text document whose pages share their resources, as LibreOffice writes it.

    With ``block`` it ends in one Nơi nhận, as documents do.
    """
    with pikepdf.new() as pdf:
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type1,
            BaseFont=Name("/Times-Roman"),
            Encoding=Dictionary(Type=Name.Encoding, Differences=_LETTERS),
            ToUnicode=pdf.make_stream(_LETTERS_MAP),
        )
        resources = pdf.make_indirect(Dictionary(Font=Dictionary(F1=pdf.make_indirect(font))))
        for page in range(pages):
            rows = b"".join(
                b"<%s> Tj T*\n"
                % f"Trang {page} dong {row}: noi dung van ban thuong".encode().hex().encode()
                for row in range(36)
            )
            if block and page == pages - 1:
                rows = b"<4e0169206e68026e3a> Tj T*\n<2d204e68752074722e3b> Tj T*\n"
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


def stamp_checked(source: Path, target: Path, work: Path) -> float:
    """The same as the program does it: all checks on opening, the look for room, no proof."""
    started = sum(os.times()[:4])
    request = MarkRequest(level=Level.TOI_MAT, pack=PACK)
    with open_pdf(source, DEFAULT_LIMITS, work) as opened:
        plan = plan_marks(opened, request, load_pack(PACK), None, work=work)
        write_marked(opened, plan, target, mark_id="0", pack_id=PACK)
    return sum(os.times()[:4]) - started


def measure(folder: Path, pages: int) -> dict[str, float]:
    """Median seconds of each way, rounds interleaved."""
    source, target = folder / f"{pages}.pdf", folder / "out.pdf"
    text_pdf(source, pages)
    bare = folder / "bare.pdf"
    text_pdf(bare, pages, block=False)
    ways = ("resave", "first", "every", "checked", "bare")
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, seconds in times.items():
            target.unlink(missing_ok=True)
            if way == "resave":
                seconds.append(resave(source, target))
            elif way in {"checked", "bare"}:
                taken = source if way == "checked" else bare
                seconds.append(stamp_checked(taken, target, folder))
            else:
                seconds.append(stamp(source, target, every_page=way == "every")[0])
    return {way: statistics.median(seconds) for way, seconds in times.items()}


def proof_a_page(folder: Path, pages: int) -> float:
    """Processor milliseconds a page of the proof, shared by two cores, the engines' included."""
    source, target = folder / f"{pages}.pdf", folder / "proven.pdf"
    _, plan = stamp(source, target, every_page=False)
    with pikepdf.open(source) as pdf:
        sizes = tuple(frame.size for frame in read_frames(pdf.pages, DEFAULT_LIMITS))
    started = sum(os.times()[:4])
    prove_pdf(Pair(before=source, after=target, sizes=sizes, work=folder), plan)
    return (sum(os.times()[:4]) - started) * 1000 / pages / CORES


def scan_pdf(path: Path, pages: int) -> None:
    """Pages that are nothing but a grey photograph, each another, about 370 kB."""
    with pikepdf.new() as pdf:
        for page in range(pages):
            grain = Image.frombytes("L", (310, 438), random.Random(page).randbytes(310 * 438))
            data = io.BytesIO()
            grain.resize((1240, 1752)).point(lambda level: 200 + level // 5).save(
                data, "JPEG", quality=88
            )
            image = Stream(
                pdf, data.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=1240,
                Height=1752, ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.DCTDecode,
            )  # fmt: skip
            entries = Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, 595.276, 841.89]),
                Resources=Dictionary(XObject=Dictionary(I=pdf.make_indirect(image))),
                Contents=pdf.make_stream(b"q 595.276 0 0 841.89 0 0 cm /I Do Q\n"),
            )
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(entries)))
        pdf.save(path)


def memory_share(folder: Path, source: Path) -> float:
    """Growth of a process that marks a document, against the bar for a file of that size."""
    work = folder / f"work-{source.stem}"
    work.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", MARKS_ONE, str(source), str(work / "out.pdf"), str(work)],
        capture_output=True, text=True, check=True, env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    bar = MEMORY_FILES * source.stat().st_size + MEMORY_MIB * MIB
    return int(ended.stdout) * 1024 / bar


def main() -> int:
    """Measure, print the table, say whether the bars hold."""
    with tempfile.TemporaryDirectory(prefix="bmnn-bench-") as name:
        folder = Path(name)
        short, long = measure(folder, 100), measure(folder, 1000)
        proof = proof_a_page(folder, 100)
        text_memory = memory_share(folder, folder / "100.pdf")
        scan_pdf(folder / "scans.pdf", 60)
        scan_memory = memory_share(folder, folder / "scans.pdf")
    resaved = long["resave"]
    print(f"pikepdf open+save of 1000 pages: {resaved * 1000:.1f} ms")
    return report(
        Bar(what=what, measured=measured, bar=bar)
        for what, measured, bar in (
            ("stamp 1000 pages / pikepdf open+save", long["first"] / resaved, STAMP_BAR),
            ("the same, a mark on every page", long["every"] / resaved, None),
            ("the same, all checks and the look for room", long["checked"] / resaved, None),
            ("the same, no block Noi nhan on any page", long["bare"] / resaved, None),
            ("stamp 1000 pages / 100 pages", long["first"] / short["first"], GROWTH_BAR),
            ("the same, a mark on every page", long["every"] / short["every"], GROWTH_BAR),
            ("proof, ms a page of text on two cores", proof, PROOF_BAR),
            ("memory / (3 x file + 100 MiB), 100 pages of text", text_memory, 1.0),
            ("the same, 60 scans of 22 MB", scan_memory, 1.0),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
