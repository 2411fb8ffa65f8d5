# SPDX-License-Identifier: Apache-2.0
"""The main job on a sample, in a rehearsal register: mark, number, print, trace, verify."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bmnn_mark import proc
from bmnn_mark.config import Config
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.errors import BmnnMarkError, DocumentRefused, Fault, HostOnline, HostUnknown
from bmnn_mark.files import private_folder, work_folder
from bmnn_mark.printing.model import OfflineReport
from bmnn_mark.register.port import Recipient
from bmnn_mark.register.verification import VerifyReport
from bmnn_mark.rules import Copying, Level
from bmnn_mark.units import Mm, Rect
from bmnn_mark.worker import OnProgress, ignore_progress
from bmnn_mark.workflow import bookkeeping
from bmnn_mark.workflow.hosting import check_host
from bmnn_mark.workflow.issuing import IssueReport, issue_to_folder
from bmnn_mark.workflow.office import Office, office_for
from bmnn_mark.workflow.orders import IssueOrder, StampOrder
from bmnn_mark.workflow.printing import print_order
from bmnn_mark.workflow.rehearsing import RehearsalOrder, RehearsalReport, rehearse_print
from bmnn_mark.workflow.stamping import StampReport, stamp
from bmnn_mark.workflow.tracing import Traced, trace

#: The date and the numbers that the sample texts bear.
DATED = date(2026, 11, 5)
ISSUED, PRINTED = "12/KH-SM", "13/KH-SM"
AGENCY = "SỞ MẪU"
RECIPIENTS = (
    Recipient(name="UBND tỉnh Mẫu"),
    Recipient(name="Công an tỉnh Mẫu"),
    Recipient(name="Văn thư Sở Mẫu"),
)
_MARKER = ".bmnn-demo"
_CONFIG = Config(agency=AGENCY)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What the demonstration did and saw.

    Attributes:
        folder: where everything lies.
        marked: the sample, marked.
        issued: its numbered copies.
        host: the verdict on this very host.
        refusal: code by which ``print`` refused here; empty where the host is offline.
        rehearsal: the same print on an isolated host.
        traced: a printed page, read back.
        verified: the register, recomputed.
        pictures: previews to look at.
    """

    folder: Path
    marked: StampReport
    issued: IssueReport
    host: OfflineReport
    refusal: str
    rehearsal: RehearsalReport
    traced: tuple[Traced, ...]
    verified: VerifyReport
    pictures: tuple[str, ...]


def run_demo(
    folder: Path,
    *,
    actor: str,
    on_step: Callable[[str], None],
    on_progress: OnProgress = ignore_progress,
) -> DemoReport:
    """Do the main job in ``folder``.

    Args:
        folder: made if missing; an earlier demonstration in it is replaced.
        actor: who is at the machine.
        on_step: told the name of each step as it begins.
        on_progress: called for pages and copies.

    Raises:
        DocumentRefused: ``output.exists``: the folder holds something else.
        PrinterRefused: ``print.needs_root``.
        Fault: a step did not do what it must; the program or the machine is at fault.
    """
    _clear(folder)
    with _office(folder) as office:
        on_step("sample")
        source, second = folder / "mau.docx", folder / "mau-in.docx"
        write_sample(source, number=ISSUED)
        write_sample(second, number=PRINTED)
        on_step("stamp")
        order = StampOrder(source=source, level=Level.TOI_MAT, dated=DATED)
        marked = stamp(office, replace(order, to_pdf=True), folder / "mau.pdf")
        stamp(office, order, folder / "mau.dong-dau.docx")
        on_step("issue")
        bookkeeping.create(office, agency=None, rehearsal=True, actor=actor)
        issue = IssueOrder(
            stamp=replace(order, copying=Copying.FORBIDDEN, drafter="Nguyễn Văn Mẫu"),
            number_sign=ISSUED,
            recipients=RECIPIENTS,
            actor=actor,
        )
        issued = issue_to_folder(office, issue, folder / "phat-hanh", on_progress=on_progress)
        on_step("host")
        host = check_host(office)
        refusal = _print_here(office, replace(issue, stamp=replace(order, source=second)))
        on_step("print")
        rehearsal = _print_apart(office, second, actor, private_folder(folder / "khay-giay"))
        on_step("trace")
        pictures = _pictures(folder, issued, marked, rehearsal)
        traced = trace(office, (str(folder / "khay-giay" / rehearsal.sheets[0]),))
        on_step("verify")
        verified = bookkeeping.verify(office)
    return DemoReport(
        folder=folder,
        marked=marked,
        issued=issued,
        host=host,
        refusal=refusal,
        rehearsal=rehearsal,
        traced=traced,
        verified=verified,
        pictures=pictures,
    )


def _clear(folder: Path) -> None:
    """An empty folder; only what an earlier demonstration left is removed."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARKER).is_file():
            raise DocumentRefused("output.exists")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o755, parents=True)
    (folder / _MARKER).touch()


@contextmanager
def _office(folder: Path) -> Iterator[Office]:
    """An office whose register lies beside the results, whatever this machine's settings are."""
    data = private_folder(folder / "so-dang-ky").absolute()
    yield office_for(replace(_CONFIG, data_folder=str(data)), None)


def _print_here(office: Office, order: IssueOrder) -> str:
    """Try to print on this very host; the code of its refusal, which the truth demands."""
    try:
        print_order(office, order)
    except (HostOnline, HostUnknown) as refusal:
        return refusal.code
    except BmnnMarkError as refusal:  # offline, but no printer is enrolled here
        return refusal.code
    return ""


def _print_apart(office: Office, source: Path, actor: str, tray: Path) -> RehearsalReport:
    report = rehearse_print(
        RehearsalOrder(
            config=office.config,
            source=str(source.absolute()),
            level=Level.TOI_MAT,
            dated=DATED,
            number_sign=PRINTED,
            recipients=RECIPIENTS,
            actor=actor,
            tray=str(tray.absolute()),
        )
    )
    if len(report.sheets) != len(RECIPIENTS):
        raise Fault("fault.rehearsal", status=len(report.sheets))
    return report


def _pictures(
    folder: Path, issued: IssueReport, marked: StampReport, rehearsal: RehearsalReport
) -> tuple[str, ...]:
    """PNG previews: whole pages, and the độ mật mark at 600 dpi."""
    level = next(mark for mark in marked.result.marks if mark.stamp == Level.TOI_MAT.value)
    wanted = [
        ("xem-1-dong-dau.png", folder / "mau.pdf", 1, None),
        ("xem-2-dau-600dpi.png", folder / "mau.pdf", 1, level.box.grown(3)),
        ("xem-3-ban-so-02-trang-1.png", folder / "phat-hanh" / issued.copies[1].file, 1, None),
        ("xem-4-ban-so-02-trang-cuoi.png", folder / "phat-hanh" / issued.copies[1].file,
         marked.result.pages, None),
        ("xem-5-giay-in.png", folder / "khay-giay" / rehearsal.sheets[0], 1, None),
    ]  # fmt: skip
    for name, source, page, clip in wanted:
        _picture(source.absolute(), page, clip, (folder / name).absolute())
    return tuple(name for name, *_ in wanted)


def _picture(source: Path, page: int, clip: Rect | None, target: Path) -> None:
    dpi = 110 if clip is None else 600
    command = [proc.program("pdftoppm"), "-png", "-singlefile", "-r", str(dpi)]
    command += ["-f", str(page), "-l", str(page)]
    if clip is not None:
        for flag, length in zip(("-x", "-y", "-W", "-H"), _sides(clip), strict=True):
            command += [flag, str(round(length.px(dpi)))]
    with work_folder() as home:
        done = proc.run([*command, str(source), str(target.with_suffix(""))], home=home, seconds=60)
    if done.returncode != 0:
        raise Fault("fault.tool_missing", tool="pdftoppm")


def _sides(box: Rect) -> tuple[Mm, Mm, Mm, Mm]:
    return box.x, box.y, box.width, box.height
