# SPDX-License-Identifier: Apache-2.0
"""The office suite converts without network, inside bounds, and is not believed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from bmnn_mark import proc
from bmnn_mark.documents import conversion
from bmnn_mark.documents.conversion import convert, sandbox
from bmnn_mark.documents.word.fonts import font_notices
from bmnn_mark.documents.word.opening import open_docx
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import DEFAULT_LIMITS


def refusal(source, work, limits=DEFAULT_LIMITS):
    with pytest.raises(DocumentRefused) as caught:
        convert(source, work / "out.pdf", work=work, limits=limits)
    assert not (work / "out.pdf").exists()
    assert not (work / "office").exists()
    return caught.value


def test_converts_the_same_way_twice_and_leaves_nothing_behind(sample, tmp_path):
    texts = []
    for name in ("one.pdf", "two.pdf"):
        converted = convert(sample, tmp_path / name, work=tmp_path, limits=DEFAULT_LIMITS)
        assert converted.pages == 3
        texts.append([page.extract_text() for page in pypdf.PdfReader(converted.path).pages])
    assert texts[0] == texts[1]
    assert "Kế hoạch diễn tập phòng cháy" in texts[0][2].replace("\n", " ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pdf", "two.pdf"]


def test_a_work_folder_of_an_odd_name_does_not_stop_the_suite(sample, tmp_path):
    work = tmp_path / "odd 100% “ở đây”'"
    work.mkdir()
    assert convert(sample, work / "out.pdf", work=work, limits=DEFAULT_LIMITS).pages == 3


def test_the_suite_sees_no_network(tmp_path):
    seen = proc.run(
        [*sandbox(), proc.program("cat"), "/proc/net/dev"], home=tmp_path, seconds=10
    ).stdout.decode()
    links = [line.split(":")[0].strip() for line in seen.splitlines()[2:]]
    assert links == ["lo"]


def test_the_suite_does_not_outlive_the_process_that_started_it(tmp_path):
    mark = f"{time.monotonic_ns() % 100_000 + 100_000}"
    code = (
        "import sys; from pathlib import Path; from bmnn_mark import proc;"
        "from bmnn_mark.documents.conversion import sandbox;"
        f"proc.run([*sandbox(), proc.program('sleep'), '{mark}'],"
        f" home=Path({str(tmp_path)!r}), seconds=900)"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        assert wait_for(lambda: running("sleep", mark))
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert wait_for(lambda: not running("sleep", mark))


def running(name, argument):
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(name.encode()) and argument.encode() in words:
            return True
    return False


def wait_for(condition):
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_refuses_without_a_sandbox(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(proc, "network_free_prefix", lambda: None)
    assert refusal(sample, tmp_path).code == "conversion.no_sandbox"


def test_refuses_without_the_suite(sample, tmp_path, monkeypatch):
    real = proc.find_program
    monkeypatch.setattr(
        conversion.proc, "find_program", lambda name: None if name == "soffice" else real(name)
    )
    assert refusal(sample, tmp_path).code == "conversion.tool_missing"


def test_ends_the_suite_when_time_is_up(sample, tmp_path):
    started = time.monotonic()
    error = refusal(sample, tmp_path, replace(DEFAULT_LIMITS, convert_seconds=0.2))
    assert error.code == "conversion.too_slow"
    assert time.monotonic() - started < 10


def test_an_exit_code_of_zero_is_not_believed(tmp_path):
    broken = tmp_path / "broken.docx"
    broken.write_bytes(b"PK\x03\x04 not a document")
    assert refusal(broken, tmp_path).code == "conversion.failed"


def test_a_bound_on_memory_is_a_refusal(sample, tmp_path):
    limits = replace(DEFAULT_LIMITS, convert_memory_bytes=64 << 20)
    assert refusal(sample, tmp_path, limits).code == "conversion.failed"


def test_a_bound_on_pages_is_a_refusal(sample, tmp_path):
    assert refusal(sample, tmp_path, replace(DEFAULT_LIMITS, pages=2)).code == (
        "document.too_many_pages"
    )


def test_names_fonts_that_are_not_installed(edited, sample, tmp_path):
    def fonts(path):
        notices = font_notices(open_docx(path, DEFAULT_LIMITS), tmp_path)
        return {(one.code, one.detail["font"]) for one in notices}

    assert fonts(sample) <= {("conversion.font_equivalent", "Times New Roman")}
    odd = edited(
        {
            "word/document.xml": lambda old: old.replace(
                b"<w:rPr>", '<w:rPr><w:rFonts w:ascii="Chữ Lạ"/>'.encode(), 1
            )
        }
    )
    assert ("conversion.font_substituted", "Chữ Lạ") in fonts(odd)
