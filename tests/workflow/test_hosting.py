# SPDX-License-Identifier: Apache-2.0
"""The rehearsal policy and its printer belong to rehearsal registers alone."""

import json
import sys

import pytest

from bmnn_mark import proc
from bmnn_mark.config import Config
from bmnn_mark.printing.baseline import BaselineFault
from bmnn_mark.printing.model import Policy, PolicyName
from bmnn_mark.printing.rehearsal import isolated
from bmnn_mark.workflow.hosting import policy_for
from bmnn_mark.workflow.office import office_for
from tests.printing.parts import commissioned


def office_in(folder, **decided):
    return office_for(Config(agency="SỞ MẪU", data_folder=str(folder), **decided), None)


@pytest.mark.parametrize("configured", ["air-gapped", "independent-lan"])
def test_a_real_register_is_never_judged_by_the_rehearsal_policy(tmp_path, configured):
    office = office_in(tmp_path, policy=configured)
    missing = BaselineFault.MISSING
    assert policy_for(office, missing, rehearsal=False).name.value == configured
    assert policy_for(office, missing, rehearsal=True).name is PolicyName.REHEARSAL
    signed = commissioned(policy=Policy(name=PolicyName.INDEPENDENT_LAN))
    assert policy_for(office, signed, rehearsal=False).name is PolicyName.INDEPENDENT_LAN


def test_the_configuration_cannot_name_the_rehearsal_policy(clerk):
    with clerk.config.open("a") as config:
        config.write('policy = "rehearsal"\n')
    ran = clerk.json("host", "check")
    assert (ran.code, ran.error["code"]) == (2, "config.wrong")


@pytest.mark.parametrize("kind", ["--rehearsal", None])
def test_a_host_without_network_is_offline_for_a_rehearsal_and_never_for_a_real_register(
    clerk, kind
):
    clerk.json("register", "init", *([kind] if kind else []))
    command = [sys.executable, "-m", "bmnn_mark", "--json", "--config", str(clerk.config)]
    done = proc.run(isolated([*command, "host", "check"]), home=clerk.home, seconds=60)
    report = json.loads(done.stdout)
    missing = next(one for one in report["evidence"] if one["code"] == "baseline.missing")
    if kind:
        assert (done.returncode, report["verdict"]) == (0, "OFFLINE"), done.stderr
        assert (missing["severity"], missing["would_be"]) == ("info", "unverified")
    else:
        assert (done.returncode, report["verdict"]) in {(5, "ONLINE"), (6, "UNKNOWN")}
        assert missing["severity"] == "unverified"
