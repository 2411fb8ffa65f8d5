# SPDX-License-Identifier: Apache-2.0
"""The short recipes that peers document for an overlay, and ours, on fifteen awkward pages.

Each puts one red mark with its upper left corner at the same place of the displayed page; it is
looked for in pdfium, poppler, Ghostscript and MuPDF. ``ok`` is within 0.5 mm in all four. Peers
overlay a page with the mark on it, which is A4 like the plain page; their recipes are given that
page as their documentation says and nothing is mended for them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdf

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/documents/geometry"))

from four_engines import ENGINES, apart_mm, red_box, shown  # noqa: E402
from page_shapes import A4, FIFTEEN, SHAPES  # noqa: E402

from bmnn_mark.documents import confined  # noqa: E402
from bmnn_mark.documents.model import MarkRequest, MarkTask  # noqa: E402
from bmnn_mark.errors import BmnnMarkError  # noqa: E402
from bmnn_mark.rules import Level  # noqa: E402
from bmnn_mark.units import Rect  # noqa: E402

BAR_MM = 0.5
BOX = Rect.of(30, 45, 30, 8)
GONE_BELOW = 0.5  # share of the mark's width or height


def overlay_page(path: Path) -> None:
    """One A4 page with nothing but the mark: a red box."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=A4[2:])
        left, bottom = BOX.x.pt, A4[3] - BOX.bottom.pt
        box = f"{left:.4f} {bottom:.4f} {BOX.width.pt:.4f} {BOX.height.pt:.4f}"
        pdf.pages[0].obj.Contents = pdf.make_stream(f"0.82 0 0.1 rg {box} re f".encode())
        pdf.save(path)


def pypdf_merge(source: Path, overlay: Path, target: Path) -> None:
    mark = pypdf.PdfReader(overlay).pages[0]
    writer = pypdf.PdfWriter(clone_from=source)
    for page in writer.pages:
        page.merge_page(mark)
    writer.write(target)


def pypdf_transfer(source: Path, overlay: Path, target: Path) -> None:
    mark = pypdf.PdfReader(overlay).pages[0]
    writer = pypdf.PdfWriter(clone_from=source)
    for page in writer.pages:
        page.transfer_rotation_to_content()
        page.merge_page(mark)
    writer.write(target)


def pikepdf_overlay(source: Path, overlay: Path, target: Path) -> None:
    with pikepdf.open(source) as pdf, pikepdf.open(overlay) as mark:
        for page in pdf.pages:
            page.add_overlay(mark.pages[0])
        pdf.save(target)


def qpdf_overlay(source: Path, overlay: Path, target: Path) -> None:
    subprocess.run(["qpdf", source, "--overlay", overlay, "--", target], check=True, timeout=60)


def ours(source: Path, _overlay: Path, target: Path) -> None:
    request = MarkRequest(level=Level.TOI_MAT, pack="tt24-2020")
    confined.mark_pdf(
        MarkTask(source=str(source), target=str(target), work=str(target.parent), request=request)
    )


RECIPES: dict[str, Callable[[Path, Path, Path], None]] = {
    "pypdf merge_page": pypdf_merge,
    "pypdf transfer_rotation + merge": pypdf_transfer,
    "pikepdf add_overlay": pikepdf_overlay,
    "qpdf --overlay": qpdf_overlay,
    "bmnn-mark": ours,
}


def verdict(path: Path) -> str:
    """What became of the mark, the worst of four engines."""
    found = [seen(red_box(shown(engine, path)[0])) for engine in ENGINES]
    return next((one for one in ("lost", "cut", "sized", "moved") if one in found), "ok")


def seen(box: Rect | None) -> str:
    """One engine's view of the mark."""
    if box is None or box.width < GONE_BELOW or box.height < GONE_BELOW:
        return "lost"
    if apart_mm(box, BOX) <= BAR_MM:
        return "ok"
    sides, wanted = (box.width, box.height), (BOX.width, BOX.height)
    if all(abs(a - b) <= BAR_MM for a, b in zip(sorted(sides), sorted(wanted), strict=True)):
        return "moved"
    ratio = max(sides) / min(sides), max(wanted) / min(wanted)
    return "sized" if abs(ratio[0] / ratio[1] - 1) < 0.15 else "cut"


def run(work: Path) -> dict[str, dict[str, str]]:
    """Verdicts by page shape and recipe."""
    overlay = work / "overlay.pdf"
    overlay_page(overlay)
    table: dict[str, dict[str, str]] = {}
    for number, name in enumerate(FIFTEEN):
        folder = work / f"{number:02}"
        folder.mkdir()
        source = folder / "source.pdf"
        SHAPES[name].write(source)
        table[name] = {}
        for recipe, put in RECIPES.items():
            target = folder / f"{recipe.split()[0]}-{len(recipe)}.pdf"
            try:
                put(source, overlay, target)
            except BmnnMarkError as refusal:
                table[name][recipe] = refusal.code
                continue
            table[name][recipe] = verdict(target)
    return table


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        table = run(Path(folder))
    print(f"| page | {' | '.join(RECIPES)} |")
    print(f"|{'---|' * (len(RECIPES) + 1)}")
    for name, row in table.items():
        print(f"| {name} | {' | '.join(row[recipe] for recipe in RECIPES)} |")
    right = {recipe: sum(row[recipe] == "ok" for row in table.values()) for recipe in RECIPES}
    print(f"| **right of {len(table)}** | {' | '.join(f'**{n}**' for n in right.values())} |")
    return 0 if right["bmnn-mark"] == len(table) else 1


if __name__ == "__main__":
    raise SystemExit(main())
