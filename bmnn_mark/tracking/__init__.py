# SPDX-License-Identifier: Apache-2.0
"""The page code: bytes, keys and decoders, no register."""
