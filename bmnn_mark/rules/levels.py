# SPDX-License-Identifier: Apache-2.0
"""The closed sets of the field: levels of secrecy, of urgency, and what is said about copying."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Độ mật, lowest first (Luật 29/2018 Điều 8; kept in Luật 117/2025)."""

    MAT = "mat"
    TOI_MAT = "toi-mat"
    TUYET_MAT = "tuyet-mat"


class Urgency(StrEnum):
    """Mức độ khẩn (NĐ 30/2020)."""

    KHAN = "khan"
    THUONG_KHAN = "thuong-khan"
    HOA_TOC = "hoa-toc"


class Copying(StrEnum):
    """Được phép hay không được phép sao, chụp (NĐ 26/2020 Điều 2.1)."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
