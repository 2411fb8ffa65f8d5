# SPDX-License-Identifier: Apache-2.0
"""Codes are found on real images: turned, dirty, copied, several on a scans.sheet, in any file."""

import random
import sys

import pypdfium2
import pytest
import qrcode
from PIL import Image, ImageChops, ImageDraw

from bmnn_mark.errors import DocumentRefused, UsageRefused
from bmnn_mark.limits import Limits
from bmnn_mark.tracking.code import Outcome, open_code
from bmnn_mark.tracking.decoding import read_image
from bmnn_mark.tracking.reading import ReadTask, read_scan
from bmnn_mark.tracking.worker import read_codes
from bmnn_mark.worker import ignore_progress

ORIENTATION = 0x0112  # EXIF: which way up the phone was


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 3, -5])
@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_reads_a_scan_at_any_rotation(dpi, angle, scans):
    paper = scans.sheet({(30, 30): scans.code_text()})
    image = scans.scan(paper, random.Random(dpi + angle), dpi=dpi, angle=angle)
    assert read_image(image) == (scans.code_text(),)


@pytest.mark.parametrize("generations", [1, 2, 3])
@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_reads_a_photocopy_of_photocopies(dpi, generations, scans):
    chance = random.Random(f"{dpi}/{generations}")
    paper = scans.sheet({(30, 30): scans.code_text()})
    for _ in range(generations):
        paper = scans.photocopy(paper, chance)
    image = scans.scan(paper, chance, dpi=dpi, angle=chance.uniform(-3, 3))
    assert open_code(read_image(image)[0], [scans.KEY]).outcome is Outcome.OURS


def test_reads_every_code_on_a_sheet_and_names_foreign_ones(scans):
    paper = scans.sheet({(5, 5): scans.code_text(1), (50, 50): scans.code_text(2)})
    foreign = qrcode.make("https://example.org/invoice/4711", border=4).get_image().convert("L")
    paper.paste(foreign.resize((700, 700)), (50 * 24, 5 * 24))
    texts = read_image(scans.scan(paper, random.Random(1), dpi=300, angle=1))
    outcomes = sorted(open_code(text, [scans.KEY]).outcome for text in texts)
    assert outcomes == [Outcome.NOT_OURS, Outcome.OURS, Outcome.OURS]


def test_an_empty_sheet_has_no_codes(scans):
    assert read_image(scans.sheet({})) == ()


def test_transparent_paper_is_white_paper(scans):
    grey = scans.sheet({(30, 30): scans.code_text()}, dpi=200)
    image = Image.new("RGBA", grey.size, (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), mask=grey.point([255 - value for value in range(256)]))
    assert read_image(image) == (scans.code_text(),)


def test_a_missing_engine_is_named(monkeypatch, scans):
    for name, engine in (("zxingcpp", "zxing-cpp"), ("pyzbar", "zbar")):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(UsageRefused, match=r"^trace\.engine_missing$") as refusal:
                read_image(scans.sheet({}))
            assert refusal.value.detail == {"engine": engine}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_reads_image_files_in_a_process_of_its_own(tmp_path, name, scans):
    path = tmp_path / name
    scans.sheet({(30, 30): scans.code_text()}, dpi=300).save(path)
    (found,) = read_scan(path, home=tmp_path)
    assert (found.page, found.texts) == (1, (scans.code_text(),))


def test_reads_every_page_of_a_tiff(tmp_path, scans):
    pages = [scans.sheet({(30, 30): scans.code_text(page)}, dpi=200) for page in (1, 2, 3)]
    pages.insert(2, scans.sheet({}, dpi=200))
    path = tmp_path / "scan"
    pages[0].save(path, format="TIFF", save_all=True, append_images=pages[1:])
    steps = []
    found = read_scan(path, home=tmp_path, on_progress=steps.append)
    assert [one.texts for one in found] == [
        (scans.code_text(1),),
        (scans.code_text(2),),
        (),
        (scans.code_text(3),),
    ]
    assert [(step.page, step.pages) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_reads_every_page_of_a_pdf(tmp_path, scans):
    pages = [scans.sheet({(30, 30): scans.code_text(page)}, dpi=300) for page in (1, 2)]
    path = tmp_path / "scan.bin"
    pages[0].save(path, format="PDF", resolution=300, save_all=True, append_images=pages[1:])
    found = read_scan(path, home=tmp_path)
    assert [one.texts for one in found] == [(scans.code_text(1),), (scans.code_text(2),)]


TAKEN = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", TAKEN)
def test_reads_a_photo_however_the_phone_was_held(tmp_path, orientation, scans):
    photo = scans.sheet({(30, 30): scans.code_text()}, dpi=200)
    ImageDraw.Draw(photo).ellipse((220, 220, 280, 280), fill=255)  # a mirrored one is not mended
    if TAKEN[orientation] is not None:
        photo = photo.transpose(TAKEN[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / "photo.jpg"
    photo.save(path, exif=exif, dpi=(200, 200))
    (found,) = read_codes(ReadTask(source=str(path)), ignore_progress)
    assert found.texts == (scans.code_text(),)


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("1", {"format": "TIFF", "compression": "group4"}),
        ("CMYK", {"format": "TIFF"}),
        ("CMYK", {"format": "JPEG", "quality": 70}),
        ("RGB", {"format": "TIFF", "compression": "tiff_lzw"}),
        ("P", {"format": "PNG"}),
        ("I;16", {"format": "PNG"}),
    ],
)
def test_reads_the_files_that_scanners_make(tmp_path, mode, options, scans):
    grey = scans.sheet({(30, 30): scans.code_text()}, dpi=200)
    deep = grey.convert("I").point(lambda value: value * 256)
    image = deep.convert(mode) if mode == "I;16" else grey.convert(mode)
    image.save(tmp_path / "scan", dpi=(200, 200), **options)
    (found,) = read_codes(ReadTask(source=str(tmp_path / "scan")), ignore_progress)
    assert found.texts == (scans.code_text(),)


def test_reads_through_a_red_seal_in_a_pdf(tmp_path, scans):
    paper = scans.sheet({(30, 30): scans.code_text()}, dpi=200)
    stamped = Image.merge("RGB", (paper, paper, paper))
    seal = Image.new("RGB", paper.size, "white")
    ImageDraw.Draw(seal).ellipse((200, 200, 480, 480), fill=(210, 40, 60))
    path = tmp_path / "scan.pdf"
    ImageChops.multiply(stamped, seal).save(path, resolution=200)
    (found,) = read_codes(ReadTask(source=str(path)), ignore_progress)
    assert found.texts == (scans.code_text(),)


def test_reads_a_pdf_whose_scan_claims_no_resolution(tmp_path, scans):
    paper = scans.sheet({(7, 265): scans.code_text()}, dpi=300, size_mm=(210, 297))
    path = tmp_path / "scan.pdf"
    paper.save(path, resolution=72)  # so its page is 1.2 m high
    (found,) = read_codes(ReadTask(source=str(path)), ignore_progress)
    assert found.texts == (scans.code_text(),)


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 nothing", b"\x89PNG\r\n\x1a\n broken", b"GIF89a", b"text"]
)
def test_refuses_what_is_no_scan(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(DocumentRefused, match=r"^trace\.not_an_image$"):
        read_scan(path, home=tmp_path)


def test_refuses_a_truncated_image(tmp_path, scans):
    path = tmp_path / "file.png"
    scans.sheet({(30, 30): scans.code_text()}, dpi=300).save(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(DocumentRefused, match=r"^trace\.not_an_image$"):
        read_scan(path, home=tmp_path)


def test_refuses_too_many_pixels_before_it_unpacks_them(tmp_path, scans):
    path = tmp_path / "bomb.png"
    Image.new("1", (30_000, 30_000)).save(path)
    with pytest.raises(DocumentRefused, match=r"^trace\.image_too_large$") as refusal:
        read_scan(path, home=tmp_path)
    assert refusal.value.detail == {"megapixels": 900, "limit": 64}


def test_refuses_a_huge_pdf_page_and_too_many_pages(tmp_path, scans):
    path = tmp_path / "scan.pdf"
    document = pypdfium2.PdfDocument.new()
    document.new_page(10_000, 10_000)
    document.new_page(100, 100)
    document.save(path)
    document.close()
    with pytest.raises(DocumentRefused, match=r"^trace\.image_too_large$"):
        read_scan(path, home=tmp_path)
    with pytest.raises(DocumentRefused, match=r"^trace\.too_many_pages$"):
        read_scan(path, home=tmp_path, limits=Limits(pages=1))
