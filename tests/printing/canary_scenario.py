# SPDX-License-Identifier: Apache-2.0
"""Run on an isolated host: print documents full of canaries and look for them; JSON at the end.

Everything that names one comes by standard input: a command line is among what is looked at.
"""

import contextlib
import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
from docx.shared import Mm

sys.path.insert(0, str(Path(__file__).parent))
from canary import SYSTEM_PLACES, Canaries, Watch, left_behind, mount_own

from bmnn_mark.cli import app
from bmnn_mark.config import Config
from bmnn_mark.files import work_folder
from bmnn_mark.memory import forbid_dumps
from bmnn_mark.printing.guard.client import GuardLine
from bmnn_mark.printing.printer.enrolment import Wish, enroll
from bmnn_mark.printing.rehearsal import private_cupsd
from bmnn_mark.register.port import Recipient
from bmnn_mark.rules import Level
from bmnn_mark.workflow import bookkeeping, printing
from bmnn_mark.workflow.enrolling import register_key, resume_printer
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.submitting import PrintWish

ROOT = Path(__file__).parents[2]


def write_document(path, words):
    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    document.add_paragraph("Số: 1/KH")
    document.add_paragraph(words["text"])
    document.core_properties.title = words["file title"]
    document.save(str(path))


def order(path, words, level, number):
    recipients = tuple(Recipient(name=words["recipient"], address=words["address"]) for _ in "12")
    return IssueOrder(
        stamp=StampOrder(source=path, level=level, dated=date(2026, 11, 5)),
        number_sign=number, recipients=recipients, actor="An",
        title=None if level is Level.TUYET_MAT else words["title"],
        ground=words["ground"], signer=words["signer"], kept_by=words["keeper"],
    )  # fmt: skip


class Story:
    def __init__(self, told):
        self.canaries = Canaries(told["words"])
        self.words = told["words"]
        self.own = Path(told["folder"])  # holds the documents themselves
        self.data = Path(told["data"])
        self.began = time.time()
        self.seen = {"after": {}, "during": [], "dumping": [], "looks": 0}

    def look(self, when, room):
        places = (room.folder, self.data, *SYSTEM_PLACES)
        but = {room.outbox, self.own, ROOT}
        found = left_behind(self.canaries, places, but, since=self.began)
        self.seen["after"][when] = found

    @contextlib.contextmanager
    def watched(self, room):
        writings = (room.spool, room.folder / "cache", room.folder / "log", room.folder / "state")
        temporary = ("/tmp", "/var/tmp", "/dev/shm", "/run")
        with Watch(self.canaries, writings, temporary, {self.own, ROOT}) as watch:
            yield
        self.seen["during"] += sorted(watch.found)
        self.seen["dumping"] += sorted(one.decode() for one in watch.dumping)
        self.seen["looks"] += watch.looks


def run(told):
    story = Story(told)
    config = Config(agency="SỞ MẪU", data_folder=str(story.data))
    office = office_for(config, None)
    register = bookkeeping.create(office, agency=None, rehearsal=True, actor="An")
    first, second = (story.own / f"{told['words']['file name']}-{one}.docx" for one in "12")
    for path in (first, second):
        write_document(path, story.words)
    with work_folder() as folder, private_cupsd(folder) as room:
        office = replace(office, guard=room.guard_place)
        key = register_key(register)
        enroll(Wish(queue=room.queue), key, place=room.guard_place, scheduler=room.scheduler)
        with story.watched(room):
            done = printing.print_order(office, order(first, story.words, Level.TUYET_MAT, "1/KH"))
        story.look("a good run", room)
        story.seen["states"] = [one.state.value for one in done.copies]
        for sheet in room.sheets():
            Path(told["tray"], f"{len(list(Path(told['tray']).iterdir()))}.pdf").write_bytes(sheet)

        room.set_device("fail 1")
        with story.watched(room):
            broken = printing.print_order(
                office, order(second, story.words, Level.MAT, "2/KH"), wish=PrintWish(raster=False)
            )
        story.look("a broken device", room)
        story.seen["broken"] = [one.state.value for one in broken.copies]
        resume_printer(office)
        story.seen["fault"] = fault(story, config, first)
        story.look("a fault", room)
        with GuardLine(room.guard_place) as guard:
            story.seen["incidents"] = len(guard.incidents().incidents)
    return story.seen


def fault(story, config, source):
    """A fault of ours in the middle of a print, as a person sees it: words and exit code."""
    file = story.data / "config.toml"
    file.write_text(f'data_folder = "{config.data_folder}"\nagency = "SỞ MẪU"\n')
    file.chmod(0o600)

    def fails(*_arguments, **_more):
        raise ValueError(" ".join(story.words.values()))

    real, printing.print_order = printing.print_order, fails
    words = ["--lang", "en", "--config", str(file), "print", str(source), "--level", "mat"]
    words += ["--number-sign", "3/KH", "--copies", "1", "--title", story.words["title"]]
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = app.run(words)
    finally:
        printing.print_order = real
    said = out.getvalue()
    return [int(code), "fault.unexpected" in said, sorted(story.canaries.within(said.encode()))]


def own_host(told):
    """Private temporary folders, and the test's folder at a place outside them."""
    place = Path("/run/canary")
    place.mkdir()
    aside = Path("/run/canary-program")
    aside.mkdir()
    subprocess.run(["mount", "--bind", told["home"], str(place)], check=True)
    subprocess.run(["mount", "--bind", "-o", "ro", str(ROOT), str(aside)], check=True)
    mount_own()
    if not ROOT.exists():  # a checkout in a temporary folder: it is seen there again, read-only
        ROOT.mkdir(parents=True)
        subprocess.run(["mount", "--bind", "-o", "ro", str(aside), str(ROOT)], check=True)
    return {**told, "folder": place / "own", "data": place / "data", "tray": place / "own/tray"}


if __name__ == "__main__":
    forbid_dumps()
    sys.stdout.write(json.dumps(run(own_host(json.loads(sys.stdin.read())))))
