# SPDX-License-Identifier: Apache-2.0
"""Names from the kernel as text that may be shown, stored and compared."""

from __future__ import annotations


def spoken(name: bytes) -> str:
    r"""The name with everything written out that is not a printable sign; no two names alike.

    >>> spoken(b"eth0"), spoken("mạng".encode()), spoken(b"a\nb"), spoken(b"\xff\\")
    ('eth0', 'mạng', 'a\\x0ab', '\\xff\\\\')
    """
    text = name.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else _written(one) for one in text)


def _written(sign: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8"))
