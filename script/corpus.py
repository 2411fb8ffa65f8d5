# SPDX-License-Identifier: Apache-2.0
"""Mark a corpus of foreign documents and print what became of each; see ``script/corpus``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import pikepdf

from bmnn_mark.config import Config
from bmnn_mark.documents import confined
from bmnn_mark.documents.model import MarkKind, MarkRequest, MarkResult, MarkTask
from bmnn_mark.documents.pdf.frame import overlap, visible_boxes
from bmnn_mark.errors import BmnnMarkError, Fault
from bmnn_mark.i18n import Lang
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, pack_for
from bmnn_mark.units import Mm
from bmnn_mark.workflow.checking import CheckOrder, check
from bmnn_mark.workflow.office import Office, office_for

DATED = date(2026, 11, 22)
SECONDS_A_FILE = 60.0
FILES_AT_A_TIME = 2
LIMITS = replace(DEFAULT_LIMITS, worker_total_seconds=SECONDS_A_FILE)
QPDF_CLEAN, QPDF_WARNS = 0, 3
#: A page is a paper from A5 on; less a hair, as A5 in whole points is a little smaller.
A5_MM = (148.0 - 0.1, 210.0 - 0.1)
#: At least so many of the Word documents are stamped, with leave for what a person may allow.
WORD_BAR = 60
#: What nothing but a person's leave keeps from being stamped.
WITH_LEAVE = frozenset(
    {
        "docx.tracked_changes",
        "docx.macros",
        "docx.template",
        "docx.external_content",
        "document.signed",
    }
)
#: Of the PDFs of the corpus that are papers: at least so many are stamped in free room, and so
#: many where stamping over ink is allowed.
FREE_BAR, OVERLAP_BAR = 60, 68


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file; ``fault`` is empty where that is as it should be."""

    source: Path
    kind: str
    became: str
    fault: str
    seconds: float

    @property
    def name(self) -> str:
        """The file's name."""
        return self.source.name


def main() -> int:
    """Mark everything, print the table, say whether there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("pdf", "docx"), help="only files of this kind")
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--verbose", action="store_true", help="a line for each file")
    parser.add_argument("--check", action="store_true", help="check the files instead, once each")
    parser.add_argument("only", nargs="*", help="names of files; all where none is given")
    asked = parser.parse_args()
    kinds = (asked.kind,) if asked.kind else ("pdf", "docx")
    found = [path for kind in kinds for path in sorted((asked.corpus / kind).glob("*.*"))]
    chosen = [path for path in found if not asked.only or path.name in asked.only]
    if not chosen:
        print(f"corpus: no files under {asked.corpus}: nothing was checked", file=sys.stderr)
        return 1
    if asked.check:
        return check_all(chosen, verbose=asked.verbose)
    with (
        tempfile.TemporaryDirectory(prefix="bmnn-corpus-") as folder,
        ThreadPoolExecutor(FILES_AT_A_TIME) as pool,
    ):
        outcomes = list(pool.map(partial(try_one, folder=Path(folder)), chosen))
        papers = [one for one in outcomes if one.kind == "pdf" and is_paper(one.source)]
        refused = [one.source for one in papers if one.became != "stamped"]
        again = pool.map(partial(try_one, folder=Path(folder), leave="corpus"), refused)
        with_leave = {one.name: one.became for one in again}
        words = [one for one in outcomes if one.kind == "docx"]
        strips = list(pool.map(partial(try_copies, folder=Path(folder)), words))
    if asked.verbose:
        for one in sorted(outcomes, key=lambda one: one.name):
            print(f"{one.seconds:6.1f} s  {one.name:50} {one.became} {one.fault}")
    missed = [report_papers(papers, with_leave), report_words(words, strips)]
    return max(report([*outcomes, *strips]), int(any(missed) and not asked.only))


def check_all(chosen: list[Path], *, verbose: bool) -> int:
    """Check each file by the command's own call; the exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="bmnn-corpus-") as folder,
        ThreadPoolExecutor(FILES_AT_A_TIME) as pool,
    ):
        office = replace(office_for(Config(data_folder=folder), None), limits=LIMITS)
        looked = list(pool.map(partial(check_one, office), chosen))
    for one, codes in looked if verbose else ():
        counts = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        print(f"{one.seconds:6.1f} s  {one.name:50} {one.became} {one.fault} {counts}")
    files = Counter(code for _, codes in looked for code in codes)
    for code, count in files.most_common():
        print(f"  {count:4}  {code}")
    print(f"{sum(one.seconds for one, _ in looked):.0f} s of work")
    return report([one for one, _ in looked])


def check_one(office: Office, source: Path) -> tuple[Outcome, Counter[str]]:
    """The verdict on one file, or the code of its refusal, and the codes of its findings."""
    started = time.monotonic()
    codes: Counter[str] = Counter()
    fault = ""
    try:
        found = check(office, CheckOrder(source=source, dated=DATED), Lang.EN)
        became = found.verdict.value
        codes.update(one.code for one in found.findings)
    except Fault as error:
        became, fault = "fault", f"{error.code} {dict(error.detail)}"
    except BmnnMarkError as error:
        became = error.code
    except Exception as error:  # noqa: BLE001 -- one file must not end the table
        became, fault = "fault", repr(error)
    seconds = time.monotonic() - started
    if seconds >= 2 * SECONDS_A_FILE:
        fault = f"took {seconds:.0f} s"
    kind = source.parent.name
    outcome = Outcome(source=source, kind=kind, became=became, fault=fault, seconds=seconds)
    return outcome, codes


def is_paper(path: Path) -> bool:
    """Whether a PDF opens without a password and its first page shows at least A5."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pikepdf.open(path, suppress_warnings=True) as pdf:
                page = pdf.pages[0].obj
                media, crop = visible_boxes(page)
                box = (overlap(crop, media) if crop else None) or media
                unit = float(page.get("/UserUnit", 1))
                if pdf.is_encrypted:
                    return False
    except (
        pikepdf.PdfError,
        pikepdf.PasswordError,
        BmnnMarkError,
        LookupError,
        ValueError,
        TypeError,
    ):
        return False
    sides = sorted(Mm.from_pt(side * unit) for side in (box[2] - box[0], box[3] - box[1]))
    return sides[0] >= A5_MM[0] and sides[1] >= A5_MM[1]


def report_papers(papers: list[Outcome], with_leave: dict[str, str]) -> bool:
    """Print how the papers fared against the bars; whether one was missed."""
    if not papers:
        return False
    free = sum(one.became == "stamped" for one in papers)
    every = free + sum(became == "stamped" for became in with_leave.values())
    print(f"\nPDFs from A5 on that open without a password: {len(papers)}")
    print(f"  stamped and verified in free room: {free} (bar {FREE_BAR})")
    print(f"  the same with leave to overlap:    {every} (bar {OVERLAP_BAR})")
    for one in papers:
        if one.became != "stamped":
            print(f"  {one.name:50} {one.became}; with leave {with_leave[one.name]}")
    return free < FREE_BAR or every < OVERLAP_BAR


def try_copies(plain: Outcome, folder: Path) -> Outcome:
    """Make numbered copies of a Word document, as PDF and as DOCX, with all leave a person gives.

    What is accepted bears its mark on page 1 and a code on every page; anything else is a fault,
    but a refusal that names the page without room for its code.
    """
    work = Path(tempfile.mkdtemp(dir=folder))
    request = MarkRequest(
        level=Level.TOI_MAT, pack=pack_for(DATED).id, copies=2, accept_changes=True,
        as_printout=True, allow_overlap="corpus",
    )  # fmt: skip
    printed, target = work / "printed.pdf", work / "marked.pdf"
    started = time.monotonic()
    fault = ""
    try:
        task = MarkTask(
            source=str(plain.source.absolute()), target=str(printed), work=str(work),
            request=request, limits=LIMITS,
        )  # fmt: skip
        confined.docx_to_pdf(task)
        result = confined.mark_pdf(replace(task, source=str(printed), target=str(target)))
        became = "copies"
        fault = strip_flaw(result) or flaw(printed, target)
        if plain.became in {"stamped", "docx.tracked_changes"}:  # the rest end as PDF only
            as_word = confined.mark_docx(replace(task, target=str(work / "marked.docx")))
            fault = fault or strip_flaw(as_word)
    except BmnnMarkError as error:
        became = error.code
        accepted = plain.became == "stamped" or plain.became in WITH_LEAVE
        # A page without room for its code is refused by its number; any other mark had room before.
        crowded = error.code == "marks.no_room" and error.detail.get("mark") == "page-code"
        if (accepted and not crowded) or isinstance(error, Fault):
            fault = f"accepted, yet no copies: {error.code} {dict(error.detail)}"
    except Exception as error:  # noqa: BLE001 -- one file must not end the table
        became, fault = "fault", repr(error)
    seconds = time.monotonic() - started
    return Outcome(
        source=plain.source, kind="docx copies", became=became, fault=fault, seconds=seconds
    )


def strip_flaw(result: MarkResult) -> str:
    """What is amiss with the marks of a document's copies; empty where nothing is."""
    level = [one.page for one in result.marks if one.kind is MarkKind.LEVEL]
    codes = {one.page for one in result.marks if one.kind is MarkKind.PAGE_CODE}
    if level != [1]:
        return f"độ mật on pages {level}"
    if codes != set(range(1, result.pages + 1)):
        return f"a code on {len(codes)} pages of {result.pages}"
    return ""


def report_words(words: list[Outcome], strips: list[Outcome]) -> bool:
    """Print how the Word documents fared against their bar; whether it was missed."""
    if not words:
        return False
    at_once = sum(one.became == "stamped" for one in words)
    every = at_once + sum(
        one.became in WITH_LEAVE and strip.became == "copies"
        for one, strip in zip(words, strips, strict=True)
    )
    print(f"\nWord documents: {len(words)}")
    print(f"  stamped and verified as they are: {at_once}")
    print(
        f"  the same with leave to accept changes or to make a printout: {every} (bar {WORD_BAR})"
    )
    for one, strip in zip(words, strips, strict=True):
        if one.became != "stamped":
            print(f"  {one.name:50} {one.became}; with leave {strip.became}")
    return every < WORD_BAR


def try_one(source: Path, folder: Path, leave: str | None = None) -> Outcome:
    """Mark one file in a process of its own and look at what came out."""
    kind = source.parent.name
    work = Path(tempfile.mkdtemp(dir=folder))
    target = work / f"marked.{kind}"
    request = MarkRequest(level=Level.TOI_MAT, pack=pack_for(DATED).id, allow_overlap=leave)
    task = MarkTask(
        source=str(source.absolute()),
        target=str(target),
        work=str(work),
        request=request,
        limits=LIMITS,
    )
    started = time.monotonic()
    fault = ""
    try:
        result = (confined.mark_pdf if kind == "pdf" else confined.mark_docx)(task)
        became = "unchanged" if result.unchanged else "stamped"
        fault = flaw(source, target) if kind == "pdf" else ""
    except Fault as error:
        became, fault = "fault", f"{error.code} {dict(error.detail)}"
    except BmnnMarkError as error:
        became = error.code
        if error.code == "document.reader_crashed" and int(error.detail["status"] or 0) >= 0:
            fault = "the process ended without an answer, and by no signal"
        if target.exists():
            fault = "refused, yet something was left"
    except Exception as error:  # noqa: BLE001 -- one file must not end the table
        became, fault = "fault", repr(error)
    seconds = time.monotonic() - started
    if seconds >= SECONDS_A_FILE:
        fault = f"took {seconds:.0f} s"
    return Outcome(source=source, kind=kind, became=became, fault=fault, seconds=seconds)


def flaw(source: Path, target: Path) -> str:
    """What ``qpdf --check`` says against a result that it does not say against the source."""
    after, before = qpdf_check(target), qpdf_check(source)
    if after == QPDF_CLEAN or (after == QPDF_WARNS and before != QPDF_CLEAN):
        return ""
    return f"qpdf --check exits {after}, on the source {before}"


def qpdf_check(path: Path) -> int:
    """Exit status of ``qpdf --check``."""
    ended = subprocess.run(
        ["/usr/bin/qpdf", "--check", str(path)], capture_output=True, check=False, timeout=60
    )
    return ended.returncode


def report(outcomes: list[Outcome]) -> int:
    """Print the table and the faults; the exit status."""
    for kind in dict.fromkeys(one.kind for one in outcomes):
        of_kind = [one for one in outcomes if one.kind == kind]
        slowest = max(one.seconds for one in of_kind)
        print(f"\n{kind}: {len(of_kind)} files, slowest {slowest:.1f} s")
        for became, count in Counter(one.became for one in of_kind).most_common():
            print(f"  {count:4}  {became}")
    faulty = [one for one in outcomes if one.fault]
    for one in faulty:
        print(f"FAULT  {one.name}: {one.became}: {one.fault}")
    print(f"\n{len(outcomes)} files, {len(faulty)} faults")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
