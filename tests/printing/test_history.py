# SPDX-License-Identifier: Apache-2.0
"""What a host that was online leaves behind: found, counted, dated, and cheap to look at again."""

import errno
import os
import time
from pathlib import Path

import pytest

from bmnn_mark.printing.evidence.history import History
from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.evidence.watched import Watched
from bmnn_mark.printing.facts import TraceKind
from bmnn_mark.printing.judge import judge
from bmnn_mark.printing.model import AIR_GAPPED, Policy, PolicyName, Severity, Verdict
from tests.printing.parts import clean_snapshot, commissioned

JOURNALS = Path(__file__).parent / "journals"
NOW = 1_700_000_000
LAN = Policy(name=PolicyName.INDEPENDENT_LAN)
PASSWD = (
    "root:x:0:0::/root:/bin/sh\nan:x:1000:1000::/srv/an:/bin/sh\n_apt:x:42:65534::/nonexistent:\n"
)

#: What is written, and the trace that it is: kind, place, count, second (None: the file's).
TRACES = {
    "etc/NetworkManager/system-connections/Co quan.nmconnection": (
        "[connection]\n", "network_profile", None, 1, None),
    "etc/network/interfaces": (
        "iface lo inet loopback\niface eth0 inet dhcp\n", "network_profile", None, 1, None),
    "etc/systemd/network/10-a.network": ("[Match]\n", "network_profile", None, 1, None),
    "etc/netplan/01.yaml": (
        "network:\n  ethernets:\n    eth0:\n      dhcp4: true\n", "network_profile", None, 1, None),
    "etc/netplan/02.yaml": (
        "network: {ethernets: {eth0: {dhcp4: true}}}\n", "network_profile", None, 1, None),
    "etc/netplan/03.yaml": (
        "network:\n  ethernets:\n    eth0:\n      dhcp6: True\n      dhcp4: \"yes\"\n",
        "network_profile", None, 2, None),
    "var/lib/dhclient/dhclient--eth0.lease": ("lease {\n}\n", "dhcp_lease", None, 1, None),
    "var/lib/NetworkManager/timestamps": (
        "[timestamps]\na=1600000000\nb=1650000000\n", "network_used", None, 2, 1650000000),
    "var/lib/NetworkManager/seen-bssids": (
        "[seen-bssids]\na=00:11:22:33:44:55,\n", "network_used", None, 1, None),
    "var/lib/NetworkManager/internal-a-eth0.lease": ("ADDRESS=1\n", "dhcp_lease", None, 1, None),
    "var/lib/dhcp/dhclient.eth0.leases": (
        "lease {\n}\nlease {\n}\n", "dhcp_lease", None, 2, None),
    "run/systemd/netif/leases/2": ("ADDRESS=10.0.0.5\n", "dhcp_lease", None, 1, None),
    "var/lib/dhcpcd/eth0.lease": ("x", "dhcp_lease", None, 1, None),
    "etc/wpa_supplicant/wpa_supplicant.conf": (
        'country=VN\nnetwork={\nssid="a"\n}\n', "wifi_known", None, 1, None),
    "var/lib/iwd/Co_quan.psk": ("[Security]\n", "wifi_known", None, 1, None),
    "var/lib/bluetooth/00:11:22:33:44:55/AA:BB:CC:DD:EE:FF/info": (
        "x", "bluetooth_paired", "var/lib/bluetooth/00:11:22:33:44:55/AA:BB:CC:DD:EE:FF", 1, None),
    "var/lib/ModemManager/state": ("x", "modem", None, 1, None),
    "etc/ppp/peers/vnpt": ("user an\n", "ppp_peer", None, 1, None),
    "run/systemd/timesync/synchronized": ("", "time_synchronised", None, 1, None),
    "var/lib/chrony/drift": ("1.0 0.1\n", "time_synchronised", None, 1, None),
    "var/lib/ntpsec/ntp.drift": ("1.0\n", "time_synchronised", None, 1, None),
    "var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_InRelease": (
        "x", "package_lists", "var/lib/apt/lists", 1, None),
    "var/lib/apt/periodic/update-success-stamp": ("", "package_update", None, 1, None),
    "var/cache/apt/archives/vim_9_amd64.deb": (
        "x", "package_archive", "var/cache/apt/archives", 1, None),
    "var/cache/dnf/fedora-1/repodata/repomd.xml": (
        "x", "package_lists", "var/cache/dnf/fedora-1/repodata", 1, None),
    "var/lib/cloud/instances/i-1/user-data.txt": (
        "x", "cloud_init", "var/lib/cloud/instances/i-1", 1, 0),
    "etc/wireguard/wg0.conf": ("[Interface]\n", "vpn", None, 1, None),
    "etc/openvpn/client/a.conf": ("remote a\n", "vpn", None, 1, None),
    "var/lib/tailscale/tailscaled.state": ("{}", "vpn", None, 1, 0),
    "srv/an/.ssh/known_hosts": ("# a\n|1|a ssh-rsa A\nb ssh-rsa B\n", "known_hosts", None, 2, None),
    "home/binh/.mozilla/firefox/x.default/places.sqlite": ("SQLite", "browser", None, 1, 0),
    "root/.cache/pip/http-v2/a/b": (
        "x", "download_cache", "root/.cache/pip/http-v2", 1, None),
    "srv/an/.wget-hsts": ("# HSTS\nexample.org 0 1 1 1\n", "download_cache", None, 1, None),
}  # fmt: skip

#: What looks like a trace and is none.
HARMLESS = {
    "etc/network/interfaces": "# x\nauto lo\niface lo inet loopback\n#iface eth0 inet dhcp\n",
    "etc/netplan/01.yaml": "network:\n  version: 2\n  renderer: NetworkManager\n",
    "etc/netplan/02.yaml": "network:\n  ethernets:\n    eth0:\n      dhcp4: false\n",
    "etc/netplan/03.yaml": "network: {version: 2} # {dhcp4: true}\n",
    "var/lib/dhcp/dhclient.leases": "",
    "var/lib/NetworkManager/timestamps": "[timestamps]\n",
    "var/lib/NetworkManager/NetworkManager.state": "[main]\nNetworkingEnabled=true\n",
    "etc/wpa_supplicant/functions.sh": "network={\n",
    "etc/wpa_supplicant/wpa_supplicant.conf": "#network={\n",
    "etc/ppp/peers/provider": '# example\nuser "myusername@realm"\nconnect "x"\n',
    "var/lib/bluetooth/00:11:22:33:44:55/settings": "[General]\n",
    "var/lib/apt/lists/lock": "",
    "var/lib/apt/lists/partial/.keep": "x",
    "var/lib/apt/lists/Debian%20GNU_Linux%2012%20DVD_dists_main_Packages": "x",
    "var/lib/apt/lists/_media_cdrom_dists_bookworm_InRelease": "x",
    "var/cache/apt/archives/lock": "",
    "etc/openvpn/update-resolv-conf": "#!/bin/sh\n",
    "root/.ssh/known_hosts": "# nobody yet\n",
    "run/network/ifstate": "lo=lo\n",
}


def written(root, files):
    (root / "etc").mkdir(parents=True, exist_ok=True)
    (root / "etc/passwd").write_text(PASSWD)
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        os.utime(place, (NOW, NOW))


def read(root, seconds=5.0):
    return History(root).read(seconds=seconds)


def unread(root, seconds=5.0):
    with pytest.raises(PartlyReadError) as refusal:
        read(root, seconds)
    return refusal.value


@pytest.mark.parametrize("path", TRACES)
def test_a_trace_is_found_counted_and_dated(tmp_path, path):
    text, kind, place, count, newest = TRACES[path]
    written(tmp_path, {path: text})
    (found,) = read(tmp_path)
    assert (found.kind.value, found.place, found.count) == (kind, place or path, count)
    if place is None:
        assert found.newest == (NOW if newest is None else newest)


def test_every_kind_of_trace_has_words():
    from bmnn_mark.i18n import has_words

    assert all(has_words(f"host.trace.{kind.value}") for kind in TraceKind)


@pytest.mark.parametrize("path", HARMLESS)
def test_what_only_looks_like_a_trace_is_none(tmp_path, path):
    written(tmp_path, {path: HARMLESS[path]})
    assert read(tmp_path) == ()


def test_the_clock_file_alone_is_weak_and_no_more(tmp_path):
    written(tmp_path, {"var/lib/systemd/timesync/clock": ""})
    (found,) = read(tmp_path)
    assert (found.kind, found.newest) == (TraceKind.CLOCK_FILE, 0)
    report = judge(clean_snapshot(history=(found,)), AIR_GAPPED, commissioned())
    assert (report.verdict, report.codes(Severity.INFO)) == (Verdict.OFFLINE, ("hist.weak",))


def test_no_content_of_a_file_is_ever_told(tmp_path):
    written(tmp_path, {path: text + "BI MAT\n" for path, (text, *_) in TRACES.items()})
    told = repr(read(tmp_path))
    assert "BI MAT" not in told
    assert "00:11:22:33:44:55," not in told


def test_an_odd_name_is_said_without_breaking_a_line(tmp_path):
    name = b"a\n\xff*.nmconnection"
    written(tmp_path, {})
    folder = tmp_path / "etc/NetworkManager/system-connections"
    folder.mkdir(parents=True)
    (Path(os.fsdecode(bytes(folder) + b"/" + name))).write_text("x")
    (found,) = read(tmp_path)
    assert found.place.endswith("*.nmconnection")
    found.place.encode("utf-8")
    report = judge(clean_snapshot(history=(found,)), AIR_GAPPED, commissioned())
    assert report.verdict is Verdict.ONLINE


def test_a_home_of_any_name_is_looked_into(tmp_path):
    written(tmp_path, {"home/[a]*?/.ssh/known_hosts": "a ssh-rsa A\n"})
    assert [one.kind for one in read(tmp_path)] == [TraceKind.KNOWN_HOSTS]


def test_what_is_no_regular_file_holds_nobody_up(tmp_path):
    written(tmp_path, {})
    (tmp_path / "root/.ssh").mkdir(parents=True)
    os.mkfifo(tmp_path / "root/.ssh/known_hosts")
    (tmp_path / "etc/wpa_supplicant").mkdir()
    (tmp_path / "etc/wpa_supplicant/a.conf").symlink_to("a.conf")
    assert read(tmp_path) == ()


def test_more_names_than_can_be_read_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("bmnn_mark.printing.evidence.watched._MAX_NAMES", 3)
    written(tmp_path, {f"var/cache/apt/archives/{number}.deb": "x" for number in range(5)})
    assert unread(tmp_path).reason == "EFBIG"


def test_a_folder_that_may_not_be_read_is_said_with_what_was_found(tmp_path, monkeypatch):
    written(tmp_path, {"etc/wireguard/wg0.conf": "x", "var/lib/dhcp/a.leases": "lease {\n"})
    real = os.scandir

    def scandir(path):
        if str(path).endswith("etc/wireguard"):
            raise PermissionError(errno.EACCES, "x")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    told = unread(tmp_path)
    assert told.reason == "EACCES"
    assert [one.kind for one in told.fact] == [TraceKind.DHCP_LEASE]


def test_a_second_look_sees_every_change_and_reads_nothing_where_there_is_none(
    tmp_path, monkeypatch
):
    written(tmp_path, {path: text for path, (text, *_) in TRACES.items()})
    history = History(tmp_path)
    first = history.read(seconds=5.0)
    reads = []
    real = Watched.content
    monkeypatch.setattr(
        Watched, "content", lambda self, path: reads.append(path) or real(self, path)
    )
    assert history.read(seconds=5.0) == first
    assert not reads
    for path in ("var/lib/dhcp/new.leases", "home/moi/.ssh/known_hosts", "etc/wireguard/wg1.conf"):
        written(tmp_path, {path: "lease {\n}\n"})
        assert any(one.place == path for one in history.read(seconds=5.0)), path
    (tmp_path / "etc/wireguard/wg1.conf").unlink()
    assert not any("wg1" in one.place for one in history.read(seconds=5.0))


def test_a_second_look_costs_less_than_the_guard_may_take(tmp_path):
    files = {path: text for path, (text, *_) in TRACES.items()}
    files |= {f"var/cache/apt/archives/{number}.deb": "x" for number in range(2000)}
    files |= {f"home/u{number}/.ssh/known_hosts": "a b c\n" for number in range(20)}
    written(tmp_path, files)
    history = History(tmp_path)
    history.read(seconds=5.0)
    spent = []
    for _ in range(9):
        begun = time.perf_counter()
        history.read(seconds=5.0)
        spent.append(time.perf_counter() - begun)
    assert sorted(spent)[4] < 0.015
