# SPDX-License-Identifier: Apache-2.0
"""Is this host offline? The verdict and what it rests on. Runs from anywhere."""

from collections import Counter

from bmnn_mark import check_host


def main() -> None:
    """Collect, judge, print."""
    report = check_host()
    for (severity, code), count in Counter((e.severity, e.code) for e in report.evidence).items():
        print(f"{severity.value:10} {code} x{count}")
    print(f"{report.verdict.value}; evidence {report.snapshot_sha256[:16]}…")


if __name__ == "__main__":
    main()
