# SPDX-License-Identifier: Apache-2.0
"""The whole way on a host of its own: real facts, real judge, real scheduler, bytes at the end."""

import json
import subprocess
import sys

from bmnn_mark.printing.rehearsal import isolated

WHOLE_WAY = r"""
import json, sys
from pathlib import Path
from bmnn_mark.files import sha256_of, work_folder
from bmnn_mark.printing.evidence.collecting import host_check
from bmnn_mark.printing.model import AIR_GAPPED, REHEARSAL
from bmnn_mark.printing.printer import enroll, enrolled
from bmnn_mark.printing.rehearsal import private_cupsd
from bmnn_mark.printing.run import PrintCopy, PrintOptions, print_copies


class Book:
    steps = []

    def record(self, attempt_id, state, detail):
        self.steps.append((attempt_id, state.value))


def outcomes(policy, cupsd, data):
    copies = []
    for number in (1, 2):
        path = data / f"{number}.pdf"
        path.write_bytes(b"%PDF-1.4 " + bytes([48 + number]) * 500)
        copies.append(PrintCopy(
            attempt_id=f"a{number}", register_id="r", number=number, of=2, attempt=1, path=path,
            sha256=sha256_of(path), pages=1))
    done = print_copies(
        copies, enrolled(data), lambda: host_check(policy), Book(), PrintOptions(poll_seconds=0.02))
    return [(one.state.value, one.code) for one in done]


with work_folder() as folder, work_folder() as data, private_cupsd(folder) as cupsd:
    enroll(cupsd.queue, data_folder=data, socket=cupsd.socket, program=cupsd.program,
           spool=cupsd.spool, rehearsal=True)
    real = outcomes(AIR_GAPPED, cupsd, data)
    before = len(cupsd.sheets())
    rehearsed = outcomes(REHEARSAL, cupsd, data)
    print(json.dumps({"real": real, "before": before, "rehearsed": rehearsed,
                      "sheets": [len(one) for one in cupsd.sheets()]}))
"""


def test_a_rehearsal_prints_where_a_real_register_would_not():
    answer = subprocess.run(
        isolated([sys.executable, "-I", "-c", WHOLE_WAY]),
        capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr.decode()
    seen = json.loads(answer.stdout)
    assert seen["real"] == [["void", "host.unknown"]]
    assert seen["before"] == 0
    assert seen["rehearsed"] == [["device-done", ""]] * 2
    assert seen["sheets"] == [509, 509]
