# SPDX-License-Identifier: Apache-2.0
"""A short run of ``benchmarks/reading.py``: issued sheets, copied, damaged, scanned, read."""

import importlib
import io
import random
import sys
from pathlib import Path

import pytest
import qrcode
from PIL import Image

from bmnn_mark.config import Config
from bmnn_mark.stamps import qr
from bmnn_mark.tracking.code import PageCode, seal
from bmnn_mark.tracking.decoding import read_image
from bmnn_mark.tracking.key import TraceKey
from bmnn_mark.workflow.office import office_for
from bmnn_mark.workflow.tracing import Trace, trace

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def reading():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("reading")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def issued(reading, sample_pdf, tmp_path_factory):
    folder = tmp_path_factory.mktemp("issued")
    sheets, key = reading.issued_sheets(folder, sample_pdf, 2)
    return folder, sheets, key


def test_every_sheet_is_read_after_copies_and_damage(reading, issued):
    _, sheets, key = issued
    seen = reading.look(sheets[1], key, (150, 200))
    assert len(seen) > 20
    unread = [reading.CASES[one.case] for one in seen if not one.right]
    assert not [case for case in unread if not case.damaged]
    assert len(unread) <= 1
    assert not any(one.wrong or one.false for one in seen)


@pytest.mark.parametrize("damage", ["fold", "stain", "punch", "red seal, colour", "seal, grey"])
def test_reads_a_code_hurt_in_the_same_way_again_and_again(reading, issued, damage):
    _, sheets, _ = issued
    sim, chance = reading.sim, random.Random(damage)
    page = reading.rendered(sheets[0].pdf, sheets[0].page, sim.PAPER_DPI)
    corner = sim.printed(page.crop((0, page.height - 1800, 1800, page.height)), chance)
    symbol = sim.Symbol(
        reading.SYMBOL.x, reading.SYMBOL.y - (page.height - 1800), reading.SYMBOL.side
    )
    read = 0
    for _ in range(8):
        hurt = reading.DAMAGES[damage](corner, symbol, chance)
        file = io.BytesIO(sim.scanned(hurt, chance, chance.choice((150, 200, 300))))
        read += read_image(Image.open(file)) == (sheets[0].text,)
    assert read >= 7


def symbol_of(text):
    rows = Image.frombytes("1", (qr.MODULES, qr.MODULES), qr.symbol(text)).convert("L")
    return rows.point([255 - value for value in range(256)]).resize((236, 236), 0)


def test_ours_not_ours_forged_and_nothing_are_told_apart(reading, issued, tmp_path):
    folder, sheets, key = issued
    office = office_for(Config(agency="SỞ MẪU", data_folder=str(folder / "data")), None)
    another = TraceKey.from_entropy(random.Random(1).randbytes(67), rehearsal=False)
    forger = TraceKey(key_id=key.key_id, secret=another.secret)
    code = PageCode(position=5, page=1, attempt=1, root=bytes(14))
    page = reading.rendered(sheets[0].pdf, sheets[0].page, 300)
    bare = page.copy()
    bare.paste(255, (0, 3000, 500, 3508))
    page.paste(symbol_of(seal(another, code)), (700, 3150))
    page.paste(symbol_of(seal(forger, code)), (1300, 3150))
    shipping = qrcode.make("https://example.org/parcel/4711", box_size=8).get_image().convert("L")
    page.paste(shipping, (1900, 3100))
    bare.save(tmp_path / "scan.tif", save_all=True, append_images=[page, shipping], dpi=(300, 300))
    found = trace(office, (str(tmp_path / "scan.tif"),))
    assert [(one.scan_page, one.trace) for one in found if one.scan_page != 2] == [
        (1, Trace.NOT_FOUND),
        (3, Trace.NOT_OURS),
    ]
    assert sorted(one.trace for one in found if one.scan_page == 2) == [
        Trace.CONSISTENT,
        Trace.FORGED,
        Trace.NOT_OURS,
        Trace.NOT_OURS,
    ]
    (ours,) = [one for one in found if one.trace is Trace.CONSISTENT]
    assert (ours.copy.number, ours.page) == (1, 1)
