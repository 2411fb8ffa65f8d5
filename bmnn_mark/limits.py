# SPDX-License-Identifier: Apache-2.0
"""Every bound on untrusted input, in one frozen object."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that every opener, parser and converter keeps.

    Sizes are bytes, times seconds of the wall clock.
    """

    file_bytes: int = 500 * MIB
    """Largest document accepted."""
    pages: int = 2000
    """Most pages of one document."""
    zip_members: int = 10_000
    """Most members of an OOXML package."""
    zip_member_bytes: int = 200 * MIB
    """Largest member of an OOXML package after inflating."""
    zip_total_bytes: int = 600 * MIB
    """All members together after inflating."""
    zip_ratio: int = 200
    """Most bytes out for one byte in, for members above 1 MiB."""
    xml_depth: int = 256
    """Deepest element nesting of an XML part."""
    page_side_mm: float = 5080.0
    """Longest side of a page (200 inches, the format's own limit)."""
    raster_pixels: int = 64_000_000
    """Most pixels of one rendered page."""
    recipients: int = 9999
    """Most recipients or copies of one document."""
    field_chars: int = 300
    """Longest name, title or other line a person types."""
    csv_bytes: int = 2 * MIB
    """Largest list of recipients."""
    journal_bytes: int = 64 * MIB
    """Largest journal of another register, packed or unpacked."""
    worker_memory_bytes: int = 4096 * MIB
    """Address space of a process that reads an untrusted document."""
    worker_file_bytes: int = 4096 * MIB
    """Largest file that such a process may write."""
    worker_open_files: int = 1024
    """Most files that it may hold open."""
    worker_processes: int = 512
    """Most processes and threads of it and the programs it starts."""
    worker_stall_seconds: float = 45.0
    """Longest silence of such a process before it is ended."""
    worker_total_seconds: float = 1800.0
    """Longest life of such a process."""
    convert_seconds: float = 180.0
    """Longest conversion by the office suite; a long report takes a slow computer minutes."""
    convert_memory_bytes: int = 4096 * MIB
    """Address space of the office suite."""
    render_seconds: float = 40.0
    """Longest rendering of one page by the system's renderer."""


DEFAULT_LIMITS = Limits()
