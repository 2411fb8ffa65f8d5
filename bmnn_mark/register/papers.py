# SPDX-License-Identifier: Apache-2.0
"""The register's signature over papers that were drawn up from it, in a small file beside them.

Who has the papers, the file and the register's public key can check them with any program: the
signature is Ed25519 over the line :data:`SIGNED_LINE` and the canonical JSON of all keys of the
file but ``signature``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bmnn_mark.register.events import canonical, show_time
from bmnn_mark.register.heads import Head
from bmnn_mark.register.keys import RegisterKeys, signed_by

SIGNED_LINE = b"bmnn-mark papers 1\n"


def sign_papers(keys: RegisterKeys, head: Head, at: datetime, papers: Mapping[str, str]) -> bytes:
    """The file that signs papers.

    Args:
        keys: of the register.
        head: the newest of the register whose state the papers tell of.
        at: now.
        papers: by file name, the SHA-256 of each, hexadecimal.
    """
    told = {
        "at": show_time(at),
        "head": {"root": head.root.hex(), "size": head.size},
        "papers": dict(papers),
        "public_key": keys.public_key.hex(),
        "register": head.register,
    }
    return canonical(told | {"signature": keys.sign(SIGNED_LINE + canonical(told)).hex()}) + b"\n"


def signed_papers(untrusted_file: bytes, public_key: bytes) -> dict[str, str] | None:
    """By file name the SHA-256 of the papers that a register signed; None where it did not."""
    try:
        told = msgspec.json.decode(untrusted_file, type=dict[str, object])
        signature = bytes.fromhex(str(told.pop("signature")))
        papers = msgspec.convert(told["papers"], dict[str, str])
    except (KeyError, ValueError, msgspec.MsgspecError):
        return None
    return papers if signed_by(public_key, signature, SIGNED_LINE + canonical(told)) else None
