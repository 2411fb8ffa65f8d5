# SPDX-License-Identifier: Apache-2.0
"""Which fonts the document's text asks for, and which of them this machine lacks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from bmnn_mark import proc
from bmnn_mark.documents.model import Notice
from bmnn_mark.documents.word.opening import OpenedDocx
from bmnn_mark.documents.word.parts import w
from bmnn_mark.text import shown

#: Fonts whose every advance width another family repeats: lines and pages stay where they were.
METRIC_TWINS = {
    "times new roman": "Liberation Serif",
    "arial": "Liberation Sans",
    "courier new": "Liberation Mono",
    "calibri": "Carlito",
    "cambria": "Caladea",
}
_MOST = 8
_SCRIPTS = ("ascii", "hAnsi")
_THEME = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def font_notices(opened: OpenedDocx, home: Path) -> tuple[Notice, ...]:
    """One notice for each font that text asks for and the machine has not.

    ``conversion.font_equivalent`` where a font of the same widths stands in,
    ``conversion.font_substituted`` where lines may break elsewhere.
    """
    installed = _installed(home)
    notices = []
    for name in sorted(_asked(opened)):
        if name.casefold() in installed:
            continue
        twin = METRIC_TWINS.get(name.casefold())
        font = shown(name, limit=60)
        if twin is not None and twin.casefold() in installed:
            detail = {"font": font, "used": twin}
            notices.append(Notice(code="conversion.font_equivalent", detail=dict(detail)))
        else:
            notices.append(Notice(code="conversion.font_substituted", detail={"font": font}))
    return tuple(notices[:_MOST])


@cache
def _installed(home: Path) -> frozenset[str]:
    finished = proc.run([proc.program("fc-list"), ":", "family"], home=home, seconds=30)
    names = finished.stdout.decode("utf-8", "replace").replace("\n", ",").split(",")
    return frozenset(name.strip().casefold() for name in names if name.strip())


def _asked(opened: OpenedDocx) -> set[str]:
    """Families named by runs with text, by the styles in use, and by the document's defaults."""
    styles = _Styles(opened)
    asked: set[str] = set()
    for story in opened.stories():
        for run in opened.package.root(story).iter(w("r")):
            if not any((one.text or "").strip() for one in run.findall(w("t"))):
                continue
            paragraph = next(run.iterancestors(w("p")), None)
            asked |= styles.of_run(run, paragraph)
    return asked


class _Styles:
    """Fonts as styles and the theme give them."""

    def __init__(self, opened: OpenedDocx) -> None:
        self._theme = _theme_fonts(opened)
        self._styles: dict[str, etree._Element] = {}
        self._default_style: str | None = None
        self._defaults: etree._Element | None = None
        for name in opened.package.related(opened.main, "styles"):
            root = opened.package.root(name)
            self._defaults = root.find(f"{w('docDefaults')}/{w('rPrDefault')}/{w('rPr')}")
            for style in root.iter(w("style")):
                key = style.get(w("styleId"), "")
                self._styles[key] = style
                if style.get(w("type")) == "paragraph" and style.get(w("default")) in {"1", "true"}:
                    self._default_style = key

    def of_run(self, run: etree._Element, paragraph: etree._Element | None) -> set[str]:
        """The first answer of: the run, its style, its paragraph's style, the defaults."""
        own = run.find(w("rPr"))
        chain = [own, *self._chain(_value(own, "rStyle"))]
        named = _value(paragraph.find(w("pPr")), "pStyle") if paragraph is not None else None
        chain += [*self._chain(named or self._default_style), self._defaults]
        for properties in chain:
            found = self._fonts(properties)
            if found:
                return found
        return set()

    def _chain(self, key: str | None) -> list[etree._Element | None]:
        found: list[etree._Element | None] = []
        seen: set[str] = set()
        while key and key in self._styles and key not in seen:
            seen.add(key)
            style = self._styles[key]
            found.append(style.find(w("rPr")))
            key = _value(style, "basedOn")
        return found

    def _fonts(self, properties: etree._Element | None) -> set[str]:
        fonts = properties.find(w("rFonts")) if properties is not None else None
        if fonts is None:
            return set()
        names = set()
        for script in _SCRIPTS:
            theme = fonts.get(w(f"{script}Theme"))
            name = self._theme.get(theme[:5], "") if theme else fonts.get(w(script), "")
            names.add(name.split(";")[0].strip())
        return names - {""}


def _value(element: etree._Element | None, tag: str) -> str | None:
    one = element.find(w(tag)) if element is not None else None
    return one.get(w("val")) if one is not None else None


def _theme_fonts(opened: OpenedDocx) -> dict[str, str]:
    """``minor`` and ``major`` with the Latin font of each."""
    found: dict[str, str] = {}
    for name in opened.package.related(opened.main, "theme"):
        root = opened.package.root(name)
        for kind in ("minor", "major"):
            latin = next(root.iter(f"{_THEME}{kind}Font"), None)
            face = latin.find(f"{_THEME}latin") if latin is not None else None
            if face is not None:
                found[kind] = face.get("typeface", "")
    return found
