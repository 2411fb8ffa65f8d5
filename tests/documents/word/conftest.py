# SPDX-License-Identifier: Apache-2.0
"""A sample document, packages made by hand, and requests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bmnn_mark.documents.model import MarkRequest
from bmnn_mark.documents.word.sample import write_sample
from bmnn_mark.rules import Level

Edit = Callable[[bytes], bytes]


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sample.docx"
    write_sample(path)
    return path


@pytest.fixture
def edited(sample, tmp_path):
    """The sample with parts edited, added (bytes) or left out (None)."""

    def make(parts: dict[str, Edit | bytes | None], name: str = "edited.docx") -> Path:
        with zipfile.ZipFile(sample) as archive:
            content = {info.filename: archive.read(info) for info in archive.infolist()}
        for part, change in parts.items():
            if change is None:
                content.pop(part)
            else:
                content[part] = change(content[part]) if callable(change) else change
        path = tmp_path / name
        path.write_bytes(packed(content))
        return path

    return make


@pytest.fixture
def with_body(edited):
    """The sample with this XML put before its body's first element."""

    def make(xml: str) -> Path:
        return edited(
            {"word/document.xml": lambda old: old.replace(b"<w:body>", b"<w:body>" + xml.encode())}
        )

    return make


def packed(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pack_members():
    return packed


@pytest.fixture(scope="session")
def order():
    """A request with what a test does not care about filled in."""

    def make(**given: object) -> MarkRequest:
        values: dict[str, object] = {
            "level": Level.TOI_MAT, "pack": "nd63-2026", "mark_id": "0123456789abcdef",
        } | given  # fmt: skip
        return MarkRequest(**values)

    return make
