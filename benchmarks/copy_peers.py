# SPDX-License-Identifier: Apache-2.0
"""The peers of ``benchmarks/copies.py``: one numbered copy by overlaying a file of its marks.

Each is given a finished file with this copy's marks on blank pages, made by our own splice, which
is the least that an overlay can cost. Nothing is hashed, read back or synced. PyMuPDF stays in an
environment of its own: ``python benchmarks/copy_peers.py SOURCE MARKS TARGET`` prints its seconds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def qpdf(source: Path, marks: Path, target: Path) -> float:
    """``qpdf --overlay``, the whole process."""
    command = ["/usr/bin/qpdf", str(source), "--overlay", str(marks), "--", str(target)]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def pikepdf_naive(source: Path, marks: Path, target: Path) -> float:
    """Opened, overlaid page by page and saved anew for each copy."""
    import pikepdf  # noqa: PLC0415 - PyMuPDF's environment has none of them

    started = time.perf_counter()
    with pikepdf.open(source) as pdf, pikepdf.open(marks) as over:
        for page, mark in zip(pdf.pages, over.pages, strict=True):
            page.add_overlay(mark)
        pdf.save(target)
    return time.perf_counter() - started


def pypdf_merge(source: Path, marks: Path, target: Path) -> float:
    """``merge_page`` on each page of a clone."""
    import pypdf  # noqa: PLC0415

    started = time.perf_counter()
    writer, over = pypdf.PdfWriter(clone_from=source), pypdf.PdfReader(marks)
    for page, mark in zip(writer.pages, over.pages, strict=True):
        page.merge_page(mark)
    writer.write(target)
    return time.perf_counter() - started


def pymupdf(source: Path, marks: Path, target: Path) -> float:
    """``show_pdf_page`` on each page; without the start of Python and the import.

    Raises:
        SystemExit: ``script/bench`` did not make its environment.
    """
    python = Path(__file__).parents[1] / ".venv-peers/bin/python"
    if not python.exists():
        raise SystemExit("no .venv-peers: run script/bench, which makes it")
    command = [str(python), __file__, str(source), str(marks), str(target)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(ended.stdout)


def show_pdf_pages(source: Path, marks: Path, target: Path) -> float:
    """What :func:`pymupdf` runs in the peers' environment."""
    import pymupdf as mupdf  # noqa: PLC0415

    started = time.perf_counter()
    with mupdf.open(source) as pdf, mupdf.open(marks) as over:
        for page in pdf:
            page.show_pdf_page(page.rect, over, page.number)
        pdf.save(target)
    return time.perf_counter() - started


PEERS: dict[str, Callable[[Path, Path, Path], float]] = {
    "qpdf --overlay": qpdf,
    "pikepdf add_overlay": pikepdf_naive,
    "PyMuPDF show_pdf_page": pymupdf,
    "pypdf merge_page": pypdf_merge,
}

if __name__ == "__main__":
    print(show_pdf_pages(*map(Path, sys.argv[1:4])))
