# SPDX-License-Identifier: Apache-2.0
"""What a document carries that its pages do not show, found and taken out."""
