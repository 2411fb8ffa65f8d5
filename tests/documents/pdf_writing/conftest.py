# SPDX-License-Identifier: Apache-2.0
"""Papers made by hand, and the marks of one plan, for the tests of the writing half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.frame import PageFrame
from bmnn_mark.documents.pdf.opening import OpenedPdf, open_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.proof import Pair
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, RulePack, load_pack
from bmnn_mark.stamps.compose import caption_mark, level_mark, page_code_mark
from bmnn_mark.units import Mm, Point, Rect

A4 = [0, 0, 595.276, 841.89]
PACK = "nd63-2026"
MARK_ID = "a1b2c3d4e5f60718"

MakePaper = Callable[..., Path]
PlanFor = Callable[..., MarkPlan]


def text_of(page: int, *, lines: int = 12) -> bytes:
    """Lines of text in the middle of an A4 page, balanced."""
    rows = b"".join(
        b"(Trang %d dong %d lorem ipsum dolor) Tj T*\n" % (page, n) for n in range(lines)
    )
    return b"q BT /F1 12 Tf 14 TL 120 560 Td\n" + rows + b"ET Q\n"


class Paper:
    """A PDF in the making, of pages that share one resources dictionary."""

    def __init__(self) -> None:
        self.pdf = Pdf.new()
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"))
        self.resources = self.pdf.make_indirect(
            Dictionary(Font=Dictionary(F1=self.pdf.make_indirect(font)))
        )

    def page(self, content: bytes | Sequence[bytes], **entries: object) -> pikepdf.Object:
        """Add a page; several contents make an array."""
        parts = [content] if isinstance(content, bytes) else content
        streams = [self.pdf.make_stream(part) for part in parts]
        page = self.pdf.make_indirect(
            Dictionary(
                {
                    "/Type": Name.Page,
                    "/MediaBox": Array(A4),
                    "/Resources": self.resources,
                    "/Contents": streams[0] if isinstance(content, bytes) else Array(streams),
                    **{f"/{key}": value for key, value in entries.items()},
                }
            )
        )
        self.pdf.pages.append(pikepdf.Page(page))
        return page

    def save(self, path: Path) -> Path:
        self.pdf.save(path, static_id=True)
        return path


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def make_paper(tmp_path: Path) -> MakePaper:
    """A paper of so many pages, with the same page entries on each."""

    def make(pages: int = 1, **entries: object) -> Path:
        made = Paper()
        for page in range(1, pages + 1):
            made.page(text_of(page), **entries)
        return made.save(tmp_path / "source.pdf")

    return make


@pytest.fixture(scope="session")
def pack() -> RulePack:
    return load_pack(PACK)


@pytest.fixture
def plan_for(pack: RulePack) -> PlanFor:
    """The độ mật mark on page 1; with ``codes`` a code and two captions on every page."""

    def make(frames: Sequence[PageFrame], *, codes: bool = False, every: bool = False) -> MarkPlan:
        level = level_mark(pack, Level.TOI_MAT)
        marks = [
            PlannedMark(
                kind=MarkKind.LEVEL,
                drawing=level,
                page=frame.page,
                box=Rect.at(Point(Mm(30), Mm(45)), level.size),
            )
            for frame in frames
            if frame.page == 1 or every
        ]
        for frame in frames if codes else ():
            marks += code_marks(frame)
        return MarkPlan(marks=tuple(marks))

    return make


def code_marks(frame: PageFrame) -> list[PlannedMark]:
    """A page code with the caption of its copy above it, bottom left."""
    low = frame.size.height - 32
    code = page_code_mark("BM1:".ljust(67, "0"), Mm(20))
    caption = caption_mark(("Bản 10/10", "WWWWW-WWWWW"))
    return [
        PlannedMark(
            kind=MarkKind.PAGE_CODE,
            drawing=code,
            page=frame.page,
            box=Rect.at(Point(Mm(7), low), code.size),
            slot=f"code:{frame.page}",
        ),
        PlannedMark(
            kind=MarkKind.CAPTION,
            drawing=caption,
            page=frame.page,
            box=Rect.at(Point(Mm(7), low - 8), caption.size),
            slot="caption",
        ),
    ]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


class Marked:
    """A source, what was planned, and what was written."""

    def __init__(self, source: Path, output: Path, work: Path) -> None:
        self.source, self.output, self.work = source, output, work
        self.plan = MarkPlan(marks=())
        self.frames: tuple[PageFrame, ...] = ()
        self.slots: tuple = ()

    @property
    def pair(self) -> Pair:
        """What is to be proven."""
        sizes = tuple(frame.size for frame in self.frames)
        return Pair(before=self.source, after=self.output, sizes=sizes, work=self.work)


@pytest.fixture
def mark(plan_for: PlanFor, work: Path, tmp_path: Path) -> Callable[..., Marked]:
    """Open, plan and write; nothing is proven yet."""

    def do(
        source: Path, *, name: str = "marked.pdf", mark_id: str = MARK_ID, **plan: bool
    ) -> Marked:
        made = Marked(source, tmp_path / name, work)
        with open_pdf(source, DEFAULT_LIMITS, work) as opened:
            assert isinstance(opened, OpenedPdf)
            made.frames = opened.frames
            made.plan = plan_for(opened.frames, **plan)
            made.slots = write_marked(opened, made.plan, made.output, mark_id=mark_id, pack_id=PACK)
        return made

    return do
