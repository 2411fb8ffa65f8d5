# SPDX-License-Identifier: Apache-2.0
"""The library's functions, as ``from bmnn_mark import …`` gives them (``docs/library.md``).

Each is one call of :mod:`bmnn_mark.workflow` in the office that a configuration describes; where
none is given, that of this machine, as on the command line. What an office forbids (export,
unconfirmed figures) is forbidden here too.
"""
