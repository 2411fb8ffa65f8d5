# SPDX-License-Identifier: Apache-2.0
"""Is a document in the form the rules ask for? A look at any PDF or DOCX, whoever made it."""
