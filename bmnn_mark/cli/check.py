# SPDX-License-Identifier: Apache-2.0
"""``bmnn-mark check``: is a document in form, and what does it carry that its pages do not show?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from bmnn_mark.cli.acts import password_option, read_password
from bmnn_mark.cli.desk import Desk
from bmnn_mark.cli.options import DateValue, option, output_path, parse_level
from bmnn_mark.cli.options import command as build
from bmnn_mark.errors import ExitCode
from bmnn_mark.i18n import Lang
from bmnn_mark.text import shown

if TYPE_CHECKING:
    from bmnn_mark.documents.findings import Certificate, Finding, Measure
    from bmnn_mark.units import Rect
    from bmnn_mark.workflow.checking import CheckReport


def command(lang: Lang) -> click.Command:
    """Build the command."""
    return build(
        lang,
        "check",
        [
            click.Argument(["file"], required=True, metavar="FILE"),
            option(lang, "--level", metavar="mat|toi-mat|tuyet-mat"),
            option(lang, "--date", "dated", type=DateValue(), metavar="YYYY-MM-DD"),
            option(lang, "--rules", "pack", metavar="PACK"),
            option(lang, "--picture", metavar="PNG"),
            option(lang, "--clean", metavar="OUT"),
            password_option(lang),
            option(lang, "--overwrite", is_flag=True),
        ],
        run,
    )


def run(desk: Desk, *, file: str, **options: Any) -> int:
    """Check and report; exit 3 where a fault or a warning was found in FILE as it was given."""
    from pathlib import Path

    from bmnn_mark.workflow.checking import CheckOrder, Verdict, check

    office = desk.office()
    order = CheckOrder(
        source=Path(file),
        dated=options["dated"] or office.today(),
        level=None if options["level"] is None else parse_level(options["level"]),
        pack=options["pack"],
        picture=output_path(options["picture"], "--picture"),
        clean=output_path(options["clean"], "--clean"),
        password=read_password(desk, options["password_file"]),
    )
    report = check(
        office, order, desk.lang, overwrite=options["overwrite"], on_progress=desk.progress()
    )
    desk.give(_plain(desk, report), _lines(desk, report))
    return ExitCode.DONE if report.verdict is Verdict.IN_ORDER else ExitCode.DOCUMENT


def _plain(desk: Desk, report: CheckReport) -> dict[str, Any]:
    from bmnn_mark import plain

    cleaned = report.cleaned
    return {
        "input": str(report.source),
        "verdict": report.verdict.value,
        "rules": report.pack,
        "pages": report.pages,
        "source_sha256": report.source_sha256,
        "renderers": list(report.renderers),
        "findings": [_finding(desk, one) for one in report.findings],
        "certificates": [_certificate(one) for one in report.certificates],
        "codes": None if report.codes is None else plain.to_builtins(report.codes),
        "pictures": [str(one) for one in report.pictures],
        "cleaned": None
        if cleaned is None
        else {
            "path": str(report.output),
            "sha256": cleaned.output_sha256,
            "renderers": list(cleaned.renderers),
            "removed": [_finding(desk, one) for one in cleaned.removed],
            "kept": [_finding(desk, one) for one in cleaned.kept],
        },
    }


def _finding(desk: Desk, one: Finding) -> dict[str, Any]:
    from bmnn_mark.documents.finding_words import said

    message, step = said(one, desk.lang)
    return {
        "code": one.code,
        "severity": one.severity.value,
        "message": message,
        "next_step": step,
        "clause": one.basis.source.text if one.basis else "",
        "provenance": one.basis.provenance.value if one.basis else None,
        "page": one.page,
        "box_mm": _box(one.box),
        "detail": dict(one.detail),
    }


def _box(box: Rect | None) -> list[float] | None:
    sides = () if box is None else (box.x, box.y, box.width, box.height)
    return [round(float(side), 2) for side in sides] or None


def _certificate(one: Certificate) -> dict[str, Any]:
    from bmnn_mark import plain

    built: dict[str, Any] = plain.to_builtins(one)
    built["box_mm"] = _box(one.box)
    del built["box"]
    for measure, told in zip(one.measures, built["measures"], strict=True):
        told["holds"] = measure.holds
    return built


def _lines(desk: Desk, report: CheckReport) -> Iterator[str]:
    from bmnn_mark.documents.findings import Severity

    name = shown(str(report.source), limit=400)
    yield desk.word("cli.check.file", file=name, pages=report.pages, pack=report.pack)
    numbered = list(enumerate(report.findings, 1))
    for severity in Severity:
        here = [(number, one) for number, one in numbered if one.severity is severity]
        if here:
            yield ""
            yield f"{desk.word(f'cli.severity.{severity.value}')} ({len(here)})"
        for number, one in here:
            yield from _finding_lines(desk, number, one)
    if report.certificates:
        yield ""
        yield desk.word("cli.check.measured")
        for certificate in report.certificates:
            yield from _certificate_lines(desk, certificate)
    if report.codes is not None:
        yield ""
        yield from _code_lines(desk, report)
    yield ""
    for picture in report.pictures:
        yield desk.word("cli.check.picture", file=shown(str(picture), limit=400))
    if report.picture_failed:
        yield desk.word("cli.check.no_picture")
    yield from _cleaned_lines(desk, report)
    yield desk.word(f"cli.verdict.{report.verdict.value}")


def _finding_lines(desk: Desk, number: int, one: Finding) -> Iterator[str]:
    from bmnn_mark.documents.finding_words import said

    message, step = said(one, desk.lang)
    place = "" if one.page is None else desk.word("cli.check.page", page=one.page) + ": "
    yield f"{number:3}. {place}{message} [{one.code}]"
    if one.box is not None:
        x, y, width, height = (f"{side:.1f}" for side in _box(one.box) or ())
        yield "     " + desk.word("cli.check.box", x=x, y=y, width=width, height=height)
    if one.basis:
        yield "     " + desk.word("cli.check.clause", clause=one.basis.cited(desk.lang))
    yield f"     → {step}"


def _certificate_lines(desk: Desk, one: Certificate) -> Iterator[str]:
    x, y, width, height = (f"{side:.1f}" for side in _box(one.box) or ())
    yield "  " + desk.word(
        "cli.check.mark", stamp=one.stamp, page=one.page, x=x, y=y, width=width, height=height
    )
    for measure in one.measures:
        found = "—" if measure.measured is None else f"{measure.measured:.2f}"
        yield "    " + desk.word(
            _judged(measure),
            part=desk.word(f"cli.part.{measure.part.value}"),
            required=f"{measure.required:g}",
            measured=found,
            tolerance=f"{measure.tolerance:g}",
            provenance=desk.word(f"cli.provenance.{measure.provenance}"),
        )


def _judged(measure: Measure) -> str:
    if measure.nominal:
        return "cli.check.measure_nominal"
    if measure.holds:
        return "cli.check.measure_holds"
    return "cli.check.measure_fails" if measure.fails else "cli.check.measure_open"


def _code_lines(desk: Desk, report: CheckReport) -> Iterator[str]:
    if not report.codes:
        yield desk.word("cli.check.no_codes")
    for code in report.codes or ():
        told = desk.word(f"cli.trace.{code.trace.value}")
        yield desk.word("cli.check.code", page=code.scan_page, told=told)


def _cleaned_lines(desk: Desk, report: CheckReport) -> Iterator[str]:
    from bmnn_mark.documents.finding_words import said

    if report.cleaned is None:
        return
    yield desk.word("cli.check.cleaned", file=shown(str(report.output), limit=400))
    for key, findings in (
        ("cli.check.removed", report.cleaned.removed),
        ("cli.check.kept", report.cleaned.kept),
    ):
        if findings:
            yield "  " + desk.word(key, count=len(findings))
        for one in findings:
            place = "" if one.page is None else desk.word("cli.check.page", page=one.page) + ": "
            yield f"    - {place}{said(one, desk.lang)[0]} [{one.code}]"
    if report.cleaned.renderers:
        yield "  " + desk.word(
            "cli.check.cleaned_proof", engines=", ".join(report.cleaned.renderers)
        )
