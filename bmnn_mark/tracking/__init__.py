# SPDX-License-Identifier: Apache-2.0
"""The page code: bytes, keys and decoders, no register."""

from bmnn_mark.tracking.key import TraceKey

__all__ = ["TraceKey"]
