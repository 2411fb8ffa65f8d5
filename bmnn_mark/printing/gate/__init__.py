# SPDX-License-Identifier: Apache-2.0
"""The gate at the device: what stands between CUPS and the one permitted printer."""
