# SPDX-License-Identifier: Apache-2.0
"""The guard: root's service that judges the host, admits jobs and keeps their receipts."""
