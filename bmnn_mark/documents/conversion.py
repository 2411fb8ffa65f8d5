# SPDX-License-Identifier: Apache-2.0
"""DOCX to PDF by the system's LibreOffice Writer, cut off from the network and from the user.

The suite parses untrusted files, so it gets an empty network namespace and process namespace, a
profile of its own that forbids macros and link updates, and bounds on time and memory. That it
ended well proves nothing: the PDF is opened and counted.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from bmnn_mark import proc
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Seconds between two signs of life to a front end that waits.
_BEAT = 5.0

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
_ITEM = (
    '<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse">'
    "<value>{value}</value></prop></item>"
)
#: What the profile sets: (path, property, value). Link updates: 0 = never; macros: 3 = very high.
_SETTINGS = (
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Office.Common/Misc", "FirstRun", "false"),
    ("/org.openoffice.Office.Java/VirtualMachine", "Enable", "false"),
)
#: Pages as Word prints them: no comments, no form widgets, pictures at their own resolution.
_EXPORT = (
    'pdf:writer_pdf_Export:{"ExportFormFields":{"type":"boolean","value":"false"},'
    '"ExportNotes":{"type":"boolean","value":"false"},'
    '"ExportNotesInMargin":{"type":"boolean","value":"false"},'
    '"ReduceImageResolution":{"type":"boolean","value":"false"}}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A PDF made from a DOCX: where it lies and how many pages it has."""

    path: Path
    pages: int


def convert(
    source: Path,
    target: Path,
    *,
    work: Path,
    limits: Limits,
    on_progress: OnProgress = ignore_progress,
) -> Converted:
    """Convert the DOCX at ``source`` (already opened under limits) to a PDF at ``target``.

    Args:
        source: the DOCX.
        target: where the PDF goes; replaced where it exists.
        work: private folder; the suite's profile lives and dies in it.
        limits: ``convert_seconds``, ``convert_memory_bytes``, ``pages``.
        on_progress: told every few seconds that the work goes on.

    Raises:
        DocumentRefused: ``conversion.tool_missing``, ``conversion.no_sandbox``,
            ``conversion.too_slow``, ``conversion.failed``, ``document.no_pages``,
            ``document.too_many_pages``.
    """
    home = work / "office"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    try:
        shutil.copyfile(source, home / "document.docx")
        _write_profile(home / "profile")
        finished = _run_suite(home, limits, on_progress)
        produced = home / "out" / "document.pdf"
        if finished.timed_out:
            raise DocumentRefused("conversion.too_slow", seconds=round(limits.convert_seconds))
        if finished.returncode != 0 or not produced.is_file():
            raise DocumentRefused(
                "conversion.failed", reason="NO_OUTPUT", status=finished.returncode
            )
        pages = _count_pages(produced, limits)
        shutil.move(produced, target)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return Converted(path=target, pages=pages)


def sandbox() -> list[str]:
    """What goes before the suite's command: no network, and no life beyond its parent's.

    Ending the process that reads documents ends the suite too: ``setpriv`` has the kernel kill
    ``unshare`` with its parent, and that ends all of the process namespace. In the cage of
    :mod:`bmnn_mark.cage` both hold already.

    Raises:
        DocumentRefused: ``conversion.no_sandbox``.
    """
    prefix = proc.network_free_prefix()
    setpriv = proc.find_program("setpriv")
    if prefix is None or setpriv is None:
        raise DocumentRefused("conversion.no_sandbox")
    own = [*prefix[:-1], "--pid", "--fork", "--kill-child", "--"] if prefix else []
    return [setpriv, "--pdeathsig", "KILL", "--", *own]


def _run_suite(home: Path, limits: Limits, on_progress: OnProgress) -> proc.Finished:
    suite = proc.find_program("soffice")
    if suite is None:
        raise DocumentRefused("conversion.tool_missing")
    command = [
        *sandbox(),
        suite,
        "--headless",
        "--norestore",
        "--nologo",
        "--nodefault",
        "--nolockcheck",
        "--nofirststartwizard",
        f"-env:UserInstallation={(home / 'profile').absolute().as_uri()}",
        "--infilter=MS Word 2007 XML",
        "--convert-to",
        _EXPORT,
        "--outdir",
        str(home / "out"),
        str(home / "document.docx"),
    ]
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(
            proc.run,
            command,
            home=home,
            seconds=limits.convert_seconds,
            memory_bytes=limits.convert_memory_bytes,
            environment={"SAL_USE_VCLPLUGIN": "svp"},
        )
        while True:
            on_progress(Progress(phase="convert"))
            try:
                return running.result(timeout=_BEAT)
            except NotYet:
                continue


def _write_profile(folder: Path) -> None:
    user = folder / "user"
    user.mkdir(parents=True, mode=0o700)
    items = "\n".join(
        _ITEM.format(path=path, name=name, value=value) for path, name, value in _SETTINGS
    )
    (user / "registrymodifications.xcu").write_text(_PROFILE.format(items=items), "utf-8")


def _count_pages(path: Path, limits: Limits) -> int:
    try:
        with pikepdf.open(path) as pdf:
            pages = len(pdf.pages)
    except pikepdf.PdfError as error:
        raise DocumentRefused("conversion.failed", reason="UNREADABLE", status=0) from error
    if pages == 0:
        raise DocumentRefused("document.no_pages")
    if pages > limits.pages:
        raise DocumentRefused("document.too_many_pages", pages=pages, limit=limits.pages)
    return pages
