# SPDX-License-Identifier: Apache-2.0
"""The scheduler: cupsd as this program sees it, asks it and cleans up behind it."""
