# SPDX-License-Identifier: Apache-2.0
"""What a register's journal costs on paper, and whether its sheets are read (simulated).

``python benchmarks/journal_sheets.py [ROUNDS]``: a day of 200 events and more of documents issued
in five copies, made, and handed over, is written out as its two sheets; each round prints, copies
and scans both in 14 ways (``print_copy_scan.py``). A sheet is read where all its codes are. Times
are of the processor. The exit code is 1 where a bar is missed.
"""

from __future__ import annotations

import io
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import print_copy_scan as sim
import pypdfium2
from bars import Bar, report
from PIL import Image

from bmnn_mark.config import Config
from bmnn_mark.register.life import CopyAct, CopyActRequest
from bmnn_mark.register.opening import create_register
from bmnn_mark.register.port import CopyRecord, CopyState, DocumentIdentity, IssueRequest, Recipient
from bmnn_mark.rules import Level
from bmnn_mark.tracking.part_decoding import SHEET_PARTS, read_parts
from bmnn_mark.workflow.journal import import_journals, write_journals
from bmnn_mark.workflow.office import Office, office_for

ROUNDS, EVENTS, SEED = 3, 200, 20261122
DPIS, COPIES = (150, 200, 300), range(4)
#: Sheets that went through at most three photocopies and lie at most 5 degrees askew.
READ_BAR = 99.0


def office_in(folder: Path) -> Office:
    office = office_for(Config(data_folder=str(folder), agency="A"), None)
    now = [datetime(2026, 3, 2, 1, tzinfo=UTC)]

    def clock() -> datetime:
        now[0] += timedelta(seconds=37)
        return now[0]

    create_register(
        office.register_url, folder, agency="A", actor="An", rehearsal=False, clock=clock
    )
    return Office(config=office.config, register_url=office.register_url, now=clock)


def busy_day(office: Office) -> None:
    register, day, number = office.open_register(), date(2026, 3, 2), 0
    while 1 + number * 21 < EVENTS:
        number += 1
        made = register.reserve(
            IssueRequest(
                identity=DocumentIdentity(agency="A", number_sign=f"{number}/BC", dated=day),
                level=Level.MAT, pack="nd63-2026", pages=3, actor="An",
                recipients=tuple(Recipient(name=f"B {k}") for k in range(5)),
                source_sha256=secrets.token_hex(32),
            )
        )  # fmt: skip
        for copy in made.copies:
            sha256 = {"sha256": secrets.token_hex(32), "pages": 3}
            for state, detail in ((CopyState.PRODUCED, sha256), (CopyState.EXPORTED, {})):
                step = CopyRecord(
                    attempt_id=copy.attempt_id, state=state, actor="An", detail=detail
                )
                register.record((step,))
            handed = CopyActRequest(
                document_id=made.document_id, copy=copy.number, act=CopyAct.HANDED_OVER,
                on=day, actor="An", words={"party": "Bình"},
            )  # fmt: skip
            register.act_on_copies((handed,))


def sheets_of(pdf: Path) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=600 / 72, grayscale=True).to_pil() for page in document]


def read_rates(sheets: list[Image.Image], codes: int, rounds: int) -> tuple[Counter, Counter, list]:
    """Sheets and codes read wholly, by kind of picture, and the seconds each took."""
    right, all_of, seconds = Counter(), Counter(), []
    for round_ in range(rounds):
        for number, sheet in enumerate(sheets):
            chance = random.Random(f"{SEED}/{round_}/{number}")
            paper, expected = sim.printed(sheet, chance), min(12, codes - number * SHEET_PARTS)
            for copies in COPIES:
                for dpi in DPIS:
                    picture = Image.open(io.BytesIO(sim.scanned(paper, chance, dpi)))
                    picture.load()
                    began = time.process_time()
                    found = len(read_parts(picture))
                    seconds.append(time.process_time() - began)
                    kind = "150 dpi" if dpi == 150 else "200 or 300 dpi"
                    all_of[kind] += 1
                    right[kind] += found == expected
                    print(f"copies {copies} dpi {dpi}: {found} of {expected}", file=sys.stderr)
                paper = sim.photocopied(paper, chance)
            for kind, data in (
                ("1-bit TIFF", sim.scanned(sim.printed(sheet, chance), chance, 300, one_bit=True)),
                ("photo", sim.photographed(sim.printed(sheet, chance), chance)),
            ):
                picture = Image.open(io.BytesIO(data))
                found = len(read_parts(picture))
                print(f"{kind}: {found} of {expected}", file=sys.stderr)
                all_of[kind] += 1
                right[kind] += found == expected
    return right, all_of, seconds


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        branch, centre = office_in(work / "branch"), office_in(work / "centre")
        busy_day(branch)
        began = time.process_time()
        told = write_journals(branch, work / "out", actor="An")
        written = time.process_time() - began
        (made,) = told.journals
        began = time.process_time()
        import_journals(centre, [made.file], actor="An", trust=told.fingerprint)
        taken = time.process_time() - began
        right, all_of, seconds = read_rates(sheets_of(made.sheets), made.codes, rounds)
    events = made.size - made.start
    bars = [
        Bar(what="bytes an event, packed", measured=made.packed_bytes / events, bar=90),
        Bar(what="sheets for 100 events", measured=made.codes / SHEET_PARTS / events * 100, bar=1),
        Bar(what=f"write out {events} events, sheets and all", measured=written, unit="s"),
        Bar(what="take them in from a file", measured=taken, unit="s"),
        Bar(what="read a sheet, mean", measured=sum(seconds) / len(seconds), unit="s"),
    ]
    for kind, many in all_of.items():
        rate = 100 * right[kind] / many
        bar = READ_BAR if kind == "200 or 300 dpi" else None
        bars.append(
            Bar(what=f"sheets read whole, {kind} ({many})", measured=rate, bar=bar, unit="%",
                at_least=True)
        )  # fmt: skip
    return report(bars)


if __name__ == "__main__":
    sys.exit(main())
