# SPDX-License-Identifier: Apache-2.0
"""What reads untrusted documents, stage by stage, as fuzzers call it: a file in, an outcome out.

The structural readers leave out what starts programs: comparing pages before and after a repair
and asking the second engine, in whose place a check of the form is shown the first one's pictures;
a DOCX has a paper of ours in the place of its own. The whole readers, with both engines and the
office suite, go through the cage as the product does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

from PIL import Image
from stamped_files import stamped_files

from bmnn_mark.documents import confined
from bmnn_mark.documents.checking import labelled, stamps
from bmnn_mark.documents.checking import pdf as checking_pdf
from bmnn_mark.documents.checking import word as checking_word
from bmnn_mark.documents.checking.model import CheckTask
from bmnn_mark.documents.checking.pdf import check_pdf
from bmnn_mark.documents.checking.word import check_docx
from bmnn_mark.documents.hidden import pdf as hidden_pdf
from bmnn_mark.documents.hidden.docx import find_in_docx
from bmnn_mark.documents.hidden.pdf import find_in_pdf
from bmnn_mark.documents.model import MarkRequest, MarkTask, UnmarkTask
from bmnn_mark.documents.pdf import normalising, printed, repair
from bmnn_mark.documents.pdf.noi_nhan import find_block
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.second_reader import read_bare
from bmnn_mark.documents.pdf.survey import annotation_boxes
from bmnn_mark.documents.pdf.text import text_lines
from bmnn_mark.documents.pdf.unmarking import own_marks as own_marks_of_pdf
from bmnn_mark.documents.pdf.unmarking import remove_marks
from bmnn_mark.documents.pdf.writing import save_as_is
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.documents.word import fonts, noi_nhan
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.documents.word.ours import own_marks as own_marks_of_docx
from bmnn_mark.documents.word.own_lines import find_lines, take_out
from bmnn_mark.documents.word.package import Member
from bmnn_mark.documents.word.parts import serialise
from bmnn_mark.documents.word.zipping import write_package
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Copying, Level, load_pack
from bmnn_mark.units import Rect

Reader = Callable[[Path, Path], None]

PACK = "tt24-2020"
LIMITS = replace(
    DEFAULT_LIMITS, worker_stall_seconds=20.0, worker_total_seconds=60.0, convert_seconds=20.0
)
REQUEST = MarkRequest(
    level=Level.TOI_MAT, pack=PACK, drafter="An", copying=Copying.FORBIDDEN, copies=3,
    page_code=False,
)  # fmt: skip
_PAGES = 3


@contextlib.contextmanager
def without_programs() -> Iterator[None]:
    """The structural stage: no program is started, which would take all of the time."""
    with contextlib.ExitStack() as kept:
        for module, name, stand_in in (
            (repair, "_compare", lambda *_args: None),
            (normalising, "_compare", lambda *_args: None),
            (hidden_pdf, "_also_hidden_from_poppler", lambda _path, _frame, found, *_rest: found),
            (stamps, "poppler_render", _rendered),
            (labelled, "poppler_render", _rendered),
            (printed, "poppler_pages", _pages_rendered),
            (checking_pdf, "engines", lambda: ("pdfium", "pdfium")),
            (checking_word, "convert", _converted),
            (fonts, "_installed", lambda _home: frozenset({"times new roman"})),
        ):
            kept.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, stand_in)
        yield


def _rendered(
    path: Path, page: int, dpi: float, clip: Rect | None = None, **_bounds: object
) -> Image.Image:
    with pdfium_pages(path, LIMITS, forms=True) as engine:  # poppler draws fields, too
        return engine.render(page, dpi, clip)


def _pages_rendered(
    path: Path, first: int, last: int, dpi: float, **_bounds: object
) -> Iterator[Image.Image]:
    for page in range(first, last + 1):
        yield _rendered(path, page, dpi)


def _converted(_source: Path, target: Path, **_bounds: object) -> None:
    target.write_bytes(_paper())


@cache
def _paper() -> bytes:
    return stamped_files(PACK)[1]


def read_pdf(path: Path, work: Path) -> None:
    """Open; frames, our marks, text, Nơi nhận, boxes of annotations."""
    with open_pdf(path, LIMITS, work) as opened:
        own_marks_of_pdf(opened.pdf)
        with pdfium_pages(opened.path, LIMITS) as engine:
            find_block(engine, opened.frames)
            for frame, page in islice(zip(opened.frames, opened.pdf.pages, strict=True), _PAGES):
                text_lines(engine, frame)
                list(annotation_boxes(page.obj, frame))


def unmark_pdf(path: Path, work: Path) -> None:
    """Open, take our marks out, save, read back."""
    with open_pdf(path, LIMITS, work) as opened:
        if own_marks_of_pdf(opened.pdf) is None:
            return
        remove_marks(opened.pdf)
        save_as_is(opened.pdf, work / "bare.pdf")
        read_bare(work / "bare.pdf", len(opened.frames))


def search_pdf(path: Path, work: Path) -> None:
    """Look for hidden matter."""
    find_in_pdf(path, LIMITS, work)


def read_docx(path: Path, work: Path) -> None:
    """Open; our marks, lines for Nơi nhận; written out again."""
    del work
    opened = open_docx(path, LIMITS)
    own_marks_of_docx(opened)
    root = opened.package.root(opened.main)
    noi_nhan.complete(root, REQUEST, load_pack(PACK))
    main = Member.made(opened.main, serialise(root))
    write_package(opened.package.with_member(main).members.values())


def unmark_docx(path: Path, work: Path) -> None:
    """Open; take our lines out."""
    del work
    opened = open_docx(path, LIMITS)
    root = opened.package.root(opened.main)
    for line in find_lines(root).intact:
        take_out(line)
    serialise(root)


def search_docx(path: Path, work: Path) -> None:
    """Look for hidden matter."""
    del work
    find_in_docx(path, LIMITS)


def check_form_pdf(path: Path, work: Path) -> None:
    """Check the form, page by page."""
    check_pdf(CheckTask(source=str(path), work=str(work), pack=PACK, limits=LIMITS))


def check_form_docx(path: Path, work: Path) -> None:
    """Check the form: all but the conversion."""
    check_docx(CheckTask(source=str(path), work=str(work), pack=PACK, limits=LIMITS))


def mark_whole(path: Path, work: Path) -> None:
    """Mark through the cage, with both engines and the suite."""
    run = confined.mark_docx if path.suffix == ".docx" else confined.mark_pdf
    run(
        MarkTask(
            source=str(path), target=str(work / "marked"), work=str(work),
            request=replace(REQUEST, copies=None), limits=LIMITS,
        )
    )  # fmt: skip


def unmark_whole(path: Path, work: Path) -> None:
    """Take our marks out through the cage."""
    run = confined.unmark_docx if path.suffix == ".docx" else confined.unmark_pdf
    run(UnmarkTask(source=str(path), target=str(work / "bare"), work=str(work), limits=LIMITS))


def check_whole(path: Path, work: Path) -> None:
    """Check the form through the cage."""
    run = confined.check_docx if path.suffix == ".docx" else confined.check_pdf
    run(CheckTask(source=str(path), work=str(work), pack=PACK, limits=LIMITS))


#: By name: the reader, and the kind of its documents.
STRUCTURAL: dict[str, tuple[Reader, str]] = {
    "read-pdf": (read_pdf, "pdf"),
    "unmark-pdf": (unmark_pdf, "pdf"),
    "search-pdf": (search_pdf, "pdf"),
    "check-pdf": (check_form_pdf, "pdf"),
    "read-docx": (read_docx, "docx"),
    "unmark-docx": (unmark_docx, "docx"),
    "search-docx": (search_docx, "docx"),
    "check-docx": (check_form_docx, "docx"),
}
WHOLE: dict[str, tuple[Reader, str]] = {
    "mark-pdf": (mark_whole, "pdf"),
    "unmark-whole-pdf": (unmark_whole, "pdf"),
    "check-whole-pdf": (check_whole, "pdf"),
    "mark-docx": (mark_whole, "docx"),
    "unmark-whole-docx": (unmark_whole, "docx"),
    "check-whole-docx": (check_whole, "docx"),
}
