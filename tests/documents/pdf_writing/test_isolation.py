# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name

from bmnn_mark.documents.pdf.isolation import is_balanced, nests
from bmnn_mark.documents.pdf.proof import prove_pdf

TEXT = b"q BT /F1 12 Tf 14 TL 120 560 Td (noi dung) Tj ET Q\n"

LEFT_BEHIND = {
    "a flipped coordinate system": b"1 0 0 -1 0 841.89 cm\n" + TEXT,
    "a scale": b"3 0 0 3 0 0 cm " + TEXT,
    "an open q with a transform": b"q 0.1 0 0 0.1 300 300 cm\n" + TEXT,
    "a Q too many": TEXT + b"Q\n",
    "a Q first and a q last": b"Q " + TEXT + b"q 5 0 0 5 0 0 cm\n",
    "an open text object": TEXT + b"BT /F1 12 Tf 120 500 Td (mo) Tj\n",
    "a colour, a dash and a clip": b"1 1 1 rg 1 1 1 RG [1 40] 0 d 0 0 1 1 re W n\n" + TEXT,
    "text invisible, stretched and raised": b"BT 3 Tr 40 Tz 90 Ts 9 Tc ET\n" + TEXT,
    "an operator without its operands' end": TEXT + b"q 1 0 0 1",
}


@pytest.mark.parametrize("content", LEFT_BEHIND.values(), ids=LEFT_BEHIND.keys())
def test_a_mark_is_shown_whatever_the_page_leaves_behind(paper, tmp_path, mark, content):
    paper.page(content)
    made = mark(paper.save(tmp_path / "source.pdf"), codes=True)
    shown = prove_pdf(made.pair, made.plan)
    assert len(shown) == len(made.plan.marks)


def test_a_mark_is_shown_behind_a_section_of_a_hidden_layer_left_open(paper, tmp_path, mark):
    layer = paper.pdf.make_indirect(Dictionary(Type=Name.OCG, Name="L"))
    paper.resources[Name.Properties] = Dictionary(MC0=layer)
    paper.pdf.Root.OCProperties = Dictionary(
        OCGs=Array([layer]), D=Dictionary(OFF=Array([layer]), Order=Array([layer]))
    )
    paper.page(TEXT + b"/OC /MC0 BDC\n")
    made = mark(paper.save(tmp_path / "source.pdf"))
    prove_pdf(made.pair, made.plan)


def test_broken_content_in_several_streams_is_kept_as_it_is_shown(paper, tmp_path, mark):
    paper.page([b"q 0.5 0 0 0.5 100 100 cm ", TEXT, b" Q Q q"])
    made = mark(paper.save(tmp_path / "source.pdf"))
    prove_pdf(made.pair, made.plan)


def test_nothing_bleeds_to_pages_that_share_contents_and_resources(paper, tmp_path, mark):
    first = paper.page([TEXT, TEXT])
    first.Contents = paper.pdf.make_indirect(first.Contents)
    for _ in range(2):
        other = paper.page(b"")
        other.Contents = first.Contents
    made = mark(paper.save(tmp_path / "source.pdf"))
    prove_pdf(made.pair, made.plan)
    with pikepdf.open(made.output) as pdf:
        assert len(pdf.pages[0].Contents) == 4
        assert [len(page.Contents) for page in pdf.pages[1:]] == [2, 2]
        assert "/XObject" not in pdf.pages[1].Resources


def test_a_page_that_stands_twice_in_the_tree_is_marked_once(paper, tmp_path, mark):
    page = paper.page(TEXT)
    tree = paper.pdf.Root.Pages
    tree.Kids = Array([page, page])
    tree.Count = 2
    made = mark(paper.save(tmp_path / "source.pdf"))
    assert len(made.frames) == 2
    prove_pdf(made.pair, made.plan)


def test_resources_inherited_from_the_tree_still_serve_the_page(paper, tmp_path, mark):
    page = paper.page(TEXT)
    del page[Name.Resources]
    paper.pdf.Root.Pages.Resources = paper.resources
    made = mark(paper.save(tmp_path / "source.pdf"), codes=True)
    prove_pdf(made.pair, made.plan)


def test_a_name_that_the_page_uses_is_not_taken(paper, tmp_path, mark):
    square = paper.pdf.make_stream(
        b"0 0 1 rg 0 0 40 40 re f\n",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 40, 40]),
    )
    paper.resources[Name.XObject] = paper.pdf.make_indirect(Dictionary(Bmnn0=square))
    paper.page(b"q 1 0 0 1 400 400 cm /Bmnn0 Do Q\n")
    made = mark(paper.save(tmp_path / "source.pdf"))
    prove_pdf(made.pair, made.plan)


def test_a_page_without_contents_or_resources_is_marked(paper, tmp_path, mark):
    page = paper.page(b"")
    del page[Name.Contents]
    del page[Name.Resources]
    made = mark(paper.save(tmp_path / "source.pdf"), codes=True)
    prove_pdf(made.pair, made.plan)


@pytest.mark.parametrize(
    ("content", "balanced"),
    [
        (b"q Q", True),
        (b"q[1 2]0 d Q", True),
        (b"/q Do /Q Do", True),
        (b"BT (Q Q q\\)) Tj ET", True),
        (b"% q\nq\rQ", True),
        (b"q BI /W 1 /H 1 /BPC 8 /CS /G ID Q EI Q", True),
        (b"/Artifact BMC EMC /Span <</A 1>> BDC EMC", True),
        (b"q", False),
        (b"Q q", False),
        (b"q (Q) Tj", False),
        (b"/Span BMC", False),
        (b"BT", False),
    ],
)
def test_balance_is_counted_by_operators_not_by_letters(content, balanced):
    assert is_balanced(content) is balanced


@given(st.lists(st.sampled_from([b"q", b"Q", b"BT", b"ET", b"BMC", b"EMC", b"f", b"(Q) Tj"])))
def test_the_quick_count_agrees_with_the_lexer(tokens):
    """With a comment in it, the same content goes through qpdf's lexer."""
    plain = [token for token in tokens if token != b"(Q) Tj"]
    content = b"\n".join(tokens)
    assert is_balanced(content) == is_balanced(content + b" % comment\nf") == nests(plain)
