# SPDX-License-Identifier: Apache-2.0
"""What the tests of the offline rows share: a host of its own for each, and what is found there."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bmnn_mark.printing.rehearsal import isolated

HERE = Path(__file__).parent
PROBE = shlex.join([sys.executable, "-I", str(HERE / "probe.py")])
FILTER = shlex.join(["/usr/bin/python3", "-I", str(HERE / "packet_filter.py")])

PAIR = "ip link add v0 type veth peer name v1; "
PAIR_UP = PAIR + "ip link set v0 up; ip link set v1 up; "
ADDRESSED = PAIR_UP + "ip addr add 10.1.0.1/24 dev v0; "
NO_IPV6 = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; "


@dataclass(frozen=True)
class Reports:
    """The reports of one probe, by policy."""

    by_policy: dict

    def verdicts(self, *policies):
        return {self.by_policy[one]["verdict"] for one in policies}

    def codes(self, severity, policy="sealed"):
        evidence = self.by_policy[policy]["evidence"]
        return {one["code"] for one in evidence if one["severity"] == severity}

    def evidence(self, policy="sealed"):
        return self.by_policy[policy]["evidence"]


def look(script, *, apart=True, one_cpu=False):
    """Run a shell script, on a host of its own where ``apart``; it must run the probe once.

    A step that fails ends it. ``one_cpu``: numbers of mount namespaces then rise with time, since
    Linux 6.18 they do so on each processor alone; only a later one can be bound to a place.
    """
    command = ["/usr/bin/sh", "-e", "-c", script]
    if apart:
        command = isolated(command)
    if one_cpu:
        command = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *command]
    answer = subprocess.run(
        command,
        capture_output=True,
        timeout=40,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
    )
    assert answer.stdout, answer.stderr.decode()
    reports = Reports(json.loads(answer.stdout))
    assert reports.verdicts("air-gapped") != {"OFFLINE"}  # what runs the tests is no real host
    return reports


def offline(setup, *warnings):
    """The host is OFFLINE, in a rehearsal and were it real, with these warnings."""
    reports = look(setup + PROBE)
    assert reports.verdicts("sealed", "rehearsal") == {"OFFLINE"}, reports.evidence()
    assert reports.codes("warn") >= set(warnings)
    return reports


def online(setup, *blocking, one_cpu=False):
    """The host is ONLINE by every policy but an independent LAN's, for these reasons."""
    reports = look(setup + PROBE, one_cpu=one_cpu)
    assert reports.verdicts("air-gapped", "sealed", "rehearsal") == {"ONLINE"}, reports.evidence()
    for policy in ("air-gapped", "sealed", "rehearsal"):
        assert reports.codes("block", policy) >= set(blocking)
    return reports
