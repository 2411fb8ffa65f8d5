# SPDX-License-Identifier: Apache-2.0
"""Vietnamese words that a document's text is searched for, in the encodings of the field.

Beside Unicode, offices still have files in the 8-bit fonts TCVN3 (``.VnTime``) and VNI, whose
letters come out of a PDF as other letters. Comparison is without blanks and case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bmnn_mark.rules import Level

#: A line that holds the number and sign: ``Số: 12/KH-SNV``, ``Số 12-QĐ/TU``.
NUMBER_ROW = re.compile(r"(?:số|sè|soá)(?::|\.{2,}|…|\s*\d+\s*[-/])", re.IGNORECASE)

#: What a mark reads, without blanks: Unicode, TCVN3 (capitals come from the font), VNI.
_LEVELS: Mapping[str, Level] = {
    "TUYỆTMẬT": Level.TUYET_MAT,
    "TỐIMẬT": Level.TOI_MAT,
    "MẬT": Level.MAT,
    "tuyÖtmËt": Level.TUYET_MAT,
    "tèimËt": Level.TOI_MAT,
    "mËt": Level.MAT,
    "TUYEÄTMAÄT": Level.TUYET_MAT,
    "TOÁIMAÄT": Level.TOI_MAT,
    "MAÄT": Level.MAT,
}
_AROUND = " \t[](){}<>|*.:-–—_=\"'“”"


def level_read(untrusted_line: str) -> Level | None:
    """The level that a line alone states as a mark does; None for any other line.

    >>> level_read("[ T Ố I  M Ậ T ]"), level_read("Mật khẩu"), level_read("mật")
    (<Level.TOI_MAT: 'toi-mat'>, None, None)
    """
    if len(untrusted_line) > 40:
        return None
    return _LEVELS.get("".join(untrusted_line.strip(_AROUND).split()))


def is_number_row(untrusted_line: str) -> bool:
    """Whether a line is the row of số, ký hiệu.

    >>> is_number_row("Số: 12/KH-SNV"), is_number_row("Số lượng: 5"), is_number_row("Số 7-QĐ/TU")
    (True, False, True)
    """
    return NUMBER_ROW.match(re.sub(r"\s+:", ":", untrusted_line)) is not None
