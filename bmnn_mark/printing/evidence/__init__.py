# SPDX-License-Identifier: Apache-2.0
"""Collectors: what this host shows of itself, read without sending a frame."""
