# SPDX-License-Identifier: Apache-2.0
"""What the promises ask of a register: requests, steps, codes, and the register itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bmnn_mark.errors import BmnnMarkError
from bmnn_mark.register.port import (
    CopyRecord,
    CopyState,
    DocumentIdentity,
    IssueRequest,
    Recipient,
    RegisterPort,
    ReservedCopy,
)
from bmnn_mark.rules import Level
from bmnn_mark.tracking.code import PageCode

PACK = "nd63-2026"
PAGES = 3


def request(number: int = 1, **changes: Any) -> IssueRequest:
    """A request for three copies, two of them for one recipient."""
    values: dict[str, Any] = {
        "identity": DocumentIdentity(
            agency="SỞ MẪU", number_sign=f"{number}/BC-SM", dated=date(2026, 3, 2)
        ),
        "level": Level.TOI_MAT,
        "pack": PACK,
        "recipients": (Recipient(name="UBND tỉnh Mẫu", copies=2), Recipient(name="Văn thư")),
        "pages": PAGES,
        "source_sha256": f"{number:064x}",
        "actor": "Nguyễn Văn An",
    }
    return IssueRequest(**values | changes)


def step(copy: ReservedCopy, state: CopyState, **detail: str | int) -> CopyRecord:
    """One step of one copy."""
    return CopyRecord(attempt_id=copy.attempt_id, state=state, actor="An", detail=dict(detail))


def code_of(copy: ReservedCopy, page: int = 1, **changes: Any) -> PageCode:
    """What the page code of a copy's page says once it is opened."""
    code = PageCode(position=copy.position, page=page, attempt=copy.attempt, root=copy.root)
    return replace(code, **changes)


def refusal(error: type[BmnnMarkError], code: str) -> pytest.RaisesExc[BmnnMarkError]:
    """A refusal by its stable code."""
    return pytest.RaisesExc(error, check=lambda raised: raised.code == code)


class Promises(ABC):
    """Whose register is asked, and how a new one is made."""

    @abstractmethod
    def new_register(self, folder: Path) -> RegisterPort:
        """Make an empty rehearsal register in an empty folder."""

    @abstractmethod
    def reopened(self, register: RegisterPort, folder: Path) -> RegisterPort:
        """The same register as a program sees it that starts afresh, or another machine."""

    @pytest.fixture
    def register(self, tmp_path: Path) -> RegisterPort:
        """An empty register."""
        return self.new_register(tmp_path)
