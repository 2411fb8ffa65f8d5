# SPDX-License-Identifier: Apache-2.0
"""Whether this host is offline, and paper out of exactly one known printer."""
