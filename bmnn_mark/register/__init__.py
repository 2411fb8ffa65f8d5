# SPDX-License-Identifier: Apache-2.0
"""The register: who was given which copy, as a history that cannot be rewritten unseen."""
