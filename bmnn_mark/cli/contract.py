# SPDX-License-Identifier: Apache-2.0
"""The JSON that programs depend on: of ``stamp``, ``print`` and ``trace`` (``docs/cli.md``).

Keys are never taken away. What the contract does not name stands beside what it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bmnn_mark import plain
from bmnn_mark.cli.desk import Desk
from bmnn_mark.i18n import next_step
from bmnn_mark.rules.figures import Provenance

if TYPE_CHECKING:
    from bmnn_mark.documents.findings import Certificate
    from bmnn_mark.documents.model import Notice, PlacedMark
    from bmnn_mark.workflow.issuing import IssuedCopy, IssueReport
    from bmnn_mark.workflow.printing import PrintedCopy, PrintReport
    from bmnn_mark.workflow.stamping import StampReport
    from bmnn_mark.workflow.tracing import Traced

FRAME = "displayed page, origin top left"
#: From what an officer confirmed down to what nobody wrote anywhere.
_TRUST = tuple(one.value for one in (Provenance.AGENCY, Provenance.READ, Provenance.PRIOR_LAW))


#: A file that was refused, as an output: its name and the error.
Refused = dict[str, Any]


def stamped(desk: Desk, ended: Sequence[StampReport | Refused]) -> dict[str, Any]:
    """Documents marked by one order, and those that were refused, in the order given."""
    reports = [one for one in ended if not isinstance(one, dict)]
    outputs = [
        one
        if isinstance(one, dict)
        else _output(one) | {"path": None if one.output is None else str(one.output)}
        for one in ended
    ]
    return _head(desk, reports) | {
        "document": None,
        "outputs": outputs,
        "verified": _verified(reports, "pixels", whole=len(reports) == len(ended)),
    }


def issued(desk: Desk, report: IssueReport) -> dict[str, Any]:
    """A registered document's numbered copies in files."""
    last = len(report.copies)
    return _head(desk, [report.mark]) | {
        "document": {"id": report.document_id, "position": report.copies[0].position},
        "folder": str(report.folder),
        "outputs": [_copy(report, copy, pixels=copy.number in {1, last}) for copy in report.copies],
        "verified": _verified([report.mark], "bytes"),
    }


def printed(desk: Desk, report: PrintReport) -> dict[str, Any]:
    """A registered document's numbered copies on their way to paper."""
    return _head(desk, [report.mark]) | {
        "document": {"id": report.document_id, "position": report.copies[0].position},
        "outputs": [_printed_copy(desk, report, copy) for copy in report.copies],
        "verified": _verified([report.mark], "bytes"),
    }


def _head(desk: Desk, reports: Sequence[StampReport]) -> dict[str, Any]:
    figures = list(dict.fromkeys(one for report in reports for one in report.unconfirmed))
    notices = list(dict.fromkeys(map(_key, (n for one in reports for n in one.result.notices))))
    told = {_key(n): n for one in reports for n in one.result.notices}
    return {
        "rules": reports[0].pack if reports else None,
        "unconfirmed": list(dict.fromkeys(one.figure for one in figures)),
        "unconfirmed_figures": plain.to_builtins(tuple(figures)),
        "level": reports[0].level.value if reports else None,
        "notices": notices_plain(desk, [told[key] for key in notices]),
    }


def _key(notice: Notice) -> tuple[object, ...]:
    return (notice.code, *sorted(notice.detail.items()))


def notices_plain(desk: Desk, notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """Notices with their words."""
    return [
        {"code": one.code, "message": desk.word(one.code, **one.detail), "detail": one.detail}
        for one in notices
    ]


def _verified(reports: Sequence[StampReport], proof: str, *, whole: bool = True) -> dict[str, Any]:
    """How it was shown; ``whole`` is False where a file was refused."""
    shown = [report.result for report in reports if not report.result.unchanged]
    return {
        "renderers": list(dict.fromkeys(name for one in shown for name in one.renderers)),
        "pages": sum(one.pages for one in shown),
        "proof": proof,
        "ok": whole,
    }


def _output(report: StampReport) -> dict[str, Any]:
    result = report.result
    return {
        "input": str(report.source),
        "source_sha256": result.source_sha256,
        "unchanged": result.unchanged,
        "copy": None,
        "of": None,
        "recipient": None,
        "pages": result.pages,
        "sha256": result.output_sha256,
        "short_reference": None,
        "proof": "pixels",
        "marks": [mark_plain(mark) for mark in result.marks],
    }


def _copy(report: IssueReport, copy: IssuedCopy, *, pixels: bool) -> dict[str, Any]:
    return _output(report.mark) | {
        "path": str(report.folder / copy.file),
        "copy": copy.number,
        "of": len(report.copies),
        "recipient": copy.recipient,
        "sha256": copy.sha256,
        "short_reference": copy.reference,
        "attempt_id": copy.attempt_id,
        "position": copy.position,
        "proof": "pixels" if pixels else "bytes",
        "marks": [mark_plain(mark, copy.codes) for mark in report.mark.result.marks],
    }


def _printed_copy(desk: Desk, report: PrintReport, copy: PrintedCopy) -> dict[str, Any]:
    return _output(report.mark) | {
        "path": None,
        "copy": copy.number,
        "of": copy.of,
        "recipient": copy.recipient,
        "sha256": None,
        "short_reference": copy.reference,
        "attempt_id": copy.attempt_id,
        "position": copy.position,
        "proof": "bytes",
        "state": copy.state.value,
        "code": copy.code,
        "message": desk.word(copy.code, **copy.detail) if copy.code else "",
        "next_step": next_step(copy.code, desk.lang, **copy.detail) if copy.code else "",
        "detail": copy.detail,
        "reasons": list(copy.reasons),
    }


def mark_plain(mark: PlacedMark, codes: Sequence[str] = ()) -> dict[str, Any]:
    """One mark in its place; ``codes`` are the page codes of a copy, by page."""
    told: dict[str, Any] = {
        "id": mark.stamp,
        "kind": mark.kind.value,
        "page": mark.page,
        "box_mm": [round(value, 3) for value in (mark.box.x, mark.box.y, *_size(mark))],
        "frame": FRAME,
        "displaced": mark.displaced,
        "certificate": plain.to_builtins(mark.certificate),
    }
    if mark.certificate is not None:
        told |= _least_trusted(mark.certificate)
    if mark.kind.value == "page-code" and codes:
        told["code"] = codes[mark.page - 1]
    return told


def _size(mark: PlacedMark) -> tuple[float, float]:
    return mark.box.width, mark.box.height


def _least_trusted(certificate: Certificate) -> dict[str, str]:
    """What a mark rests on: of all its figures, the one that is known least."""
    weakest = max(
        certificate.measures,
        key=lambda one: _TRUST.index(one.provenance) if one.provenance in _TRUST else len(_TRUST),
    )
    return {"provenance": weakest.provenance, "source": weakest.source}


def traced(found: Iterable[Traced]) -> dict[str, Any]:
    """What codes and references led to, one entry for each; a page without a code has one too."""
    return {"codes": [code_plain(one) for one in found]}


def code_plain(one: Traced) -> dict[str, Any]:
    """What one code led to."""
    copy = one.copy
    where = None if copy is None else (copy.whereabouts or copy.state).value
    return {
        "file": one.source if one.scan_page else None,
        "scan_page": one.scan_page or None,
        "code": one.code or None,
        "trace": one.trace.value,
        "origin": _origin(one),
        "valid": one.trace.value == "consistent",
        "document": None if copy is None else copy.document_id,
        "copy": None if copy is None else copy.number,
        "page": one.page,
        "status": where,
        "holder": None if copy is None else copy.holder,
        "witness": _witness(one),
        "rehearsal": one.rehearsal,
        "alarm": None if one.alarm is None else one.alarm.value,
        "row": plain.to_builtins(copy),
        "foreign": plain.to_builtins(one.foreign),
    }


#: What a sheet says of the register's history. Where the reservation is not there, the history
#: agrees all the same.
_WITNESS = {
    "consistent": "consistent",
    "never-issued": "consistent",
    "register-rewritten": "register-rewritten",
    "register-truncated": "register-truncated",
}


def _witness(one: Traced) -> str:
    if one.foreign is not None and one.foreign.heard.value != "forged":
        heard = one.foreign.heard.value
        return _WITNESS.get(heard, heard)
    return _WITNESS.get(one.trace.value, "not-checked")


def _origin(one: Traced) -> str:
    if one.trace.value in {"not-ours", "forged", "not-found"}:
        return one.trace.value
    return "rehearsal" if one.rehearsal else "ours"
