# SPDX-License-Identifier: Apache-2.0
"""Files with two cross-reference tables (7.5.8.4), whose objects some programs do not find."""

from __future__ import annotations

import pytest
from hard_papers import BLOCK


def hybrid(*, in_stream: bytes, names: bytes, free: bool) -> bytes:
    """A page whose block is painted through objects that only ``/XRefStm`` knows.

    Args:
        in_stream: object 5, in the object stream.
        names: the page's resources.
        free: whether the table lists what it does not know as free, as the standard wants.
    """
    packed = b"5 0 " + in_stream
    parts = {
        1: b"<</Type /Catalog /Pages 2 0 R>>",
        2: b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        3: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.276 841.89] /Contents 4 0 R"
           b" /Resources %b>>" % names,
        4: b"<</Length 9>>\nstream\nq /X Do Q\nendstream",
        6: b"<</Type /ObjStm /N 1 /First 4 /Length %d>>\nstream\n%b\nendstream"
           % (len(packed), packed),
        9: b"<</Subtype /Form /BBox [0 0 600 842] /Length %d>>\nstream\n%b\nendstream"
           % (len(BLOCK), BLOCK),
    }  # fmt: skip
    data, rows = bytearray(b"%PDF-1.5\n"), {}
    for number, body in parts.items():
        rows[number] = b"%010d 00000 n \n" % len(data)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    stream_at = len(data)
    rows[7] = b"%010d 00000 n \n" % stream_at
    data += (
        b"7 0 obj\n<</Type /XRef /Size 10 /W [1 2 1] /Index [5 1] /Root 1 0 R /Length 4>>\n"
        b"stream\n\x02\x00\x06\x00\nendstream\nendobj\n"
    )
    rows[0] = b"%010d 65535 f \n" % (5 if free else 0)
    if free:
        rows[5] = b"0000000000 00000 f \n"
    table_at = len(data)
    data += b"xref\n" + b"".join(b"%d 1\n%b" % (number, rows[number]) for number in sorted(rows))
    data += b"trailer\n<</Size 10 /Root 1 0 R /XRefStm %d>>\n" % stream_at
    return bytes(data + b"startxref\n%d\n%%%%EOF\n" % table_at)


def test_a_hybrid_that_all_read_alike_gets_one_table(tmp_path, mark):
    path = tmp_path / "hybrid.pdf"
    path.write_bytes(hybrid(in_stream=b"<</A 1>>", names=b"<</XObject <</X 9 0 R>>>>", free=False))
    ended = mark(path)
    assert "document.repaired" in ended.notices
    with ended.pdf() as pdf:
        assert "/XRefStm" not in pdf.trailer
        assert not pdf.check_pdf_syntax()


@pytest.mark.parametrize("free", [False, True])
def test_a_hybrid_whose_resources_some_do_not_find_is_refused(tmp_path, mark, free):
    path = tmp_path / "hybrid.pdf"
    path.write_bytes(hybrid(in_stream=b"<</XObject <</X 9 0 R>>>>", names=b"5 0 R", free=free))
    ended = mark(path)
    assert ended.code == "document.damaged"
    assert ended.detail["reason"] == ("HYBRID" if free else "PAGES_CHANGED")
