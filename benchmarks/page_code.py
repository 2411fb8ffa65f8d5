# SPDX-License-Identifier: Apache-2.0
"""What one page code costs: sealed, drawn, and drawn by the reference encoder, in one run.

``python benchmarks/page_code.py`` prints medians of interleaved rounds in microseconds of processor
time; the exit code is 1 where the bar (25 microseconds sealed and drawn) is missed.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

import qrcode
from bars import Bar, report
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import MODE_ALPHA_NUM, QRData

from bmnn_mark.stamps import qr
from bmnn_mark.tracking.code import seal_pages
from bmnn_mark.tracking.key import TraceKey

ROUNDS, CODES, COPY, REFERENCE_CODES = 15, 2000, 100, 10
BAR_MICROSECONDS = 25.0

KEY = TraceKey.from_entropy(random.Random(1).randbytes(67), rehearsal=True)
ROOT = bytes(range(14))


def sealed(first_page: int, count: int) -> list[str]:
    return [
        text
        for first in range(first_page, first_page + count, COPY)
        for text in seal_pages(
            KEY, position=123_456, attempt=1, root=ROOT, pages=range(first, first + COPY)
        )
    ]


def drawn(texts: list[str]) -> list[bytes]:
    """As copies are made: the codes of one copy at a time."""
    return [one for at in range(0, len(texts), COPY) for one in qr.symbols(texts[at : at + COPY])]


def drawn_by_reference(texts: list[str]) -> list[list[list[bool]]]:
    matrices = []
    for text in texts:
        code = qrcode.QRCode(
            version=qr.VERSION, error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=qr.MASK
        )
        code.add_data(QRData(text.encode("ascii"), mode=MODE_ALPHA_NUM), optimize=0)
        code.make(fit=False)
        matrices.append(code.get_matrix())
    return matrices


def microseconds(work: Callable[[], object], codes: int) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) / codes * 1e6


def main() -> int:
    start = time.process_time()
    qr.symbol("BM1:" + "0" * 63)
    tables = (time.process_time() - start) * 1e3
    texts = sealed(1, CODES)
    rounds: dict[str, list[float]] = {"seal": [], "draw": [], "seal and draw": [], "qrcode": []}
    for number in range(ROUNDS):
        first = 1 + number * CODES
        rounds["seal"].append(microseconds(lambda: sealed(first, CODES), CODES))  # noqa: B023 - runs at once
        rounds["draw"].append(microseconds(lambda: drawn(texts), CODES))
        rounds["seal and draw"].append(
            microseconds(lambda: drawn(sealed(first, CODES)), CODES)  # noqa: B023 - runs at once
        )
        few = texts[:REFERENCE_CODES]
        rounds["qrcode"].append(microseconds(lambda: drawn_by_reference(few), REFERENCE_CODES))  # noqa: B023 - runs at once
    medians = {name: statistics.median(times) for name, times in rounds.items()}
    print(f"tables, once: {tables:.1f} ms")
    for name, median in medians.items():
        print(f"{name:>14}: {median:8.1f} us a code   (best round {min(rounds[name]):.1f})")
    print(f"qrcode / draw: {medians['qrcode'] / medians['draw']:.0f} x")
    bar = Bar(
        what="one page code, sealed and drawn",
        measured=medians["seal and draw"],
        bar=BAR_MICROSECONDS,
        unit="us",
    )
    return report([bar])


if __name__ == "__main__":
    sys.exit(main())
