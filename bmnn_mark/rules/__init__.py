# SPDX-License-Identifier: Apache-2.0
"""The law as dated data, every figure with where it comes from."""

from bmnn_mark.rules.levels import Copying, Level, Urgency

__all__ = ["Copying", "Level", "Urgency"]
