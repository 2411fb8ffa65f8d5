# SPDX-License-Identifier: Apache-2.0
"""Write the sample document, a plan of a department that does not exist. Runs from anywhere.

Usage: ``sample_document.py [TARGET.docx]``; without a target it goes to a new temporary folder.
"""

import sys
import tempfile
from pathlib import Path

from bmnn_mark.documents.word.sample import write_sample


def main() -> None:
    """Write the sample and say where it is."""
    given = sys.argv[1:]
    target = Path(given[0]) if given else Path(tempfile.mkdtemp()) / "van-ban-mau.docx"
    if target.exists():
        sys.exit(f"{target} exists already")
    write_sample(target)
    print(target)


if __name__ == "__main__":
    main()
