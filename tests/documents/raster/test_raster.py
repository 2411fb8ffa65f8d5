# SPDX-License-Identifier: Apache-2.0
"""Pages as images of the device's resolution: the very pixels, shared rows, nothing else."""

import subprocess
import sys
import zlib

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bmnn_mark.documents.raster import (
    Ink,
    OwnPlace,
    RasterBaseTask,
    RasterCopyTask,
    RasterForm,
)
from bmnn_mark.documents.raster_file import RasterReader, RasterWriter, joined_adler, packed
from bmnn_mark.documents.raster_pages import make_base, make_copy, strip_boxes
from bmnn_mark.documents.rendering import pdfium_pages, poppler_render
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.units import Rect

DPI = 300
BLACK = b"0 g 100 100 200 30 re f\n"
RED = b"0.8 0 0.1 rg 300 600 90 40 re f\n"
GREY = b"0.7 g 50 500 400 60 re f\n"
DIAGONAL = b"0 G 0.3 w 20 20 m 400 700 l S\n"


def page_pdf(path, *contents, box=(595, 842), turn=0):
    """A PDF with one page for each content."""
    with pikepdf.new() as pdf:
        for content in contents:
            page = pdf.add_blank_page(page_size=box)
            page.Contents = pdf.make_stream(content)
            if turn:
                page.Rotate = turn
        pdf.save(path, static_id=True)
    return path


def base_of(source, tmp_path, *, colour=True, dpi=DPI):
    target = tmp_path / f"{source.stem}-{dpi}-{colour}.raster"
    form = RasterForm(dpi=dpi, colour=colour)
    task = RasterBaseTask(source=str(source), target=str(target), work=str(tmp_path), form=form)
    return target, make_base(task)


def whole(path, layout, page=1):
    sheet = layout.pages[page - 1]
    with RasterReader(path, layout) as reader:
        return reader.part(page, (0, 0, sheet.columns, sheet.rows)).convert("RGB")


def drawn(source, page=1, dpi=DPI):
    with pdfium_pages(source) as pages:
        columns, rows = pages.pixels(page, dpi)
        boxes = list(strip_boxes(columns, rows))
        image = Image.new("RGB", (columns, rows))
        for box, part in zip(boxes, pages.crisp(page, dpi, boxes), strict=True):
            image.paste(part, box[:2])
    return image


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_checksums_of_two_stretches_join_to_that_of_both(one, other):
    joined = joined_adler(zlib.adler32(one), zlib.adler32(other), len(other))
    assert joined == zlib.adler32(one + other)


@pytest.mark.parametrize(
    ("content", "colour", "ink"),
    [
        (BLACK + DIAGONAL, True, Ink.BLACK),
        (BLACK + GREY, True, Ink.GREY),
        (BLACK + RED, True, Ink.COLOUR),
        (BLACK + RED, False, Ink.GREY),
        (b"", True, Ink.BLACK),
    ],
)
def test_a_page_gets_the_least_pixels_that_lose_nothing(tmp_path, content, colour, ink):
    source = page_pdf(tmp_path / "a.pdf", content)
    path, layout = base_of(source, tmp_path, colour=colour)
    assert layout.pages[0].ink is ink
    wanted = drawn(source) if colour else drawn(source).convert("L").convert("RGB")
    assert whole(path, layout).tobytes() == wanted.tobytes()


def test_letters_and_lines_have_no_soft_edges(tmp_path):
    path, layout = base_of(page_pdf(tmp_path / "a.pdf", BLACK + DIAGONAL + RED), tmp_path)
    assert len(whole(path, layout).getcolors(16)) == 3


def test_strips_show_what_the_whole_page_does(tmp_path):
    source = page_pdf(tmp_path / "a.pdf", BLACK + DIAGONAL + RED)
    strips = drawn(source)
    with pdfium_pages(source) as pages:
        (one,) = pages.crisp(1, DPI, [(0, 0, *strips.size)])
    differ = ImageChops.difference(one, strips).convert("L").histogram()
    assert sum(differ[1:]) <= 20  # a slanted line is rounded where it is cut


@pytest.mark.parametrize(
    ("box", "turn"), [((595, 842), 0), ((595, 842), 90), ((842, 595), 270), ((595.3, 841.9), 180)]
)
def test_other_programs_show_the_very_pixels_at_the_device_resolution(tmp_path, box, turn):
    source = page_pdf(tmp_path / "a.pdf", BLACK + RED + DIAGONAL, box=box, turn=turn)
    path, layout = base_of(source, tmp_path)
    kept = whole(path, layout)
    shown = poppler_render(path, 1, DPI, work=tmp_path)
    assert shown.size == kept.size
    assert ImageChops.difference(shown, kept).getbbox() is None
    done = subprocess.run(
        ["gs", "-q", "-dSAFER", "-dNOPAUSE", "-dBATCH", "-sDEVICE=ppmraw", f"-r{DPI}",
         f"-sOutputFile={tmp_path / 'gs.ppm'}", path],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == b""
    with Image.open(tmp_path / "gs.ppm") as other:
        assert other.size == kept.size
        assert ImageChops.difference(other.convert("RGB"), kept).getbbox() is None


def test_the_file_is_sound_for_an_independent_checker(tmp_path):
    path, layout = base_of(page_pdf(tmp_path / "a.pdf", BLACK, RED, GREY), tmp_path)
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True, timeout=60)
    assert layout.bytes == path.stat().st_size
    assert [page.ink for page in layout.pages] == [Ink.BLACK, Ink.COLOUR, Ink.GREY]
    with pikepdf.open(path) as pdf:
        assert not pdf.docinfo
        assert [set(page.Resources.keys()) for page in pdf.pages] == [{"/XObject"}] * 3


def test_the_same_document_gives_the_same_bytes(tmp_path):
    (tmp_path / "twice").mkdir()
    source = page_pdf(tmp_path / "a.pdf", BLACK + RED)
    (one, first), (other, second) = base_of(source, tmp_path), base_of(source, tmp_path / "twice")
    assert one.read_bytes() == other.read_bytes()
    assert first == second


def test_what_is_printed_otherwise_than_it_is_seen_is_refused(tmp_path):
    source = page_pdf(tmp_path / "a.pdf", BLACK)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        look = pdf.make_stream(b"0 g 0 0 50 50 re f", BBox=[0, 0, 50, 50])
        look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[300, 300, 350, 350],
            F=0, AP=pikepdf.Dictionary(N=look),
        )  # fmt: skip
        pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))
        pdf.save(source)
    with pytest.raises(DocumentRefused, match=r"raster\.print_differs"):
        base_of(source, tmp_path)


OWN = OwnPlace(page=1, box=Rect.of(105.8, 71.2, 31.8, 14.2), code=False)  # round the red box


def copy_of(template, copy, tmp_path, own=(OWN,)):
    base, layout = base_of(template, tmp_path)
    target = tmp_path / "copy.raster"
    task = RasterCopyTask(
        source=str(copy), base=str(base), target=str(target), work=str(tmp_path), layout=layout,
        form=RasterForm(dpi=DPI), own=own,
    )  # fmt: skip
    return base, layout, target, make_copy(task).file


def test_a_copy_is_drawn_anew_only_where_its_own_marks_are(tmp_path):
    template = page_pdf(tmp_path / "t.pdf", BLACK + RED, BLACK)
    copy = page_pdf(tmp_path / "c.pdf", BLACK + RED + b"0 g 310 610 20 20 re f\n", BLACK)
    base, layout, target, made = copy_of(template, copy, tmp_path)
    assert [whole(target, made, page).tobytes() for page in (1, 2)] == [
        drawn(copy, page).tobytes() for page in (1, 2)
    ]
    with RasterReader(base, layout) as one, RasterReader(target, made) as other:
        same = [
            one.strip_bytes(first) == other.strip_bytes(second)
            for sheet, again in zip(layout.pages, made.pages, strict=True)
            for first, second in zip(sheet.strips, again.strips, strict=True)
        ]
    assert same.count(False) == 1
    subprocess.run(["qpdf", "--check", target], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    "change",
    [
        b"0 g 250 610 10 10 re f\n",  # in the rows of the mark, left of it
        b"1 g 300 636 90 8 re f\n0 g 400 630 1 1 re f\n",
    ],
)
def test_a_change_beside_the_copys_own_marks_is_refused(tmp_path, change):
    template = page_pdf(tmp_path / "t.pdf", BLACK + RED)
    copy = page_pdf(tmp_path / "c.pdf", BLACK + RED + change)
    with pytest.raises(DocumentRefused, match=r"proof\.raster"):
        copy_of(template, copy, tmp_path)


def test_a_copy_that_needs_more_than_its_templates_pixels_is_refused(tmp_path):
    template = page_pdf(tmp_path / "t.pdf", BLACK)
    copy = page_pdf(tmp_path / "c.pdf", BLACK + RED)
    with pytest.raises(DocumentRefused, match=r"proof\.raster"):
        copy_of(template, copy, tmp_path)


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_a_changed_byte_of_the_pixels_is_noticed_when_they_are_read(tmp_path, at):
    path, layout = base_of(page_pdf(tmp_path / "a.pdf", BLACK + RED + DIAGONAL), tmp_path)
    largest = max(layout.pages[0].strips, key=lambda strip: strip.length)
    data = bytearray(path.read_bytes())
    data[largest.offset + int(at * largest.length)] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(DocumentRefused, match=r"proof\.raster"):
        whole(path, layout)


@given(
    columns=st.integers(1, 70), heights=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    ink=st.sampled_from(list(Ink)), seed=st.integers(0, 255),
)  # fmt: skip
def test_any_strips_read_back_as_they_were_written(tmp_path_factory, columns, heights, ink, seed):
    path = tmp_path_factory.mktemp("strips") / "a.pdf"
    mode = {Ink.BLACK: "1", Ink.GREY: "L", Ink.COLOUR: "RGB"}[ink]
    images = [Image.effect_noise((columns, rows), seed + 1).convert(mode) for rows in heights]
    with RasterWriter(path, 600) as writer:
        strips = ((one.height, *packed(one, ink)) for one in images)
        writer.page(columns, sum(heights), ink, strips)
        layout = writer.finish()
    with RasterReader(path, layout) as reader:
        for index, image in enumerate(images):
            assert reader.strip(1, index).tobytes() == image.tobytes()
    with pikepdf.open(path) as pdf:
        data = pdf.pages[0].Resources.XObject["/I"].read_bytes()
    assert data == b"".join(one.tobytes() for one in images)


def test_memory_does_not_grow_with_the_page(tmp_path):
    source = page_pdf(tmp_path / "a.pdf", BLACK + RED, box=(1191, 1684))  # A2
    code = (
        "import re, sys\n"
        "from bmnn_mark.documents.raster import RasterBaseTask, RasterForm\n"
        "from bmnn_mark.documents.raster_pages import make_base\n"
        "make_base(RasterBaseTask(source=sys.argv[1], target=sys.argv[2], work='/',"
        " form=RasterForm(dpi=600)))\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]) >> 10)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, source, tmp_path / "out.pdf"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 150  # MiB; its pixels alone would be 400
