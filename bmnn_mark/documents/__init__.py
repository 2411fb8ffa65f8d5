# SPDX-License-Identifier: Apache-2.0
"""PDF and DOCX: open under limits, find room, put marks on, prove them."""
