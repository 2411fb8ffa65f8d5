# SPDX-License-Identifier: Apache-2.0
"""DOCX: opened under limits, marked with anchored shapes, converted by the office suite."""
