# SPDX-License-Identifier: Apache-2.0
"""The whole way on a host of its own: real facts, real judge, real scheduler, bytes at the end."""

from dataclasses import replace

from bmnn_mark import plain
from bmnn_mark.files import write_whole
from bmnn_mark.printing.printer.record import enrolled
from tests.printing.press import S, print_room


def test_a_rehearsal_prints_where_a_real_register_would_not():
    with print_room() as press:
        record = enrolled(press.place.pins)
        real = replace(record, rehearsal=False)
        write_whole(press.place.printer, [plain.encode(real)], overwrite=True)
        (outcome,) = press.print(press.copy(1))
        assert outcome.state is S.VOID
        assert outcome.code in {"host.unknown", "printer.device_scheme"}
        assert press.cupsd.starts() == 0
        write_whole(press.place.printer, [plain.encode(record)], overwrite=True)
        copies = [press.copy(number) for number in (1, 2)]
        wanted = [one.path.read_bytes() for one in copies]
        outcomes = press.print(*copies)
        assert [one.state for one in outcomes] == [S.DEVICE_DONE] * 2
        assert list(press.cupsd.sheets()) == wanted
