# SPDX-License-Identifier: Apache-2.0
"""A large QR symbol for bytes that must get from one machine to another on paper.

Version 25, level M, one fixed mask: the bytes are compressed, so any mask is as good as another.
"""

from __future__ import annotations

import qrcode
from qrcode.util import MODE_ALPHA_NUM, QRData

from bmnn_mark.stamps.model import BLACK, BitMatrix, StampDrawing
from bmnn_mark.units import Mm, Rect

VERSION, MASK = 25, 0
#: Modules along a side.
MODULES = 117
#: Clear modules that a reader wants on each side.
QUIET_MODULES = 4
_LEVEL = qrcode.constants.ERROR_CORRECT_M
_ROW_BITS = 120


def data_code(text: str, module: Mm) -> StampDrawing:
    """The symbol of a text as a drawing, without its quiet zone.

    Args:
        text: at most 1,451 characters of the alphanumeric mode (ISO/IEC 18004, table 5).
        module: side of one module, mm.

    Raises:
        qrcode.exceptions.DataOverflowError: a longer text.
    """
    code = qrcode.QRCode(version=VERSION, error_correction=_LEVEL, mask_pattern=MASK, border=0)
    code.add_data(QRData(text, mode=MODE_ALPHA_NUM))
    code.make(fit=False)
    side = module * MODULES
    box = Rect(Mm(0), Mm(0), side, side)
    rows = b"".join(_row(row) for row in code.get_matrix())
    return StampDrawing("data-code", box.size, (BitMatrix(box, MODULES, rows),), BLACK)


def _row(modules: list[bool]) -> bytes:
    bits = "".join("1" if dark else "0" for dark in modules).ljust(_ROW_BITS, "0")
    return int(bits, 2).to_bytes(_ROW_BITS // 8)
