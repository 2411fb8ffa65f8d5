# SPDX-License-Identifier: Apache-2.0
"""``python -m bmnn_mark``."""

import sys

from bmnn_mark.cli import main

sys.exit(main())
