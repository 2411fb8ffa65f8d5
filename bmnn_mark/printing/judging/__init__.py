# SPDX-License-Identifier: Apache-2.0
"""The rules of the judge, a module for each kind of facts; pure functions all of them."""
