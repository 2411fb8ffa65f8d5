# SPDX-License-Identifier: Apache-2.0
"""Everything beside the pages' own content taken out of a PDF: names, files, code, comments."""

from __future__ import annotations

import re

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from bmnn_mark.documents.hidden.annotations import (
    COMMENT_TEXTS,
    COMMENTS,
    annotations_of,
    fields,
    is_unseen,
    shown_fields,
    shown_widgets,
)
from bmnn_mark.documents.hidden.objects import ACTION_KEYS, LINKS, REACHING_OUT, SCRIPTS, Walk
from bmnn_mark.documents.pdf.broken import BROKEN_STRUCTURE
from bmnn_mark.errors import DocumentRefused

_BAD_ACTIONS = SCRIPTS | REACHING_OUT | LINKS
#: Entries of any dictionary that pages are shown without.
_EVERYWHERE = ("/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/AF", "/AA", "/JS", "/OPI")
_CATALOG = ("/OpenAction", "/URI", "/Collection", "/SpiderInfo", "/Legal", "/DSS", "/Threads")
#: Name trees that only a viewer uses; ``/Dests`` stays for links within the document.
_NAMES = (
    "/EmbeddedFiles", "/JavaScript", "/Templates", "/Pages", "/URLS", "/IDS", "/Renditions",
    "/AlternatePresentations",
)  # fmt: skip
_COMMENT_EXTRAS = (
    "/Popup", "/IRT", "/RT", "/CreationDate", "/M", "/NM", "/ExData", "/OverlayText", "/RO",
    "/FS", "/Sound", "/Movie", "/RichMediaContent", "/RichMediaSettings", "/3DD", "/State",
    "/StateModel", "/IT",
)  # fmt: skip
_PDFA = re.compile(rb"pdfaid:(part|conformance)\s*(?:=\s*[\"']|>)\s*(\w+)")
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
{marks}</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def strip(pdf: Pdf) -> None:
    """Take out what is beside the pages' own content; what a page shows stays as it is.

    Raises:
        DocumentRefused: ``document.too_deep``.
    """
    archival = _archival_xmp(pdf)
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for key in _CATALOG:
        _drop(pdf.Root, key)
    names = pdf.Root.get("/Names")
    if isinstance(names, Dictionary):
        for key in _NAMES:
            _drop(names, key)
    for page in pdf.pages:
        _strip_annotations(page.obj)
    _strip_form(pdf)
    for one in list(Walk(pdf)):
        _strip_any(one)
    if archival is not None:
        pdf.Root["/Metadata"] = pdf.make_indirect(
            Stream(pdf, archival, Dictionary({"/Type": Name.Metadata, "/Subtype": Name.XML}))
        )


def _drop(one: Object, key: str) -> None:
    if key in one:
        del one[key]


def _strip_any(one: Object) -> None:
    for key in _EVERYWHERE:
        _drop(one, key)
    for key in ACTION_KEYS:
        if _is_bad(one.get(key)):
            _drop(one, key)
    if isinstance(one.get("/EF"), Dictionary):
        for key in ("/EF", "/RF", "/Desc", "/UF", "/F"):
            _drop(one, key)


def _is_bad(action: Object | None) -> bool:
    """Whether an action, or one that follows it, does more than move within the document."""
    if isinstance(action, Array):
        return any(_is_bad(one) for one in action)
    for _ in range(64):
        if not isinstance(action, Dictionary) or "/S" not in action:
            return False
        if str(action.get("/S")) in _BAD_ACTIONS:
            return True
        action = action.get("/Next")
        if isinstance(action, Array):
            return True
    return True


def _strip_annotations(page: Object) -> None:
    """Hidden annotations and pop-ups go; what a shown comment says beside its drawing goes."""
    listed = page.get("/Annots")
    if not isinstance(listed, Array):
        return
    kept = []
    for one in annotations_of(page):
        kind = str(one.get("/Subtype"))
        if kind == "/Popup" or (is_unseen(one) and kind in COMMENTS):
            continue
        if kind in COMMENTS:
            _strip_comment(one, kind)
        kept.append(one)
    page["/Annots"] = Array(kept)


def _strip_comment(one: Object, kind: str) -> None:
    drawn = isinstance(one.get("/AP"), Dictionary)
    for key in (*COMMENT_TEXTS, *_COMMENT_EXTRAS):
        if key in {"/Contents", "/RC", "/IT"} and kind == "/FreeText" and not drawn:
            continue  # engines draw these words themselves
        _drop(one, key)


def _strip_form(pdf: Pdf) -> None:
    """Values that no page shows, and defaults that none shows either."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return
    for key in ("/XFA", "/CO"):
        _drop(form, key)
    shown = shown_widgets(pdf)
    for field, kind in fields(form):
        _drop(field, "/DV")
        _drop(field, "/RV")
        if kind != "/Sig" and "/V" in field and not shown_fields(field, shown):
            for key in ("/V", "/AP", "/Opt", "/TU"):
                _drop(field, key)


def _archival_xmp(pdf: Pdf) -> bytes | None:
    """What of the metadata makes it a PDF/A, in a packet of its own; None where it is none."""
    stream = pdf.Root.get("/Metadata")
    if not isinstance(stream, Stream):
        return None
    try:
        found = dict(_PDFA.findall(stream.read_bytes()))
    except BROKEN_STRUCTURE as error:
        raise DocumentRefused("document.damaged", reason="XMP") from error
    if b"part" not in found:
        return None
    marks = "".join(
        f"<pdfaid:{key.decode()}>{value.decode('ascii', 'replace')}</pdfaid:{key.decode()}>\n"
        for key, value in sorted(found.items(), reverse=True)
    )
    return _XMP.format(marks=marks).encode()
