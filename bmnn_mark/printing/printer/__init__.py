# SPDX-License-Identifier: Apache-2.0
"""The one permitted printer: made, pinned, compared before every copy, and what it can do."""
