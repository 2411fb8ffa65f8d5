# SPDX-License-Identifier: Apache-2.0
"""For makers of other registers: does yours keep what :class:`bmnn_mark.RegisterPort` promises?

Needs pytest (extra ``testing``); nothing else of the package imports it.
"""

from bmnn_mark.testing.register_contract import RegisterPortContract

__all__ = ["RegisterPortContract"]
