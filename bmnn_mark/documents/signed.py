# SPDX-License-Identifier: Apache-2.0
"""What is known of an electronic signature, and what the clerk is told of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark.documents.model import Notice

_NOT_READ = "?"


class State(StrEnum):
    """What is known of the signed bytes."""

    INTACT = "intact"
    """They are those that were signed, and they are the whole of what is shown."""
    ADDED_TO = "added_to"
    """They are those that were signed, but the file goes on behind them."""
    BROKEN = "broken"
    """They are not those that were signed."""
    UNKNOWN = "unknown"
    """It cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature as far as it could be read; nothing is said of its certificate's worth.

    Attributes:
        state: of the signed bytes.
        signer: name in the signer's certificate, or the one the file states; None without either.
        time: the time the file states; None without one.
    """

    state: State
    signer: str | None
    time: str | None


def signature_notices(
    signatures: Sequence[Signature], told: Mapping[State, str]
) -> tuple[Notice, ...]:
    """What the clerk is told of each signature.

    Args:
        signatures: in the order they are numbered in.
        told: the notice's code for each state that this kind of document can have.
    """
    return tuple(
        Notice(
            code=told[one.state],
            detail={
                "number": number,
                "of": len(signatures),
                "signer": one.signer or _NOT_READ,
                "time": one.time or _NOT_READ,
            },
        )
        for number, one in enumerate(signatures, 1)
    )
