# SPDX-License-Identifier: Apache-2.0
"""PDF: opened under limits, read as displayed, marked, proven, copied."""
