# SPDX-License-Identifier: Apache-2.0
"""Marks, numbers, prints and accounts for state-secret papers (bí mật nhà nước)."""

__version__ = "0.1.0"
