# SPDX-License-Identifier: Apache-2.0
"""Offices that may not be linked: journals carried as files and on paper, keys in sealed files."""

import random
import subprocess
from dataclasses import replace
from datetime import date

import pytest
import qrcode
from PIL import Image, ImageChops, ImageFilter

from bmnn_mark.errors import BmnnMarkError, DocumentRefused, RegisterRefused
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.register.central import Taken
from bmnn_mark.register.journal_views import Heard
from bmnn_mark.register.tree import leaf_hash
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import PageCode, seal
from bmnn_mark.tracking.packing import MAGIC, pack, unpack
from bmnn_mark.workflow import journal as journals
from bmnn_mark.workflow.journal import import_journals, received_registers, write_journals
from bmnn_mark.workflow.receiving import ReceiveOrder, receive
from bmnn_mark.workflow.trace_keys import export_keys, import_keys
from bmnn_mark.workflow.tracing import Trace, trace

WORDS = "năm con trâu trắng qua sông"


@pytest.fixture
def branch(tmp_path, life_office):
    return life_office(tmp_path / "branch")


@pytest.fixture
def centre(tmp_path, life_office):
    return life_office(tmp_path / "centre")


def write(office, folder, **named):
    return write_journals(office, folder, actor="An", **named)


def take(office, *sources, **named):
    return import_journals(office, sources, actor="Tổng hợp", **named)


def refused(code, act, *words, **named):
    with pytest.raises(BmnnMarkError) as caught:
        act(*words, **named)
    assert caught.value.code == code
    return caught.value.detail


def printed(pdf, folder, dpi=200):
    """The sheets as white paper with black on it."""
    folder.mkdir()
    subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), pdf, folder / "p"], check=True)
    return [Image.open(page).copy() for page in sorted(folder.iterdir())]


def scanned(sheets, target, seed=1):
    """A scan of sheets, turned a little, softened and noisy, as a TIFF of several pages."""
    chance, pages = random.Random(seed), []
    for sheet in sheets:
        turned = sheet.rotate(chance.uniform(-1, 1), Image.Resampling.BICUBIC, fillcolor=255)
        soft = turned.filter(ImageFilter.GaussianBlur(0.6))
        noise = Image.frombytes("L", soft.size, chance.randbytes(soft.width * soft.height))
        spread = noise.point([round((value - 128) / 6) + 128 for value in range(256)])
        pages.append(ImageChops.add(soft, spread, scale=1, offset=-128))
    pages[0].save(target, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return target


def busy_day(office, issue, first=0, documents=20):
    for number in range(first, first + documents):
        issue(office, f"{number}/BC-SM")


def test_a_register_is_followed_day_by_day_by_file_and_by_scan(branch, centre, issue, tmp_path):
    busy_day(branch, issue, documents=3)
    first = write(branch, tmp_path / "day-1")
    (one,) = first.journals
    (taken,) = take(centre, one.file, trust=first.fingerprint[:40].upper(), agency="Chi nhánh")
    assert (taken.taken, taken.trusted, taken.size) == (Taken.IMPORTED, True, one.size)

    busy_day(branch, issue, first=10, documents=17)
    second = write(branch, tmp_path / "day-2")
    (two,) = second.journals
    assert two.start == one.size
    assert two.pages == 2
    sheets = printed(two.sheets, tmp_path / "paper")
    scan = scanned(sheets[::-1], tmp_path / "scan.tif")
    (taken,) = take(centre, scan)
    assert (taken.taken, taken.events) == (Taken.IMPORTED, two.size - two.start)
    (again,) = take(centre, two.sheets, two.file)
    assert again.taken is Taken.ALREADY
    (row,) = received_registers(centre)
    assert (row.agency, row.size, row.journals) == ("Chi nhánh", two.size, 2)
    counts = centre.open_register().journals.counts(date(2026, 11, 1), date(2026, 11, 30))
    assert sum(one.acts for one in counts if one.act == "document.issued") == 20
    assert centre.open_register().verify().intact
    assert branch.open_register().verify().intact


def test_a_lost_sheet_is_named_and_nothing_entered_until_it_is_there(
    branch, centre, issue, tmp_path
):
    busy_day(branch, issue)
    report = write(branch, tmp_path / "out")
    (made,) = report.journals
    one, two = printed(made.sheets, tmp_path / "paper")
    first = scanned([one], tmp_path / "one.tif")
    detail = refused("journal.part_missing", take, centre, first, trust=report.fingerprint)
    assert detail["journal"] == made.journal
    assert detail["of"] == made.codes
    assert detail["parts"] == ", ".join(str(part) for part in range(13, made.codes + 1))
    assert received_registers(centre) == ()
    second = scanned([two], tmp_path / "two.tif")
    (taken,) = take(centre, second, first, trust=report.fingerprint)
    assert taken.events == made.size


def test_sheets_of_two_registers_among_one_another_are_sorted_apart(
    branch, centre, life_office, issue, tmp_path
):
    other = life_office(tmp_path / "other")
    sheets, prints = [], []
    for number, office in enumerate((branch, other)):
        busy_day(office, issue, documents=4)
        report = write(office, tmp_path / f"out-{number}")
        take(centre, report.journals[0].file, trust=report.fingerprint)
        busy_day(office, issue, first=10, documents=2)
        report = write(office, tmp_path / f"more-{number}")
        sheets += printed(report.journals[0].sheets, tmp_path / f"paper-{number}")
        prints.append(report.fingerprint)
    taken = take(centre, scanned(sheets, tmp_path / "all.tif"))
    assert {one.fingerprint for one in taken} == set(prints)
    assert {one.taken for one in taken} == {Taken.IMPORTED}


def test_what_an_interruption_left_unwritten_is_in_the_next_journal(
    branch, centre, issue, tmp_path, monkeypatch
):
    busy_day(branch, issue, documents=2)

    def full(*_words, **_named):
        raise DocumentRefused("output.unwritable", reason="ENOSPC")

    with monkeypatch.context() as patched:
        patched.setattr(journals.files, "deliver", full)
        refused("output.unwritable", write, branch, tmp_path / "full")
    report = write(branch, tmp_path / "out")
    assert report.journals[0].start == 0
    refused("journal.nothing_new", write, branch, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_day_can_be_written_again(branch, centre, issue, tmp_path):
    busy_day(branch, issue, documents=2)
    day = branch.now().astimezone().date()
    first = write(branch, tmp_path / "one", day=day)
    again = write(branch, tmp_path / "two", day=day)
    take(centre, again.journals[0].file, first.journals[0].file, trust=first.fingerprint)
    for day in (date(2020, 1, 1), date.min, date.max):
        refused("journal.nothing_that_day", write, branch, tmp_path / "x", day=day)


def test_a_person_reads_on_the_sheet_whose_it_is_and_no_name(branch, issue, tmp_path):
    busy_day(branch, issue, documents=2)
    report = write(branch, tmp_path / "out")
    (made,) = report.journals
    told = subprocess.run(
        ["pdftotext", "-layout", made.sheets, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert report.fingerprint in told.replace(" ", "")
    assert f"Nhật ký {made.journal}. Tờ 1/1." in told
    assert f"Sự kiện 0–{made.size - 1}" in told
    assert "SỞ MẪU" not in told
    assert "BC-SM" not in told
    assert "DIỄN TẬP" not in told


def test_a_rehearsals_sheets_say_so(life_office, issue, tmp_path):
    office = life_office(tmp_path / "play", rehearsal=True)
    (made,) = write(office, tmp_path / "out").journals
    told = subprocess.run(
        ["pdftotext", made.sheets, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "DIỄN TẬP, KHÔNG CÓ GIÁ TRỊ" in told


def test_a_journal_too_long_for_paper_is_a_file_and_says_so(branch, issue, tmp_path, monkeypatch):
    busy_day(branch, issue, documents=2)
    monkeypatch.setattr(journals, "MOST_SHEETS", 0)
    report = write(branch, tmp_path / "out")
    assert [one.code for one in report.notices] == ["journal.too_many_sheets"]
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".bmj"]


@pytest.fixture
def journal_file(branch, issue, tmp_path):
    busy_day(branch, issue, documents=2)
    report = write(branch, tmp_path / "out")
    return report.journals[0].file, report.fingerprint


def test_a_tampered_file_is_refused(centre, journal_file, tmp_path):
    file, trust = journal_file
    lines = unpack(file.read_bytes(), limit=DEFAULT_LIMITS.journal_bytes)
    changed = tmp_path / "changed.bmj"
    changed.write_bytes(pack([lines[0], *lines[1:3], lines[4], lines[3], *lines[5:]]))
    refused("journal.wrong_event", take, centre, changed, trust=trust)
    changed.write_bytes(pack([lines[0], lines[1].replace(b'"rehearsal":false', b'"rehearsal":true'),
                              *lines[2:]]))  # fmt: skip
    refused("journal.wrong_event", take, centre, changed, trust=trust)
    changed.write_bytes(pack([lines[0], *lines[1:-1]]))
    refused("journal.damaged", take, centre, changed, trust=trust)
    changed.write_bytes(file.read_bytes()[:-20])
    refused("journal.damaged", take, centre, changed, trust=trust)
    assert received_registers(centre) == ()


def test_a_file_that_is_no_journal_is_refused(centre, journal_file, tmp_path):
    _, trust = journal_file
    blank = tmp_path / "blank.png"
    Image.new("L", (800, 1100), 255).save(blank)
    refused("journal.no_codes", take, centre, blank, trust=trust)
    junk = tmp_path / "junk.bmj"
    junk.write_bytes(MAGIC + bytes(100))
    refused("journal.damaged", take, centre, junk, trust=trust)
    junk.write_bytes(b"a letter")
    refused("trace.not_an_image", take, centre, junk, trust=trust)
    tight = replace(centre, limits=replace(DEFAULT_LIMITS, journal_bytes=1000))
    refused("journal.too_large", take, tight, journal_file[0], trust=trust)


def first_code(office, copy=1):
    """The code of a copy's second page, as a sheet bears it."""
    register = office.open_register()
    view = register.document(register.documents()[0].document_id)
    (journal,) = register.journals.since_last()
    tree, position = journal.tree(), view.attempts[copy - 1].position
    for leaf in journal.leaves[:position]:
        tree.append(leaf_hash(leaf))
    code = PageCode(position=position, page=2, attempt=1, root=tree.root()[:14])
    return seal(register.trace_key(), code), code


def test_another_offices_sheet_is_read_with_its_key_and_heard_against_its_journal(
    branch, centre, issue, tmp_path
):
    issue(branch)
    text, code = first_code(branch)
    (before,) = trace(centre, (text,))
    assert (before.trace, before.foreign) == (Trace.NOT_OURS, None)
    key = tmp_path / "key"
    handed = export_keys(branch, key, WORDS, actor="An", recipient="Trung tâm")
    assert key.stat().st_mode & 0o777 == 0o600
    assert branch.open_register().trace_key().secret.hex().encode() not in key.read_bytes()
    taken = import_keys(centre, key, WORDS, actor="Tổng hợp")
    assert (taken.new, taken.keys, taken.agency) == (1, handed.keys, "SỞ MẪU")
    assert import_keys(centre, key, WORDS, actor="Tổng hợp").new == 0
    (one,) = trace(centre, (text,))
    assert (one.trace, one.page, one.foreign.heard) == (Trace.NOT_OURS, 2, Heard.NOT_CHECKED)
    assert (one.foreign.agency, one.foreign.position) == ("SỞ MẪU", code.position)
    report = write(branch, tmp_path / "out")
    take(centre, report.journals[0].file, trust=report.fingerprint)
    (one,) = trace(centre, (text,))
    assert (one.foreign.heard, one.foreign.copy) == (Heard.AGREES, 1)
    (one,) = trace(centre, (text[:-1] + ("A" if text[-1] != "A" else "B"),))
    assert (one.trace, one.foreign.heard) == (Trace.NOT_OURS, Heard.FORGED)
    assert centre.open_register().verify().intact


def test_a_document_received_says_by_its_code_which_copy_it_is(branch, centre, issue, tmp_path):
    issue(branch)
    text, _ = first_code(branch, copy=2)
    sheet, key = tmp_path / "sheet.png", tmp_path / "key"
    order = ReceiveOrder(
        agency="SỞ MẪU", number_sign="12/BC-SM", dated=date(2026, 11, 5), level=Level.TOI_MAT,
        arrived=date(2026, 11, 20), actor="Tổng hợp", scan=sheet,
    )  # fmt: skip
    export_keys(branch, key, WORDS, actor="An")
    import_keys(centre, key, WORDS, actor="Tổng hợp")
    qrcode.make(text[:-1] + ("A" if text[-1] != "A" else "B"), box_size=8).save(sheet)
    assert refused("register.code_leads_nowhere", receive, centre, order) == {"trace": "forged"}
    qrcode.make(text, box_size=8).save(sheet)
    report = write(branch, tmp_path / "out")
    take(centre, report.journals[0].file, trust=report.fingerprint)
    received = receive(centre, order)
    assert received.copies == (2,)
    assert [one.foreign.heard for one in received.codes] == [Heard.AGREES]


def test_a_key_file_opens_with_its_passphrase_alone(branch, centre, tmp_path):
    key = tmp_path / "key"
    refused("register.passphrase_weak", export_keys, branch, key, "ngắn", actor="An")
    assert not key.exists()
    export_keys(branch, key, WORDS, actor="An")
    refused("output.exists", export_keys, branch, key, WORDS, actor="An")
    wrong = WORDS + "!"
    refused("trace_key.passphrase_wrong", import_keys, centre, key, wrong, actor="An")
    refused("trace_key.own", import_keys, branch, key, WORDS, actor="An")
    for data in (b"", b"{}", b"[" * 5000, key.read_bytes().replace(b"131072", b"1" + b"0" * 12),
                 key.read_bytes().replace(b'"n":131072', b'"n":1073741824')):  # fmt: skip
        spoiled = tmp_path / "spoiled"
        spoiled.write_bytes(data)
        with pytest.raises((RegisterRefused, DocumentRefused)) as caught:
            import_keys(centre, spoiled, WORDS, actor="An")
        assert caught.value.code in {"trace_key.not_a_key", "document.empty"}


def test_the_register_keeps_that_its_keys_went_out(branch, tmp_path):
    export_keys(branch, tmp_path / "key", WORDS, actor="An")
    (journal,) = branch.open_register().journals.since_last()
    assert b'"type":"trace_key.exported"' in journal.leaves[-1]
