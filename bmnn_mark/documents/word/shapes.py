# SPDX-License-Identifier: Apache-2.0
"""A planned mark as an anchored DrawingML group: translated operation by operation.

The group stands relative to the page, in front of the text, without wrapping, locked to its
paragraph. A line is centred on the edge of its shape, so a shape is drawn in by half its line and
the outer edge of the line is where the drawing has it. Text boxes have no insets. The fallback in
VML is for readers older than 2010: without it they would show a page without its mark.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from bmnn_mark.documents.ink import union
from bmnn_mark.documents.marks import PlannedMark
from bmnn_mark.documents.word.parts import W
from bmnn_mark.errors import Fault
from bmnn_mark.stamps import fonts
from bmnn_mark.stamps.model import (
    BitMatrix,
    CircleStroke,
    Colour,
    Face,
    Operation,
    RectStroke,
    TextRun,
)
from bmnn_mark.units import Mm, Rect

#: What the names of our shapes begin with.
PREFIX = "bmnn-mark:"
#: The face's name in the document; every Word has it, and the bundled face has its widths.
FONT = "Times New Roman"

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_WPG = "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"
_WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
_PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_V = "urn:schemas-microsoft-com:vml"
_NAMESPACES = (
    f'xmlns:w="{W}" xmlns:mc="{_MC}" xmlns:wp="{WP}" xmlns:a="{A}" xmlns:wpg="{_WPG}" '
    f'xmlns:wps="{_WPS}" xmlns:pic="{_PIC}" xmlns:r="{_R}" xmlns:v="{_V}"'
)
#: Height in the stack of drawings: as far to the front as Word itself puts anything.
_FRONT = 503316479
#: Line gap of the face (hhea), which the office suite puts above a single-spaced line.
_LEADING_EM = 87 / 2048
#: Room right of a text within its box, so that rounding never breaks the line.
_TEXT_ROOM = Mm(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How one of our shapes is recognised.

    Attributes:
        name: ``bmnn-mark:<kind>:<stamp>:<mark id>``.
        description: rule pack and version, in ``descr``.
    """

    name: str
    description: str


def label_of(mark: PlannedMark, pack: str, mark_id: str, version: str) -> Label:
    """The label of a planned mark."""
    return Label(
        name=f"{PREFIX}{mark.kind.value}:{mark.drawing.name}:{mark_id}",
        description=f"bmnn-mark {version} {pack}",
    )


def run_with(
    mark: PlannedMark, label: Label, number: int, picture: str | None = None
) -> etree._Element:
    """A run that holds the mark as an anchored group.

    Args:
        mark: what to draw and where on its page.
        label: name and description of the shape.
        number: id of the drawing, unique in the document; its parts use the hundred after it.
        picture: relationship id of the image of the mark's bit matrix, if it has one.

    Raises:
        Fault: ``fault.unexpected`` for a turned mark, or a matrix without its picture.
    """
    if mark.turn:
        raise Fault("fault.unexpected", where="turned mark in DOCX")
    parts = [
        _shape(operation, mark.drawing.ink, number + 1 + index, picture)
        for index, operation in enumerate(mark.drawing.operations)
    ]
    fallback = "".join(_vml(operation, mark, label) for operation in mark.drawing.operations)
    group = union(_geometry(operation) for operation in mark.drawing.operations)
    place = group.moved(mark.box.x, mark.box.y)
    extent = f'cx="{group.width.emu}" cy="{group.height.emu}"'
    corner = f'x="{group.x.emu}" y="{group.y.emu}"'
    xml = f"""<w:r {_NAMESPACES}><mc:AlternateContent><mc:Choice Requires="wpg"><w:drawing>\
<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="{_FRONT}" \
behindDoc="0" locked="1" layoutInCell="0" allowOverlap="1"><wp:simplePos x="0" y="0"/>\
<wp:positionH relativeFrom="page"><wp:posOffset>{place.x.emu}</wp:posOffset></wp:positionH>\
<wp:positionV relativeFrom="page"><wp:posOffset>{place.y.emu}</wp:posOffset></wp:positionV>\
<wp:extent {extent}/><wp:effectExtent l="0" t="0" r="0" b="0"/>\
<wp:wrapNone/><wp:docPr id="{number}" name="{label.name}" descr="{label.description}"/>\
<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{_WPG}"><wpg:wgp>\
<wpg:cNvGrpSpPr/><wpg:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/>\
<a:chOff {corner}/><a:chExt {extent}/></a:xfrm></wpg:grpSpPr>\
{"".join(parts)}</wpg:wgp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>\
<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>"""
    return etree.fromstring(xml)


def _geometry(operation: Operation) -> Rect:
    """The box of an operation's shape, to the middle of its line.

    A group's own box must be the union of these: LibreOffice stretches the parts to fill it.
    """
    match operation:
        case RectStroke(box, line):
            return box.grown(-line / 2)
        case CircleStroke(centre, diameter, line):
            side = diameter - line
            return Rect(centre.x - side / 2, centre.y - side / 2, side, side)
        case TextRun():
            return _text_box(operation)
        case BitMatrix(box):
            return box


def _shape(
    operation: Operation,
    ink: Colour,
    number: int,
    picture: str | None,
) -> str:
    match operation:
        case RectStroke():
            return _line_shape("rect", _geometry(operation), operation.line, ink, number)
        case CircleStroke():
            return _line_shape("ellipse", _geometry(operation), operation.line, ink, number)
        case TextRun():
            return _text_shape(operation, ink, number)
        case BitMatrix():
            if picture is None:
                raise Fault("fault.unexpected", where="matrix without picture in DOCX")
            return _picture(operation.box, number, picture)


def _transform(box: Rect, prefix: str = "") -> str:
    return (
        f'<a:xfrm{prefix}><a:off x="{box.x.emu}" y="{box.y.emu}"/>'
        f'<a:ext cx="{box.width.emu}" cy="{box.height.emu}"/></a:xfrm>'
    )


def _line_shape(geometry: str, box: Rect, line: Mm, ink: Colour, number: int) -> str:
    return (
        f'<wps:wsp><wps:cNvPr id="{number}" name="{PREFIX}line"/><wps:cNvSpPr/><wps:spPr>'
        f'{_transform(box)}<a:prstGeom prst="{geometry}"><a:avLst/></a:prstGeom><a:noFill/>'
        f'<a:ln w="{line.emu}"><a:solidFill><a:srgbClr val="{hexadecimal(ink)}"/></a:solidFill>'
        '<a:miter lim="800000"/></a:ln></wps:spPr><wps:bodyPr/></wps:wsp>'
    )


def _text_box(run: TextRun) -> Rect:
    """The box of a line of text: its own height, its baseline where the drawing has it."""
    if run.rotation:
        raise Fault("fault.unexpected", where="turned text in DOCX")
    top = run.start.y - fonts.ascent(run.face, run.size_pt) - _LEADING_EM * Mm.from_pt(run.size_pt)
    height = fonts.line_height(run.face, run.size_pt)
    return Rect(run.start.x, top, run.width + _TEXT_ROOM, height)


def _text_shape(run: TextRun, ink: Colour, number: int) -> str:
    return (
        f'<wps:wsp><wps:cNvPr id="{number}" name="{PREFIX}text"/><wps:cNvSpPr txBox="1"/><wps:spPr>'
        f'{_transform(_text_box(run))}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/>'
        f"<a:ln><a:noFill/></a:ln></wps:spPr><wps:txbx>{_text_content(run, ink)}</wps:txbx>"
        '<wps:bodyPr wrap="none" lIns="0" tIns="0" rIns="0" bIns="0" anchor="t" anchorCtr="0">'
        "<a:noAutofit/></wps:bodyPr></wps:wsp>"
    )


def _text_content(run: TextRun, ink: Colour) -> str:
    """One line at the exact size, free of the document's own spacing and indents."""
    bold = "1" if run.face is Face.BOLD else "0"
    half_points = round(2 * run.size_pt)
    return (
        "<w:txbxContent><w:p><w:pPr><w:suppressAutoHyphens/>"
        '<w:spacing w:before="0" w:beforeAutospacing="0" w:after="0" w:afterAutospacing="0" '
        'w:line="240" w:lineRule="auto"/><w:ind w:left="0" w:right="0" w:firstLine="0"/>'
        '<w:contextualSpacing w:val="0"/><w:jc w:val="left"/></w:pPr><w:r><w:rPr>'
        f'<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/>'
        f'<w:b w:val="{bold}"/><w:bCs w:val="{bold}"/><w:i w:val="0"/><w:caps w:val="0"/>'
        f'<w:smallCaps w:val="0"/><w:vanish w:val="0"/><w:color w:val="{hexadecimal(ink)}"/>'
        f'<w:spacing w:val="0"/><w:w w:val="100"/><w:kern w:val="0"/><w:position w:val="0"/>'
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/><w:u w:val="none"/>'
        f'<w:lang w:val="vi-VN"/></w:rPr><w:t xml:space="preserve">{escaped(run.text)}</w:t></w:r>'
        "</w:p></w:txbxContent>"
    )


def _picture(box: Rect, number: int, picture: str) -> str:
    return (
        f'<pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="{PREFIX}code"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="{picture}"/><a:stretch><a:fillRect/>'
        f"</a:stretch></pic:blipFill><pic:spPr>{_transform(box)}"
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    )


def text_run_with(mark: PlannedMark, label: Label) -> etree._Element:
    """A run that holds a mark of text lines as VML text boxes, for use in a footer.

    LibreOffice puts the text of DrawingML boxes in a footer at the page's corner once the footer
    has any height; VML boxes stand where they should, and Word reads both.
    """
    boxes = "".join(_vml(operation, mark, label) for operation in mark.drawing.operations)
    return etree.fromstring(f"<w:r {_NAMESPACES}>{boxes}</w:r>")


def _vml(operation: Operation, mark: PlannedMark, label: Label) -> str:
    """The same operation for a reader of VML; a code is left out there, its caption stays.

    Every shape has a picture element of its own: some readers look at the first shape only.
    """
    style = _vml_style(_geometry(operation), mark)
    match operation:
        case RectStroke() | CircleStroke():
            shape = "rect" if isinstance(operation, RectStroke) else "oval"
            return (
                f'<w:pict><v:{shape} style="{style}" filled="f" '
                f'strokecolor="#{hexadecimal(mark.drawing.ink)}" '
                f'strokeweight="{operation.line.pt:.3f}pt"/></w:pict>'
            )
        case TextRun():
            content = _text_content(operation, mark.drawing.ink)
            return (
                f'<w:pict><v:rect alt="{label.name}" style="{style}" filled="f" stroked="f">'
                f'<v:textbox inset="0,0,0,0">{content}</v:textbox></v:rect></w:pict>'
            )
        case BitMatrix():
            return ""


def _vml_style(box: Rect, mark: PlannedMark) -> str:
    place = box.moved(mark.box.x, mark.box.y)
    return (
        f"position:absolute;margin-left:{place.x.pt:.3f}pt;margin-top:{place.y.pt:.3f}pt;"
        f"width:{place.width.pt:.3f}pt;height:{place.height.pt:.3f}pt;z-index:251700000;"
        "mso-position-horizontal-relative:page;mso-position-vertical-relative:page"
    )


def hexadecimal(colour: Colour) -> str:
    """A colour as OOXML writes it.

    >>> hexadecimal(Colour(208, 2, 27))
    'D0021B'
    """
    return f"{colour.red:02X}{colour.green:02X}{colour.blue:02X}"


def escaped(text: str) -> str:
    """Text as it stands between XML tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
