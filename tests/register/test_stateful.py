# SPDX-License-Identifier: Apache-2.0
"""Any order of issuing, moving, handing over, deciding and reopening keeps the books straight.

``script/endure`` does so a thousand times.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bookkeeper import run_books


def test_any_order_of_what_can_happen_keeps_the_books_straight(place_in, request_for, engine):
    examples = {"sqlite": 10, "postgresql": 3}[engine]  # making a schema anew takes its time
    run_books(place_in, request_for, examples, steps=25)
