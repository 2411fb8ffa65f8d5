# SPDX-License-Identifier: Apache-2.0
"""200 numbered copies of a 100-page, 5 MB PDF with a code on every page, against what bounds them.

A copy of ours is measured whole, as the program makes it: its share of the reservation, of the
sealing, opening and drawing of the codes of twenty copies, its bytes spliced, written, read back,
compared and hashed, its share of entering it as produced. Twenty take turns with twenty plain
copies and one of each peer (``copy_peers.py``), on the disk of the folder given or of the system's
temporary files; figures are medians of one run, of processor time, so that other work on the
machine counts for little. The sync is one for a batch of copies and said apart, beside that of as
many plain copies; after it both are removed, so that no way waits for what the disk owes to
another. Memory is that of processes that make so many copies, beyond what their imports took.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pikepdf
from bars import Bar, report
from copy_peers import PEERS
from pikepdf import Array, Dictionary, Name

from bmnn_mark.config import Config
from bmnn_mark.documents.copies import CopyTemplate, CopyWriter
from bmnn_mark.register.port import CopyState, Recipient, RegisterPort, ReservedCopy
from bmnn_mark.rules import Level
from bmnn_mark.worker import ignore_progress
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.office import Office, office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.producing import (
    DrawnCopy,
    MadeCopy,
    copy_values,
    drawn_copies,
    make_copy,
    record_all,
)
from bmnn_mark.workflow.template import Template, issue_request, prepared

COPIES, PAGES, PICTURE_BYTES = 200, 100, 50_000
TURN = 20
UNPROVEN = "ours, as peers do"
COPY_BAR, CODE_SECONDS, REGISTER_SECONDS = 2.0, 25e-6, 1e-3
OVERLAY_BAR = 50.0
MEMORY_BAR, MEMORY_SLACK, MEMORY_COPIES = 3.0, 60 << 20, (50, 400)
FLAT_MIB = 4


def scanned_pdf(path: Path, picture_bytes: int) -> None:
    """Pages of noise, one grey picture each, that do not compress."""
    rng = random.Random(1)
    with pikepdf.new() as pdf:
        for _ in range(PAGES):
            picture = pdf.make_stream(
                rng.randbytes(picture_bytes),
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=250,
                Height=picture_bytes // 250,
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


class Batch:
    """One document's copies in the making, as the program makes them."""

    def __init__(self, office: Office, source: Path, copies: int, held: ExitStack) -> None:
        self.register: RegisterPort = office.open_register()
        order = IssueOrder(
            stamp=StampOrder(source=source, level=Level.TOI_MAT, dated=date(2026, 3, 2)),
            number_sign=f"{copies}/{source.stem}",
            recipients=(Recipient(name="B", copies=copies),),
            actor="C",
        )
        self.template: Template = held.enter_context(
            prepared(office, self.register, order, ignore_progress)
        )
        began = time.process_time()
        reservation = self.register.reserve(issue_request(self.register, order, self.template))
        self.reserving = (time.process_time() - began) / copies
        self.copies: tuple[ReservedCopy, ...] = reservation.copies
        slots = self.template.report.result.slots
        self.writer = CopyWriter(CopyTemplate(self.template.path, slots))
        self.drawn: dict[int, DrawnCopy] = {}
        self.made: list[MadeCopy] = []

    def draw(self, numbers: range) -> float:
        """Seconds a copy to seal, open and draw what its slots hold; some at a time, as always."""
        copies = [self.copies[number - 1] for number in numbers]
        began = time.process_time()
        of = len(self.copies)
        drawn = list(drawn_copies(self.template, self.writer.template, self.register, copies, of))
        seconds = (time.process_time() - began) / len(copies)
        self.drawn = {one.copy.number: one for one in drawn}
        return seconds

    def make(self, number: int, folder: Path) -> tuple[Path, float]:
        """Copy ``number``, which was drawn, in ``folder``, and the seconds it took."""
        path, drawn = folder / f"{number}.pdf", self.drawn[number]
        began = time.process_time()
        digest = make_copy(self.writer, drawn, path)
        seconds = time.process_time() - began
        self.made.append((drawn.copy, path, digest))
        return path, seconds

    def make_unproven(self, numbers: range, folder: Path) -> list[float]:
        """Seconds of copies as peers make theirs: not opened, read back, hashed or entered."""
        base, of = self.writer.template, len(self.copies)
        began = time.process_time()
        values = [
            copy_values(self.template, self.register, self.copies[number - 1], of)
            for number in numbers
        ]
        every = base.values_of_copies(self.template.request, values)
        share = (time.process_time() - began) / len(every)
        seconds = []
        for number, slots in zip(numbers, every, strict=True):
            began = time.process_time()
            self.writer.write_copy(slots, folder / f"bare-{number}.pdf")
            seconds.append(time.process_time() - began + share)
        return seconds

    def sync(self) -> float:
        """Seconds to make durable what was written since the last time."""
        began = time.perf_counter()
        self.writer.sync()
        return time.perf_counter() - began

    def enter(self) -> float:
        """Seconds a copy to enter all as produced."""
        began = time.process_time()
        record_all(self.register, self.made, CopyState.PRODUCED, "C")
        return (time.process_time() - began) / len(self.made)


def measure(office: Office, source: Path, blank: Path, folder: Path) -> dict[str, float]:
    """Median seconds a copy of every way, all taking turns."""
    ways = ("file copy", "bmnn-mark", UNPROVEN, *PEERS, "sync of file copies", "sync of ours")
    times: dict[str, list[float]] = {name: [] for name in ways}
    with ExitStack() as held:
        ours = Batch(office, source, COPIES, held)
        marks = Batch(office, blank, COPIES, held)
        for first in range(1, COPIES + 1, TURN):
            numbers = range(first, first + TURN)
            warm(ours.template.path, folder)
            made: list[tuple[Path, float]] = []
            plain = [folder / f"plain-{number}.pdf" for number in numbers]
            drawing = ours.draw(numbers)
            for number, path in zip(numbers, plain, strict=True):
                if number % 2:  # neither way always finds the memory that the other warmed
                    made.append(ours.make(number, folder))
                times["file copy"].append(plain_copy(ours.template.path, path))
                if not number % 2:
                    made.append(ours.make(number, folder))
            times["bmnn-mark"] += [drawing + seconds for _, seconds in made]
            times["sync of ours"].append(ours.sync() / TURN)
            for path, _ in made:
                path.unlink()
            times[UNPROVEN] += ours.make_unproven(numbers, folder)
            ours.sync()
            times["sync of file copies"].append(sync_all(plain) / TURN)
            for path in (*plain, *folder.glob("bare-*.pdf")):
                path.unlink()
            for name, peer in PEERS.items():
                drawing = marks.draw(range(first, first + 1))
                overlay, making = marks.make(first, held_folder(folder, "marks"))
                target = folder / "peer.pdf"
                times[name].append(drawing + making + peer(source, overlay, target))
                target.unlink()
                overlay.unlink()
        register = ours.reserving + ours.enter()
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    medians["bmnn-mark"] += register
    print(f"of ours, the register: {register * 1e3:.2f} ms")
    return medians


def warm(source: Path, folder: Path) -> None:
    """Fetch the memory that a turn's files need from the host, so that none of the ways pays it.

    On a virtual machine 5 MB of it cost ten times what writing them costs. A file that is written
    in one go gets memory in larger pieces than one that is copied, so half are written so.
    """
    data = source.read_bytes()
    files = [folder / f"warm-{number}" for number in range(4 * TURN)]
    for path in files[::2]:
        plain_copy(source, path)
    for path in files[1::2]:
        path.write_bytes(data)
    for path in files:
        path.unlink()


def sync_all(files: list[Path]) -> float:
    """Seconds to make files durable."""
    began = time.perf_counter()
    for path in files:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return time.perf_counter() - began


def held_folder(folder: Path, name: str) -> Path:
    """A folder in ``folder``."""
    (folder / name).mkdir(exist_ok=True)
    return folder / name


def plain_copy(source: Path, target: Path) -> float:
    """Processor seconds of a file copy by the standard library."""
    began = time.process_time()
    shutil.copyfile(source, target)
    return time.process_time() - began


def status(name: str) -> int:
    """Bytes of a figure of this process."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith(name)).split()[1]) * 1024


def grown(office: Office, source: Path, copies: int, folder: Path) -> int:
    """What this process grows by while it makes so many copies, in bytes."""
    with ExitStack() as held:
        before = status("VmRSS")
        batch = Batch(office, source, copies, held)
        for first in range(1, copies + 1, TURN):
            numbers = range(first, min(first + TURN, copies + 1))
            batch.draw(numbers)
            for number in numbers:
                batch.make(number, folder)
            batch.sync()
            for one in folder.iterdir():
                one.unlink()
        batch.enter()
    return status("VmHWM") - before


def memory_of(data: Path, source: Path, copies: int, folder: Path) -> int:
    """:func:`grown` of a process of its own."""
    place = held_folder(folder, f"memory-{copies}")
    command = [sys.executable, __file__, "--grow", *map(str, (data, source, copies, place))]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(ended.stdout)


def office_at(data: Path) -> Office:
    """An office whose register is in ``data``; no program's printing is part of this."""
    return office_for(Config(agency="A", data_folder=str(data)), None)


def main() -> int:
    """Measure, print the tables, say whether the bars hold."""
    if sys.argv[1:2] == ["--grow"]:
        data, source, copies, place = sys.argv[2:]
        print(grown(office_at(Path(data)), Path(source), int(copies), Path(place)))
        return 0
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as name:
        folder = Path(name)
        office = office_at(folder / "data")
        bookkeeping.create(office, agency=None, rehearsal=False, actor="C")
        source, blank = folder / "source.pdf", folder / "blank.pdf"
        scanned_pdf(source, PICTURE_BYTES)
        scanned_pdf(blank, 250)
        medians = measure(office, source, blank, folder)
        memory = [memory_of(folder / "data", source, n, folder) for n in MEMORY_COPIES]
        size = source.stat().st_size
    return bars_of(medians, memory, size)


def bars_of(medians: dict[str, float], memory: list[int], size: int) -> int:
    """Print both tables; 1 where a bar is missed."""
    ours, plain = medians["bmnn-mark"], medians["file copy"]
    print(f"{size / 1e6:.1f} MB, {PAGES} pages, a code on each")
    print(f"{'one copy':24} {'ms':>9} {'x file copy':>12} {'x ours':>8}")
    for name, seconds in medians.items():
        print(f"{name:24} {seconds * 1e3:9.2f} {seconds / plain:12.1f} {seconds / ours:8.1f}")
    allowed = COPY_BAR * plain + CODE_SECONDS * PAGES + REGISTER_SECONDS
    limit = MEMORY_BAR * size + MEMORY_SLACK
    few, many = memory
    return report(
        (
            Bar(what="a copy / (2 file copies + 25 us a code + 1 ms)", measured=ours / allowed,
                bar=1.0),
            Bar(what="qpdf --overlay a copy / ours", measured=medians["qpdf --overlay"] / ours,
                bar=OVERLAY_BAR, at_least=True),
            Bar(what="the same, ours not read back, hashed or entered, as peers",
                measured=medians["qpdf --overlay"] / medians[UNPROVEN]),
            Bar(what="memory growth, 50 copies / (3 x base + 60 MB)", measured=few / limit,
                bar=1.0),
            Bar(what="the same, 400 copies", measured=many / limit, bar=1.0),
            Bar(what="growth of 400 copies over that of 50", measured=(many - few) / (1 << 20),
                bar=FLAT_MIB, unit="MiB"),
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
