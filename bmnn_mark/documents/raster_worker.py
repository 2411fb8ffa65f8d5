# SPDX-License-Identifier: Apache-2.0
"""The process in which pages are drawn for the printer; see :mod:`bmnn_mark.worker`.

Apart from the one that marks, because it is started for every copy and needs little.
"""

from __future__ import annotations

from bmnn_mark.documents.raster import RasterBaseTask, RasterCopyTask
from bmnn_mark.documents.raster_pages import make_base, make_copy
from bmnn_mark.worker import TaskKind, serve

TASKS = {
    "raster-base": TaskKind(request=RasterBaseTask, run=make_base),
    "raster-copy": TaskKind(request=RasterCopyTask, run=make_copy),
}

if __name__ == "__main__":
    serve(TASKS)
