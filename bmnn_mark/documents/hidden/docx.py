# SPDX-License-Identifier: Apache-2.0
"""The search for hidden matter in a DOCX, whoever made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from bmnn_mark.documents.findings import Finding
from bmnn_mark.documents.hidden.kinds import found
from bmnn_mark.documents.hidden.opening import loose_package
from bmnn_mark.documents.hidden.parts import (
    BODY_KINDS,
    COMMENTS_TYPE,
    CONTENT_TYPES_OF_MACROS,
    CORE_NAMES,
    CORE_PLAIN,
    external_links,
    unused_parts,
)
from bmnn_mark.documents.hidden.unseen_runs import unseen_runs
from bmnn_mark.documents.word.fields import OUTSIDE_FIELDS, field_codes
from bmnn_mark.documents.word.opening import NET_ADDRESS
from bmnn_mark.documents.word.parts import Package, w
from bmnn_mark.documents.word.revisions import CHANGES
from bmnn_mark.limits import Limits
from bmnn_mark.worker import OnProgress, Progress, ignore_progress

#: Fields that are links to the outside.
HYPERLINK_FIELDS = re.compile(
    r"^\s*HYPERLINK\s+[\"“]?(?:https?:|mailto:|ftp:|file:|\\\\)", re.IGNORECASE
)
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CROP_SIDES = ("l", "t", "r", "b")
_CROP_SHARE = 2_000
"""Thousandths of a percent: a side cut by less is a scanner's edge."""
_EMPTY_DATA = ("bibliography", "officeDocument/2006/customXmlDataProps", "coverPageProps")


def find_in_docx(
    path: Path, limits: Limits, *, on_progress: OnProgress = ignore_progress
) -> tuple[Finding, ...]:
    """What the DOCX at ``path`` carries that its pages do not show.

    Args:
        path: an untrusted file; templates, signed ones and those with macros are looked at, too.
        limits: bounds on reading.
        on_progress: called once.

    Raises:
        DocumentRefused: the file is no DOCX, is encrypted, or cannot be opened at all.
    """
    on_progress(Progress(phase="look"))
    package, main = loose_package(path, limits)
    stories = story_parts(package, main)
    findings = [
        *_metadata(package),
        *_changes_and_comments(package, stories),
        *_unseen(package, main, stories),
        *_code_and_files(package),
        *_outside(package, stories),
        *_settings(package, main),
        *_data_parts(package, main),
    ]
    return tuple(findings)


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def story_parts(package: Package, main: str) -> dict[str, etree._Element]:
    """The parts with text that pages show: body, headers, footers, notes; parsed."""
    names = [main]
    for kind in BODY_KINDS:
        names += package.related(main, kind)
    return {name: package.root(name) for name in dict.fromkeys(names)}


def _metadata(package: Package) -> Iterator[Finding]:
    fields, custom = [], 0
    for one in package.relationships():
        if one.external or one.target not in package:
            continue
        kind = one.type.rpartition("/")[2]
        if kind == "core-properties":
            for element in package.root(one.target):
                tag = local_name(element)
                if tag not in CORE_PLAIN and (element.text or "").strip():
                    fields.append(tag if tag in CORE_NAMES else "…")
        elif kind == "extended-properties":
            for element in package.root(one.target):
                tag = local_name(element)
                if tag in {"Company", "Manager", "HyperlinkBase"} and (element.text or "").strip():
                    fields.append(tag)
                if tag == "Template" and "\\" in (element.text or ""):
                    fields.append(tag)
        elif kind == "custom-properties":
            custom += len(package.root(one.target))
        elif kind == "thumbnail":
            yield found("hidden.thumbnails", count=1)
    if fields or custom:
        yield found("hidden.metadata", fields=", ".join(sorted(set(fields))) or "—", custom=custom)


def _changes_and_comments(
    package: Package, stories: dict[str, etree._Element]
) -> Iterator[Finding]:
    changes = sum(1 for root in stories.values() for _ in root.iter(*CHANGES))
    if changes:
        yield found("hidden.tracked_changes", count=changes)
    comments = people = 0
    for name in package.members:
        kind = package.content_type(name)
        if kind.endswith(COMMENTS_TYPE):
            comments += sum(1 for _ in package.root(name).iter(w("comment")))
        elif kind.endswith("people+xml"):
            people += len(package.root(name))
    if comments:
        yield found("hidden.comments", kind="Word", count=comments)
    if people:
        yield found("hidden.people", count=people)
    traces = sum(1 for root in stories.values() for _ in _rsids(root))
    if traces:
        yield found("hidden.edit_traces", count=traces)


def _rsids(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        yield from (str(name) for name in element.attrib if str(name).startswith(w("rsid")))


def _unseen(package: Package, main: str, stories: dict[str, etree._Element]) -> Iterator[Finding]:
    hidden = pale = cropped = 0
    for run in unseen_runs(package, main, stories):
        if run.pale:
            pale += run.characters
        else:
            hidden += run.characters
    if hidden:
        yield found("hidden.text_hidden", characters=hidden)
    if pale:
        yield found("hidden.text_background", characters=pale)
    for root in stories.values():
        for one in root.iter(f"{_A}srcRect"):
            sides = (one.get(side, "0") for side in _CROP_SIDES)
            cropped += any(side.isdigit() and int(side) > _CROP_SHARE for side in sides)
    if cropped:
        yield found("hidden.cropped_pictures", count=cropped)


def _code_and_files(package: Package) -> Iterator[Finding]:
    types = [package.content_type(name).casefold() for name in package.members]
    macros = sum(any(word in kind for word in CONTENT_TYPES_OF_MACROS) for kind in types)
    macros += sum("vbaproject" in name.casefold() for name in package.members) if not macros else 0
    if macros:
        yield found("hidden.macros", count=macros)
    files = sum(
        "/embeddings/" in name.casefold() or kind.endswith("oleobject")
        for name, kind in zip(package.members, types, strict=True)
    )
    chunks = sum(one.type.endswith("/aFChunk") for _, one in external_links(package, inner=True))
    if files or chunks:
        yield found("hidden.embedded", count=files + chunks)
    signed = sum("digital-signature-xmlsignature" in kind for kind in types)
    if signed:
        yield found("hidden.signature", count=signed)


def _outside(package: Package, stories: dict[str, etree._Element]) -> Iterator[Finding]:
    links, reach = 0, set()
    content = 0
    for _, one in external_links(package):
        kind = one.type.rpartition("/")[2]
        if kind == "hyperlink":
            links += 1
        elif kind == "attachedTemplate" and not NET_ADDRESS.match(one.target):
            yield found("hidden.template")
        else:
            content += 1
            reach.add(kind[:40])
    for root in stories.values():
        for code in field_codes(root):
            if OUTSIDE_FIELDS.match(code):
                content += 1
                reach.add(code.split()[0].upper()[:40])
            elif HYPERLINK_FIELDS.match(code):
                links += 1
    if content:
        yield found("hidden.external_content", count=content, kind=", ".join(sorted(reach)))
    if links:
        yield found("hidden.links", count=links)


def _settings(package: Package, main: str) -> Iterator[Finding]:
    for name in package.related(main, "settings"):
        root = package.root(name)
        variables = sum(1 for _ in root.iter(w("docVar")))
        if variables:
            yield found("hidden.variables", count=variables)
        if root.find(w("mailMerge")) is not None:
            yield found("hidden.mail_merge")


def _data_parts(package: Package, main: str) -> Iterator[Finding]:
    data = printers = 0
    for name, member in package.members.items():
        low = name.casefold()
        if low.startswith("customxml/item") and low.endswith(".xml") and "props" not in low:
            text = member.data()
            data += not any(word.encode() in text for word in _EMPTY_DATA)
        printers += "printersettings" in low
    if data:
        yield found("hidden.custom_data", kind="XML", count=data)
    if printers:
        yield found("hidden.printer_settings", count=printers)
    blocks = sum(
        sum(1 for _ in package.root(name).iter(w("docPart")))
        for name in package.related(main, "glossaryDocument")
    )
    if blocks:
        yield found("hidden.building_blocks", count=blocks)
    unused = len(unused_parts(package))
    if unused:
        yield found("hidden.unused_parts", count=unused)
