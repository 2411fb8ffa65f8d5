# SPDX-License-Identifier: Apache-2.0
"""What is amiss with the form of one stamp: size, border, type, ink."""

from __future__ import annotations

from collections.abc import Iterator

from bmnn_mark.documents.checking.stamps import SeenStamp
from bmnn_mark.documents.colouring import Tint
from bmnn_mark.documents.findings import Certificate, Finding, Measure, Part, Severity
from bmnn_mark.errors import Scalar
from bmnn_mark.rules import Figure, Provenance, RulePack
from bmnn_mark.rules.figures import Ink

#: Fitting a page to the paper scales all sides alike, within so much.
_ALIKE = 0.015
_TYPE_ALIKE = 0.05


def severity_of(provenance: str) -> Severity:
    """How much a figure weighs that does not hold: the project's own is no demand of the law."""
    own = provenance == Provenance.PROJECT_DEFAULT.value
    return Severity.NOTE if own else Severity.FAULT


def form_findings(seen: SeenStamp, pack: RulePack, page: int) -> Iterator[Finding]:
    """Findings about a stamp whose wording is known."""
    if seen.stamp is None:
        return
    rule = pack.stamps[seen.stamp]
    mark = seen.stamp
    if not seen.as_worded:
        yield _about(seen, page, "finding.mark_wording", rule.wording, {"mark": mark})
    if rule.ink.value is Ink.RED and seen.tint is Tint.NOT_RED:
        yield _about(seen, page, "finding.mark_colour", rule.ink, {"mark": mark})
    elif rule.ink.value is Ink.RED and seen.tint is Tint.UNKNOWN:
        yield _unknown(seen, page, rule.ink, mark, "COLOUR")
    if seen.certificate is None:
        yield _unknown(seen, page, rule.size, mark, "SIZE")
    else:
        yield from _measured(seen, seen.certificate, page, pack)


def _measured(
    seen: SeenStamp, certificate: Certificate, page: int, pack: RulePack
) -> Iterator[Finding]:
    mark = certificate.stamp
    asked = {one.part: one for one in certificate.measures if not one.nominal}
    asked.pop(Part.LINE, None)  # no text read gives the width of a line
    lines = asked.get(Part.LINES)
    if lines is not None and lines.fails:
        asked.pop(Part.GAP, None)
    scale = _scale(asked)
    if scale is not None:
        width = asked[Part.WIDTH]
        detail: dict[str, Scalar] = {"mark": mark, "percent": round(100 * scale)}
        yield _about(seen, page, "finding.mark_scaled", pack.figure(width.figure), detail)
        asked = {part: one for part, one in asked.items() if part is Part.LINES}
    if Part.WIDTH in asked and (asked[Part.WIDTH].fails or asked[Part.HEIGHT].fails):
        wide, high = asked[Part.WIDTH], asked[Part.HEIGHT]
        yield _about(
            seen, page, "finding.mark_size", pack.figure(wide.figure),
            {
                "mark": mark, "width": _shown(wide.measured), "height": _shown(high.measured),
                "asked_width": _shown(wide.required), "asked_height": _shown(high.required),
            },
        )  # fmt: skip
    for part, code in _CODES.items():
        if part in asked and asked[part].fails:
            one = asked[part]
            yield _about(
                seen, page, code, pack.figure(one.figure),
                {"mark": mark, "measured": _shown(one.measured), "asked": _shown(one.required)},
            )  # fmt: skip
    for part, one in asked.items():
        if not one.holds and not one.fails:
            yield Finding(
                code="finding.mark_unmeasured",
                severity=Severity.WARNING,
                basis=pack.figure(one.figure).basis,
                page=page,
                box=seen.box,
                detail={"mark": mark, "what": part.value.upper()},
            )


_CODES = {
    Part.LINES: "finding.mark_lines",
    Part.GAP: "finding.mark_gap",
    Part.TEXT_SIZE: "finding.mark_text_size",
}


def _shown(number: float | None) -> float | None:
    """A figure for people: a whole number as one, else with two decimals."""
    if number is None:
        return None
    return int(number) if number == int(number) else round(number, 2)


def _scale(asked: dict[Part, Measure]) -> float | None:
    """By how much the whole stamp is scaled; None where it is not, or not all of it alike."""
    shares = {
        part: one.measured / one.required
        for part, one in asked.items()
        if one.measured is not None and part in {Part.WIDTH, Part.HEIGHT, Part.TEXT_SIZE}
    }
    if len(shares) < 3 or not (asked[Part.WIDTH].fails or asked[Part.HEIGHT].fails):
        return None
    scale = shares[Part.WIDTH]
    same_sides = abs(shares[Part.HEIGHT] / scale - 1) <= _ALIKE
    return scale if same_sides and abs(shares[Part.TEXT_SIZE] / scale - 1) <= _TYPE_ALIKE else None


def _about(
    seen: SeenStamp, page: int, code: str, figure: Figure, detail: dict[str, Scalar]
) -> Finding:
    return Finding(
        code=code,
        severity=severity_of(figure.provenance.value),
        basis=figure.basis,
        page=page,
        box=seen.box,
        detail=detail,
    )


def _unknown(seen: SeenStamp, page: int, figure: Figure, mark: str, what: str) -> Finding:
    return Finding(
        code="finding.mark_unmeasured",
        severity=Severity.WARNING,
        basis=figure.basis,
        page=page,
        box=seen.box,
        detail={"mark": mark, "what": what},
    )
