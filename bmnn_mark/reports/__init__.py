# SPDX-License-Identifier: Apache-2.0
"""Books, figures, letters and minutes as files; made of plain values, asks no register itself."""
