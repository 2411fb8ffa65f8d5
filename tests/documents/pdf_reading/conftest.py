# SPDX-License-Identifier: Apache-2.0
"""Pages made on purpose: synthetic ones by pikepdf, office papers by LibreOffice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.shared import Mm, Pt

from bmnn_mark.documents.marks import MarkPlan
from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.documents.pdf.opening import OpenedPdf, open_pdf
from bmnn_mark.documents.pdf.plan import plan_marks
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, load_pack

A4 = (0, 0, 595.276, 841.89)
CODE = "BM1:" + "0" * 63


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """A PDF of pages given as (content, keys of the page dictionary)."""

    def make(*pages: tuple[bytes, dict], name: str = "made.pdf", **root) -> Path:
        pdf = pikepdf.new()
        font = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name.Helvetica,
            )
        )
        for content, keys in pages:
            page = pikepdf.Dictionary(
                Type=pikepdf.Name.Page,
                MediaBox=pikepdf.Array([*A4]),
                Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font)),
                Contents=pdf.make_stream(content),
            )
            for key, value in keys.items():
                page[f"/{key}"] = pikepdf.Array([*value]) if isinstance(value, tuple) else value
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        for key, value in root.items():
            pdf.Root[f"/{key}"] = value
        path = tmp_path / name
        pdf.save(path)
        return path

    return make


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Path], AbstractContextManager[OpenedPdf]]:
    """Opens a file with the usual limits."""

    @contextmanager
    def run(path: Path, limits=DEFAULT_LIMITS) -> Iterator[OpenedPdf]:
        with open_pdf(path, limits, tmp_path) as document:
            yield document

    return run


@pytest.fixture
def plan_of(tmp_path: Path) -> Callable[..., MarkPlan]:
    """The plan for a file and the fields of a request."""

    def run(path: Path, *, code: str | None = None, **fields) -> MarkPlan:
        request = MarkRequest(**{"level": Level.TOI_MAT, "pack": "tt24-2020", **fields})
        with open_pdf(path, DEFAULT_LIMITS, tmp_path) as document:
            return plan_marks(document, request, load_pack(request.pack), code, work=tmp_path)

    return run


def _cell(cell, *lines: tuple[str, bool]) -> None:
    for index, (text, bold) in enumerate(lines):
        paragraph = cell.paragraphs[0] if index == 0 else cell.add_paragraph()
        paragraph.alignment = ALIGN.CENTER
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.add_run(text).bold = bold


def _paper(
    path: Path, *, above=(), under_number=(), recipients=None, spaced_pt=0, below=()
) -> None:
    """A paper in the layout of NĐ 30/2020."""
    paper = docx.Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.top_margin = section.bottom_margin = Mm(20)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = "Liberation Serif", Pt(13)
    for text in above:
        paper.add_paragraph(text)
    head = paper.add_table(rows=2, cols=2)
    _cell(head.cell(0, 0), ("UBND TỈNH VÍ DỤ", False), ("SỞ MẪU", True))
    _cell(head.cell(0, 1), ("CỘNG HÒA XÃ HỘI", True), ("Độc lập - Tự do - Hạnh phúc", True))
    _cell(head.cell(1, 0), ("Số: 12/KH-SM", False), *((line, False) for line in under_number))
    _cell(head.cell(1, 1), ("Ví Dụ, ngày 05 tháng 01 năm 2026", False))
    title = paper.add_paragraph("KẾ HOẠCH")
    title.paragraph_format.space_before = Pt(70)
    for _ in range(4):
        paper.add_paragraph("Nội dung thử để đo vị trí các dòng chữ trên trang giấy. " * 6)
    if recipients is not None:
        foot = paper.add_table(rows=1, cols=2)
        block = foot.cell(0, 0)
        block.paragraphs[0].add_run("Nơi nhận:").bold = True
        for text in recipients:
            line = block.add_paragraph()
            line.paragraph_format.space_after = Pt(spaced_pt)
            line.add_run(text).font.size = Pt(11)
        _cell(foot.cell(0, 1), ("GIÁM ĐỐC", True), ("", False), ("", False), ("Người Mẫu", True))
    for text in below:
        paper.add_paragraph(text)
    paper.save(path)


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Office papers as PDF, made by one run of LibreOffice."""
    folder = tmp_path_factory.mktemp("papers")
    usual = ("- Như trên;", "- UBND tỉnh (để b/c);", "- Lưu: VT, TH.")
    stated = ("- Số lượng bản phát hành: 05;", "- Không được phép sao, chụp.")
    _paper(folder / "plan.docx", recipients=usual)
    _paper(folder / "letter.docx", recipients=usual, under_number=("V/v mẫu thử",))
    _paper(folder / "stated.docx", recipients=(*usual[:2], *stated, "- Lưu: VT, TH, 10b."))
    _paper(folder / "typed.docx", above=("TỐI MẬT",))
    _paper(folder / "spaced.docx", recipients=usual, spaced_pt=10)
    _paper(folder / "split.docx", recipients=tuple(f"- Đơn vị {n};" for n in range(1, 70)))
    units = tuple(f"- Đơn vị {n};" for n in range(1, 40))
    _paper(folder / "over.docx", recipients=(*units, *stated))
    _paper(folder / "bare.docx")
    _paper(folder / "full.docx", recipients=usual, below=("", "Phụ lục kèm theo văn bản này."))
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(folder),
            *(str(one) for one in sorted(folder.glob("*.docx"))),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    made = {one.stem: one for one in folder.glob("*.pdf")}
    assert len(made) == 9
    return made
