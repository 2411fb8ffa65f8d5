# SPDX-License-Identifier: Apache-2.0
"""What a structural reader raises on a malformed file, in one place for all who read one."""

from __future__ import annotations

import pikepdf

#: Never shown, as it may quote the file.
BROKEN_STRUCTURE = (
    pikepdf.PdfError,
    pikepdf.DataDecodingError,
    pikepdf.DependencyError,  # text behind a filter for pictures, whose program is not there
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,  # among them what qpdf says of a page tree that counts wrongly
    TypeError,
    ValueError,
)
