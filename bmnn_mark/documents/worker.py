# SPDX-License-Identifier: Apache-2.0
"""The process in which untrusted documents are read; see :mod:`bmnn_mark.worker`."""

from __future__ import annotations

from bmnn_mark.documents.checking.model import CheckTask
from bmnn_mark.documents.checking.pdf import check_pdf
from bmnn_mark.documents.checking.word import check_docx
from bmnn_mark.documents.copies import ProveCopyTask
from bmnn_mark.documents.envelopes import EnvelopeTask
from bmnn_mark.documents.hidden.clean_docx import clean_docx
from bmnn_mark.documents.hidden.clean_pdf import clean_pdf
from bmnn_mark.documents.hidden.model import CleanTask, FindTask, PictureTask
from bmnn_mark.documents.hidden.tasks import find_docx, find_pdf
from bmnn_mark.documents.model import MarkTask, UnmarkTask
from bmnn_mark.documents.overprints import OverprintTask
from bmnn_mark.documents.pdf.bare import unmark_pdf
from bmnn_mark.documents.pdf.envelope import make_envelopes
from bmnn_mark.documents.pdf.marking import mark_pdf, prove_copy
from bmnn_mark.documents.pdf.overprint import make_overprint
from bmnn_mark.documents.pdf.proposing import propose_pdf, show_page
from bmnn_mark.documents.picture import draw_page
from bmnn_mark.documents.proposal import ProposeTask, ShowTask
from bmnn_mark.documents.raster_proof import prove_raster
from bmnn_mark.documents.raster_proving import ProveRasterTask
from bmnn_mark.documents.word.marking import mark_docx
from bmnn_mark.documents.word.paper import docx_to_pdf
from bmnn_mark.documents.word.unmarking import unmark_docx
from bmnn_mark.worker import TaskKind, serve

TASKS = {
    "mark-pdf": TaskKind(request=MarkTask, run=mark_pdf),
    "mark-docx": TaskKind(request=MarkTask, run=mark_docx),
    "unmark-pdf": TaskKind(request=UnmarkTask, run=unmark_pdf),
    "unmark-docx": TaskKind(request=UnmarkTask, run=unmark_docx),
    "docx-to-pdf": TaskKind(request=MarkTask, run=docx_to_pdf),
    "envelopes": TaskKind(request=EnvelopeTask, run=make_envelopes),
    "overprint": TaskKind(request=OverprintTask, run=make_overprint),
    "prove-copy": TaskKind(request=ProveCopyTask, run=prove_copy),
    "prove-raster": TaskKind(request=ProveRasterTask, run=prove_raster),
    "check-pdf": TaskKind(request=CheckTask, run=check_pdf),
    "check-docx": TaskKind(request=CheckTask, run=check_docx),
    "find-pdf": TaskKind(request=FindTask, run=find_pdf),
    "find-docx": TaskKind(request=FindTask, run=find_docx),
    "clean-pdf": TaskKind(request=CleanTask, run=clean_pdf),
    "clean-docx": TaskKind(request=CleanTask, run=clean_docx),
    "draw-page": TaskKind(request=PictureTask, run=draw_page),
    "propose-pdf": TaskKind(request=ProposeTask, run=propose_pdf),
    "show-page": TaskKind(request=ShowTask, run=show_page),
}

if __name__ == "__main__":
    serve(TASKS)
