# SPDX-License-Identifier: Apache-2.0
"""The peers of ``benchmarks/copies.py``: one numbered copy by overlaying a file of its marks.

Each is given a finished file with this copy's marks on blank pages, made by our own splice, which
is the least that an overlay can cost. Nothing is hashed, read back or synced. Figures are processor
seconds without start and import, of a process for each copy, PyMuPDF's in an environment of its
own: ``python benchmarks/copy_peers.py LIBRARY SOURCE MARKS TARGET`` prints them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def qpdf(source: Path, marks: Path, target: Path) -> float:
    """``qpdf --overlay``, the whole process."""
    command = ["/usr/bin/qpdf", str(source), "--overlay", str(marks), "--", str(target)]
    started = _children()
    subprocess.run(command, check=True)
    return _children() - started


def _children() -> float:
    """Processor seconds of all processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pikepdf_naive(source: Path, marks: Path, target: Path) -> float:
    """Opened, overlaid page by page and saved anew for each copy."""
    import pikepdf  # noqa: PLC0415 - each process imports its own

    started = time.process_time()
    with pikepdf.open(source) as pdf, pikepdf.open(marks) as over:
        for page, mark in zip(pdf.pages, over.pages, strict=True):
            page.add_overlay(mark)
        pdf.save(target)
    return time.process_time() - started


def pypdf_merge(source: Path, marks: Path, target: Path) -> float:
    """``merge_page`` on each page of a clone."""
    import pypdf  # noqa: PLC0415

    started = time.process_time()
    writer, over = pypdf.PdfWriter(clone_from=source), pypdf.PdfReader(marks)
    for page, mark in zip(writer.pages, over.pages, strict=True):
        page.merge_page(mark)
    writer.write(target)
    return time.process_time() - started


def in_own_process(library: str, python: Path) -> Callable[[Path, Path, Path], float]:
    """A library's way, in a process of its own.

    Raises:
        SystemExit: ``script/bench`` did not make the peers' environment.
    """

    def run(source: Path, marks: Path, target: Path) -> float:
        if not python.exists():
            raise SystemExit("no .venv-peers: run script/bench, which makes it")
        command = [str(python), __file__, library, str(source), str(marks), str(target)]
        ended = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(ended.stdout)

    return run


def show_pdf_pages(source: Path, marks: Path, target: Path) -> float:
    """``show_pdf_page`` on each page."""
    import pymupdf as mupdf  # noqa: PLC0415

    started = time.process_time()
    with mupdf.open(source) as pdf, mupdf.open(marks) as over:
        for page in pdf:
            page.show_pdf_page(page.rect, over, page.number)
        pdf.save(target)
    return time.process_time() - started


LIBRARIES = {"pikepdf": pikepdf_naive, "pymupdf": show_pdf_pages, "pypdf": pypdf_merge}
HERE = Path(sys.executable)
PEERS: dict[str, Callable[[Path, Path, Path], float]] = {
    "qpdf --overlay": qpdf,
    "pikepdf add_overlay": in_own_process("pikepdf", HERE),
    "PyMuPDF show_pdf_page": in_own_process(
        "pymupdf", Path(__file__).parents[1] / ".venv-peers/bin/python"
    ),
    "pypdf merge_page": in_own_process("pypdf", HERE),
}

if __name__ == "__main__":
    print(LIBRARIES[sys.argv[1]](*map(Path, sys.argv[2:5])))
