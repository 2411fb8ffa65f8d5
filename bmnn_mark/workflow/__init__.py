# SPDX-License-Identifier: Apache-2.0
"""The order of the work: mark, reserve, produce, print, close. How a step is done is below.

The command line and the kiosk call the same functions. They take and return plain values; long
ones report :class:`bmnn_mark.worker.Progress` and stop when the callback raises.
"""
