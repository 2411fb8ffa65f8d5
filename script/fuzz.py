# SPDX-License-Identifier: Apache-2.0
"""Read spoiled documents at volume and print what became of them; see ``script/fuzz``.

Each file follows from the seed and its number, so any of them can be made again. A process of its
own with a bound on memory reads some hundred files after one another; what kills it is the
outcome of the file at hand.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pikepdf

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "hostile"))

from mutators import spoil_bytes, spoil_docx, spoil_pdf
from readers import (
    LIMITS,
    PACK,
    STRUCTURAL,
    WHOLE,
    Reader,
    check_whole,
    mark_whole,
    unmark_whole,
    without_programs,
)
from seed_files import PDF_SEEDS, sample_word
from stamped_files import stamped_files

from bmnn_mark.errors import BmnnMarkError, Fault

#: Seconds of work after which a file of some kilobytes counts as hanging our own code.
STRUCTURAL_SECONDS = 10
WHOLE_SECONDS = 90
#: Seconds of the clock after which a library that does not come back is ended, as the cage does.
PATIENCE = 30
#: What a reader's file that broke or hung a library is read by again, through the cage.
CAGED: dict[str, Reader] = {
    "read": mark_whole, "unmark": unmark_whole, "search": check_whole, "check": check_whole,
}  # fmt: skip
BROKEN = ("document.reader_crashed", "document.too_slow (a library)")
#: What the machine lets a reader have; a refusal by name up to there, a fault beyond.
MEMORY_BYTES = LIMITS.worker_memory_bytes
BATCH = 400
#: Of a reader's seeds, how many are ours and come first.
FIRST = 17
CORPUS_BYTES = {"pdf": 30_000, "docx": 60_000}


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the files of one reader."""

    files: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak_mib: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def count(self, one: dict) -> None:
        """Take in the outcome of one file."""
        self.files += 1
        self.seconds += one["seconds"]
        self.slowest = max(self.slowest, one["seconds"])
        self.peak_mib = max(self.peak_mib, one["peak"] >> 10)
        self.ends[one["end"]] += 1


def main() -> int:
    """Fuzz, print the table, keep what failed; 1 where anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000, help="spoiled files for each reader")
    parser.add_argument("--seed", default="1", help="another seed makes other files")
    parser.add_argument("--whole", action="store_true", help="through the cage, with all programs")
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "bmnn-fuzz")
    parser.add_argument("--again", metavar="READER:NUMBER", help="make and read one file again")
    parser.add_argument("only", nargs="*", help="names of readers; all where none is given")
    asked = parser.parse_args()
    readers = WHOLE if asked.whole else STRUCTURAL
    asked.keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    seeds = _seeds(asked.corpus, asked.keep)
    print({kind: len(found) for kind, found in seeds.items()}, "seeds", flush=True)
    logging.disable()  # libraries quote what they read
    if asked.again:
        name, _, number = asked.again.partition(":")
        reader, kind = readers[name]
        chosen = seeds.get(name, seeds[kind])
        return _read_again(reader, _spoiled(chosen, kind, asked.seed, name, int(number)), kind)
    faulty = 0
    for name in asked.only or readers:
        tally = _fuzz(name, *readers[name], seeds, asked)
        faulty += len(tally.failures)
        _print(name, tally)
    return 1 if faulty else 0


def _seeds(corpus: Path, folder: Path) -> dict[str, list[bytes]]:
    """Sound files: by code, one of each that we marked, and small ones of the corpus."""
    pdfs = [made() for made in PDF_SEEDS.values()]
    words = [sample_word(folder)]
    for kind, found in (("pdf", pdfs), ("docx", words)):
        for number, seed in enumerate(tuple(found)):
            marked = folder / f"marked-{number}.{kind}"
            if not marked.exists():
                _mark(seed, folder / f"seed-{number}.{kind}", marked)
            if marked.stat().st_size:
                found.append(marked.read_bytes())
        for path in sorted((corpus / kind).glob(f"*.{kind}")):
            if path.stat().st_size <= CORPUS_BYTES[kind]:
                found.append(path.read_bytes())
    stamped = stamped_files(PACK)
    more = [one for one in pdfs[FIRST:] if _is_one_page(one)]
    looked_at = stamped * (FIRST // len(stamped)) + pdfs[: FIRST % len(stamped)] + pdfs[:FIRST]
    return {"pdf": pdfs, "docx": words, "check-pdf": looked_at + more}


def _is_one_page(data: bytes) -> bool:
    """Whether a check of the form looks at little enough to be made by the thousand."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return len(pdf.pages) == 1
    except (
        pikepdf.PdfError,
        pikepdf.PasswordError,
        RuntimeError,
    ):  # encrypted or broken, as some of the corpus are
        return True


def _mark(seed: bytes, source: Path, marked: Path) -> None:
    """The seed with our marks, kept for the next run; empty where it is refused."""
    source.write_bytes(seed)
    with tempfile.TemporaryDirectory() as work:
        try:
            mark_whole(source, Path(work))
            shutil.copyfile(Path(work, "marked"), marked)
        except BmnnMarkError:
            marked.touch()


def _spoiled(seeds: list[bytes], kind: str, seed: str, reader: str, number: int) -> bytes:
    """The file of that number."""
    chance = Random(f"{seed}/{reader}/{number}")
    # Half of all from our own seeds, the marked ones among them, which come first.
    pool = seeds[:FIRST] if chance.random() < 0.5 else seeds
    data = chance.choice(pool)
    if chance.random() < 0.35:
        return spoil_bytes(data, chance)
    return spoil_pdf(data, chance) if kind == "pdf" else spoil_docx(data, chance)


def _fuzz(
    name: str, reader: Reader, kind: str, seeds: dict[str, list[bytes]], asked: argparse.Namespace
) -> Tally:
    tally, chosen = Tally(), seeds.get(name, seeds[kind])
    make = lambda number: _spoiled(chosen, kind, asked.seed, name, number)  # noqa: E731
    limit = WHOLE_SECONDS if asked.whole else STRUCTURAL_SECONDS
    number = 0
    while number < asked.files:
        with tempfile.TemporaryDirectory(prefix="bmnn-fuzz-") as folder:
            source = Path(folder, f"source.{kind}")
            numbers = range(number, min(asked.files, number + BATCH))
            for one in _batch(reader, source, make, numbers, limit):
                number = one["number"] + 1
                tally.count(one)
                kept = asked.keep / f"{name}-{asked.seed}-{one['number']}.{kind}"
                if one["end"] in BROKEN:
                    shutil.copyfile(source, kept)
                    caged = CAGED.get(name.partition("-")[0])
                    one.update(_through_the_cage(caged, kept, one["end"]))
                elif one["fault"]:
                    shutil.copyfile(source, kept)
                if one["fault"]:
                    tally.failures.append(f"{name}:{one['number']} {one['end']}")
                    print("FAULT", tally.failures[-1], kept, flush=True)
    return tally


def _batch(
    reader: Reader, source: Path, make: Callable[[int], bytes], numbers: range, seconds: int
) -> Iterator[dict]:
    """Outcomes of files read by one process; it ends at a file that kills it or is a fault."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _read_all(reader, source, make, numbers, seconds, theirs)
        os._exit(0)
    os.close(theirs)
    at, made = numbers.start, False
    with os.fdopen(ours, "rb") as lines:
        for line in lines:
            one = json.loads(line)
            made = "end" not in one
            if not made:
                at = one["number"] + 1
                yield one
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) or status:
        yield {
            "number": at, "seconds": 0.0, "peak": 0,
            **_death(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, made=made),
        }  # fmt: skip


def _death(number: int, *, made: bool) -> dict[str, object]:
    """What the end of a process means: of one that was still spoiling the file, nothing."""
    if not made:
        return {"end": "(not made: the mutator itself broke)", "fault": False}
    if number in {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}:
        return {"end": BROKEN[0], "fault": True}
    if number == signal.SIGALRM:
        return {"end": BROKEN[1], "fault": True}
    return {"end": f"died of signal {number}", "fault": True}


def _through_the_cage(reader: Reader | None, source: Path, end: str) -> dict[str, object]:
    """What becomes of a file that broke a library when the product reads it."""
    if reader is None:
        return {}
    with tempfile.TemporaryDirectory() as work:
        found, fault = _outcome(reader, source, Path(work))
    return {"end": f"{end}; in the cage: {found}", "fault": fault}


class _Hangs(BaseException):
    """Our own code works on one file for too long."""


def _hangs(_number: int, _frame: object) -> None:
    raise _Hangs


def _read_all(
    reader: Reader,
    source: Path,
    make: Callable[[int], bytes],
    numbers: range,
    seconds: int,
    out: int,
) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    signal.signal(signal.SIGPROF, _hangs)
    work = source.parent / "work"
    with without_programs():
        for number in numbers:
            signal.alarm(PATIENCE)  # a mutator may make what is never written to its end
            source.write_bytes(make(number))
            os.write(out, b'{"number": %d}\n' % number)
            work.mkdir(mode=0o700)
            started = time.perf_counter()
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.alarm(max(PATIENCE, seconds))
            end, fault = _outcome(reader, source, work)
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            one = {
                "number": number, "end": end, "fault": fault,
                "seconds": time.perf_counter() - started,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            }  # fmt: skip
            os.write(out, json.dumps(one).encode() + b"\n")
            if fault:
                return  # the parent keeps the file, and goes on with the next
            shutil.rmtree(work)


def _outcome(reader: Reader, source: Path, work: Path) -> tuple[str, bool]:
    """How it ended, and whether that is a fault; the same ends as a worker process knows."""
    try:
        reader(source, work)
    except BmnnMarkError as refusal:
        return refusal.code, isinstance(refusal, Fault)
    except MemoryError:
        return "document.too_heavy", False
    except RecursionError:
        return "document.too_deep", False
    except (Exception, _Hangs) as error:  # noqa: BLE001 - this is what is looked for
        steps = []
        trace = error.__traceback__
        while trace is not None:
            steps.append(f"{Path(trace.tb_frame.f_code.co_filename).stem}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"{type(error).__name__} at {' < '.join(reversed(steps[-4:]))}", True
    return "read", False


def _read_again(reader: Reader, data: bytes, kind: str) -> int:
    with tempfile.TemporaryDirectory() as folder, without_programs():
        source = Path(folder, f"source.{kind}")
        source.write_bytes(data)
        try:
            reader(source, Path(folder))
        except BmnnMarkError as refusal:
            print(refusal.code, dict(refusal.detail))
            return isinstance(refusal, Fault)
    print("read")
    return 0


def _print(name: str, tally: Tally) -> None:
    rate = tally.files / tally.seconds if tally.seconds else 0.0
    print(
        f"{name}: {tally.files} files, {len(tally.failures)} faults, {rate:.0f} a second,"
        f" slowest {tally.slowest:.2f} s, peak {tally.peak_mib} MiB"
    )
    for end, count in tally.ends.most_common():
        print(f"    {count:6} {end}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
