# SPDX-License-Identifier: Apache-2.0
"""Stamps as drawings in millimetres: composed once from the rules, then only translated."""
