# SPDX-License-Identifier: Apache-2.0
"""Single pages with stamps, for the check of the form: with our labels, without, scanned."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from seed_files import plain

from bmnn_mark.documents.marks import MarkPlan, PlannedMark
from bmnn_mark.documents.model import MarkKind
from bmnn_mark.documents.pdf.isolation import OURS
from bmnn_mark.documents.pdf.opening import open_pdf
from bmnn_mark.documents.pdf.writing import write_marked
from bmnn_mark.documents.rendering import pdfium_pages
from bmnn_mark.limits import DEFAULT_LIMITS
from bmnn_mark.rules import Level, RulePack, StampId, Urgency, load_pack
from bmnn_mark.stamps.compose import level_mark, urgency_mark
from bmnn_mark.stamps.model import StampDrawing
from bmnn_mark.stamps.samples import stamp_sample
from bmnn_mark.units import Mm, Point, Rect

_LABEL = re.compile(rb"/Artifact <<.*?>>>> BDC")
_SCAN_DPI = 200
#: Corner of the sample's page that is kept, points, and its size: the Nơi nhận and some room.
_CORNER = (70, 270)
_SMALL, _TALL = (230, 125), (400, 250)
_LEFT = 5.0
_RARER = {
    StampId.COPY_NUMBER: MarkKind.COPY_NUMBER,
    StampId.TERM: MarkKind.TERM,
    StampId.RECALL: MarkKind.RECALL,
    StampId.REPRODUCTION: MarkKind.REPRODUCTION,
}


def stamped_files(pack_id: str) -> list[bytes]:
    """A small page with độ mật and độ khẩn as ours and as another's, rarer stamps, a scan.

    Args:
        pack_id: of the rules whose stamps they bear.
    """
    pack = load_pack(pack_id)
    usual = [
        _planned(level_mark(pack, Level.TOI_MAT), MarkKind.LEVEL, 5.0),
        _planned(urgency_mark(pack, Urgency.THUONG_KHAN), MarkKind.URGENCY, 17.0),
    ]
    ours = _stamped(pack_id, usual, _SMALL)
    foreign = _unlabelled(ours)
    rarer = _stamped(pack_id, _below_one_another(pack), _TALL)
    return [ours, foreign, rarer, _scan(foreign)]


def _planned(drawing: StampDrawing, kind: MarkKind, y: float) -> PlannedMark:
    box = Rect.at(Point(Mm(_LEFT), Mm(y)), drawing.size)
    return PlannedMark(kind=kind, drawing=drawing, page=1, box=box)


def _below_one_another(pack: RulePack) -> list[PlannedMark]:
    marks, y = [], 4.0
    for stamp, kind in _RARER.items():
        marks.append(_planned(stamp_sample(pack, stamp), kind, y))
        y += marks[-1].box.height + 3
    return marks


def _stamped(pack_id: str, marks: list[PlannedMark], size: tuple[int, int]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        paper, target = Path(folder, "paper.pdf"), Path(folder, "stamped.pdf")
        with pikepdf.open(io.BytesIO(plain())) as pdf:
            del pdf.pages[1:]
            (left, low), (wide, high) = _CORNER, size
            pdf.pages[0].obj["/MediaBox"] = Array([left, low, left + wide, low + high])
            pdf.save(paper)
        with open_pdf(paper, DEFAULT_LIMITS, Path(folder)) as opened:
            write_marked(
                opened, MarkPlan(marks=tuple(marks)), target, mark_id="abc", pack_id=pack_id
            )
        return target.read_bytes()


def _unlabelled(data: bytes) -> bytes:
    """The same page as another program's: nothing tells of our marks."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for one in pdf.objects:
            if isinstance(one, Stream) and OURS in one:
                if one.get(Name.Subtype) is None:
                    one.write(_LABEL.sub(b"/Artifact BMC", one.read_bytes()))
                del one[OURS]
        pdf.save(out, static_id=True)
    return out.getvalue()


def _scan(data: bytes) -> bytes:
    """The page as one photograph, a little askew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.pdf")
        path.write_bytes(data)
        with pdfium_pages(path) as engine:
            size, page = engine.size(1), engine.render(1, _SCAN_DPI)
    picture, out, pdf = io.BytesIO(), io.BytesIO(), pikepdf.new()
    page.rotate(0.4, fillcolor="white").save(picture, "JPEG", quality=80)
    image = Stream(
        pdf, picture.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=page.width,
        Height=page.height, ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.DCTDecode,
    )  # fmt: skip
    wide, high = size.width.pt, size.height.pt
    sheet = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, wide, high]),
        Resources=Dictionary(XObject=Dictionary(Scan=pdf.make_indirect(image))),
        Contents=pdf.make_stream(b"%.3f 0 0 %.3f 0 0 cm /Scan Do" % (wide, high)),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(sheet)))
    pdf.save(out, static_id=True)
    return out.getvalue()
