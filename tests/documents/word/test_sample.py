# SPDX-License-Identifier: Apache-2.0
"""The sample has the layout of NĐ 30/2020 and the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import docx

from bmnn_mark.documents.word.sample import write_sample


def test_the_sample_is_the_same_every_time(sample, tmp_path):
    write_sample(tmp_path / "again.docx")
    assert (tmp_path / "again.docx").read_bytes() == sample.read_bytes()


def test_page_and_text_are_those_of_the_decree(sample):
    document = docx.Document(str(sample))
    section = document.sections[0]
    measures = (
        section.page_width, section.page_height, section.top_margin, section.bottom_margin,
        section.left_margin, section.right_margin,
    )  # fmt: skip
    assert [round(one.mm) for one in measures] == [210, 297, 20, 20, 30, 15]
    assert section.different_first_page_header_footer
    assert document.styles["Normal"].font.name == "Times New Roman"
    head = [cell.text for cell in document.tables[0].rows[0].cells]
    assert "Số: 12/KH-SM" in head[0]
    assert head[1].startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")
    foot = document.tables[1].rows[0].cells[0].text.split("\n")
    assert foot[0] == "Nơi nhận:"
    assert foot[-1].startswith("- Lưu: VT")


def test_nobody_and_no_machine_is_named_in_its_properties(sample):
    properties = docx.Document(str(sample)).core_properties
    assert (properties.author, properties.comments, properties.title) == ("SỞ MẪU", "", "")


def test_the_example_writes_it_where_it_is_told_and_overwrites_nothing(sample, tmp_path):
    script = Path(__file__).parents[3] / "examples" / "sample_document.py"
    target = tmp_path / "mau.docx"
    command = [sys.executable, str(script), str(target)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert target.read_bytes() == sample.read_bytes()
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 1
