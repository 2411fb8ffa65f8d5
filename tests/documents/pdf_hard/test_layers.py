# SPDX-License-Identifier: Apache-2.0
"""Layers that paper and screen disagree on are refused, or fixed as they are printed."""

from __future__ import annotations

import pytest
from hard_papers import annotation, new_page
from pikepdf import Array, Dictionary, Name, Stream, String

from bmnn_mark.documents.pdf.isolation import OURS
from bmnn_mark.documents.rendering import pdfium_pages, poppler_render

LAYERED = b"/OC /L BDC 0.6 g 100 100 400 300 re f EMC\n"
MIDDLE = (300, 841 - 250)
WHITE, GREY = 255, 153


@pytest.fixture
def layered(paper):
    """A page whose block lies in a layer; ``usage`` and the configuration as given."""

    def make(usage=None, *, content=LAYERED, events=(), nested=False, **configuration):
        def fill(pdf):
            layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("lop")))
            if usage:
                layer.Usage = Dictionary(
                    {
                        f"/{one}": Dictionary({f"/{one}State": Name(f"/{state}")})
                        for one, state in usage.items()
                    }
                )
            known = layer
            if nested:  # a membership that asks whether the layer is on, through a second one
                known = pdf.make_indirect(
                    Dictionary(
                        Type=Name.OCMD,
                        VE=Array([Name.And, layer, Array([Name.Or, layer, layer])]),
                    )
                )
            lists = {key: Array([layer]) for key in configuration.pop("lists", ())}
            applications = [
                Dictionary(
                    Event=Name(f"/{event}"),
                    OCGs=Array([layer]),
                    Category=Array([Name(f"/{event}")]),
                )
                for event in events
            ]
            states = Dictionary({**{f"/{key}": one for key, one in lists.items()}, **configuration})
            if applications:
                states.AS = Array(applications)
            pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=states)
            new_page(pdf, content, Resources=Dictionary(Properties=Dictionary(L=known)))

        return paper(fill)

    return make


def shades(path, work):
    with pdfium_pages(path) as pages:
        seen = pages.render(1, 72)
        printed = pages.render(1, 72, printed=True)
    other = poppler_render(path, 1, 72, work=work)
    return {one.getpixel(MIDDLE)[0] for one in (seen, printed, other)}


def test_a_layer_that_all_show_alike_is_no_matter(layered, mark, tmp_path):
    path = layered({"Print": "ON", "View": "ON"}, events=("Print", "View"))
    ended = mark(path)
    assert ended.code is None
    assert "page.layers_fixed" not in ended.notices
    assert shades(ended.target, tmp_path) == {GREY}


@pytest.mark.parametrize("nested", [False, True])
def test_a_layer_for_the_screen_only_is_refused_or_left_out_of_the_printout(
    layered, mark, tmp_path, nested
):
    path = layered({"Print": "OFF", "View": "ON"}, events=("Print", "View"), nested=nested)
    assert mark(path).code == "page.layers_differ"
    assert mark(path, flatten=True).code == "page.layers_differ"
    ended = mark(path, as_printout=True)
    assert ended.notices["page.layers_fixed"] == {"hidden": 1}
    assert shades(ended.target, tmp_path) == {WHITE}


def test_a_layer_for_paper_only_is_in_the_printout(layered, mark, tmp_path):
    path = layered({"Print": "ON", "View": "OFF"}, events=("Print", "View"), lists=("OFF",))
    assert mark(path).code == "page.layers_differ"
    ended = mark(path, as_printout=True)
    assert ended.notices["page.layers_fixed"] == {"hidden": 0}
    assert shades(ended.target, tmp_path) == {GREY}


def test_a_layer_that_programs_print_differently_is_never_taken(layered, mark):
    """Its use says that it is not printed, but nothing asks for its use to be heeded."""
    path = layered({"Print": "OFF"})
    assert mark(path).code == "page.layers_differ"
    assert mark(path, as_printout=True).code == "page.not_flattened"


@pytest.mark.parametrize("content", [LAYERED + b"/OC /L BDC\n", b"/OC /L BDC q\n" + LAYERED])
def test_marks_are_in_no_layer(layered, mark, content):
    path = layered(None, content=content, lists=("OFF",))
    ended = mark(path)
    assert ended.code is None, ended.code
    with ended.pdf() as pdf:
        ours = [
            one for one in pdf.objects if isinstance(one, Stream) and one.get(OURS) == Name.Content
        ]
        assert ours
        assert not any(b"/OC" in one.read_bytes() or "/OC" in one for one in ours)


def test_a_comment_in_a_layer_is_refused_as_engines_heed_that_or_not(paper, mark):
    def fill(pdf):
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("lop")))
        one = annotation(pdf, (200, 200, 400, 300), OC=layer)
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
        new_page(pdf, b"", Annots=(one,))

    assert mark(paper(fill), flatten=True).code == "page.not_flattened"
