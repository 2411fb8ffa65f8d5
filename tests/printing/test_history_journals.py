# SPDX-License-Identifier: Apache-2.0
"""What journals and logs tell of connections: counted, dated, read on where they grow."""

import gzip
import lzma
import os
import time
from pathlib import Path

import pytest

from bmnn_mark.printing.evidence.collecting import Sources
from bmnn_mark.printing.evidence.history import History, history_of
from bmnn_mark.printing.evidence.journal_file import find_messages
from bmnn_mark.printing.evidence.journalled import Journals, tells_of_network
from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.facts import TraceKind
from bmnn_mark.printing.guard import eyes

JOURNALS = Path(__file__).parent / "journals"
NOW = 1_700_000_000


def journal(root, name, layout):
    place = root / "var/log/journal/0123456789abcdef0123456789abcdef" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(lzma.decompress((JOURNALS / f"{layout}.journal.xz").read_bytes()))
    return place


@pytest.mark.parametrize("layout", ["compact", "plain"])
def test_a_journal_tells_how_often_and_when_last(tmp_path, layout):
    place = journal(tmp_path, "system.journal", layout)
    (found,), missing = Journals().read(tmp_path, seconds=5.0)
    assert not missing
    assert (found.kind, found.count, found.newest) == (TraceKind.JOURNAL, 8, 1700002000)
    assert found.place == str(place.parent.relative_to(tmp_path))


def test_journals_of_one_system_are_counted_together_and_a_rotated_one_is_the_same(tmp_path):
    place = journal(tmp_path, "system.journal", "compact")
    journals = Journals()
    before = journals.read(tmp_path, seconds=5.0)
    place.rename(place.with_name("system@0005.journal"))
    assert journals.read(tmp_path, seconds=5.0) == before
    journal(tmp_path, "system.journal", "plain")
    (found,), _ = journals.read(tmp_path, seconds=5.0)
    assert found.count == 16


def test_a_journal_is_not_read_again_while_it_does_not_grow(tmp_path, monkeypatch):
    journal(tmp_path, "system.journal", "compact")
    journals = Journals()
    first = journals.read(tmp_path, seconds=5.0)
    calls = []
    monkeypatch.setattr(
        "bmnn_mark.printing.evidence.journalled.find_messages",
        lambda *given: calls.append(given) or find_messages(*given),
    )
    assert journals.read(tmp_path, seconds=5.0) == first
    assert not calls


def test_a_message_logged_again_counts_again_though_it_stands_there_once(tmp_path):
    place = journal(tmp_path, "system.journal", "plain")
    journals = Journals()
    journals.read(tmp_path, seconds=5.0)
    data = bytearray(place.read_bytes())
    at = data.index(b"MESSAGE=e1000e") - 64
    count = int.from_bytes(data[at + 56 : at + 64], "little")
    assert count == 7
    data[at + 56 : at + 64] = (9).to_bytes(8, "little")
    data[152:160] = (int.from_bytes(data[152:160], "little") + 2).to_bytes(8, "little")
    with place.open("r+b") as file:  # in place, as journald does
        file.write(data)
    (found,), _ = journals.read(tmp_path, seconds=5.0)
    assert found.count == 10


def test_a_long_journal_is_read_in_slices_and_said_until_it_was_read(tmp_path, monkeypatch):
    monkeypatch.setattr("bmnn_mark.printing.evidence.journal_file._CHUNK_BYTES", 1 << 20)
    journal(tmp_path, "system.journal", "compact")
    history = History(tmp_path)
    reasons = []
    for _ in range(20):
        try:
            found = history.read(seconds=0.0)
        except PartlyReadError as part:
            reasons.append(part.reason)
        else:
            break
    assert set(reasons) == {"ETIMEDOUT"}
    assert len(reasons) > 3
    assert found[0].count == 8


@pytest.mark.parametrize("spoil", [b"", b"LPKSHHRX", b"short"])
def test_a_journal_that_is_none_is_said(tmp_path, spoil):
    place = journal(tmp_path, "system.journal", "compact")
    data = place.read_bytes()
    place.write_bytes(spoil + data[len(spoil) :] if len(spoil) == 8 else spoil)
    _, missing = Journals().read(tmp_path, seconds=5.0)
    assert missing == (() if spoil == b"" else ("EBADMSG",))


def test_a_journal_damaged_where_it_counts_is_said_and_ends(tmp_path):
    place = journal(tmp_path, "system.journal", "plain")
    data = bytearray(place.read_bytes())
    at = data.index(b"MESSAGE=e1000e") - 64
    data[at + 48 : at + 56] = (at).to_bytes(8, "little")  # its list of entries is itself
    place.write_bytes(data)
    _, missing = Journals().read(tmp_path, seconds=5.0)
    assert missing == ("EBADMSG",)


def test_no_journal_at_all_is_nothing(tmp_path):
    assert Journals().read(tmp_path, seconds=5.0) == ((), ())


WHEN = "2026-03-01T01:00:00Z a "
LINES = {
    "2026-03-01T08:00:00.1234+07:00 a kernel: [1.2] r8169 eth0: Link is Up - 1Gbps": 1772326800,
    "2026-03-01T01:00:00+00:00 a NetworkManager[1]: state is now CONNECTED_GLOBAL": 1772326800,
    f"{WHEN}dhclient[1]: DHCPACK of 10.0.0.5 from 10.0.0.1": 1772326800,
    f"{WHEN}dhclient[1]: bound to 10.0.0.5 -- renewal in 3000 seconds.": 1772326800,
    f"{WHEN}wpa_supplicant[1]: wlan0: CTRL-EVENT-CONNECTED - Connection to a": 1772326800,
    f"{WHEN}systemd-networkd[1]: eth0: Gained carrier": 1772326800,
    f"{WHEN}systemd-networkd[1]: eth0: DHCPv4 address 10.0.2.15/24 via 10.0.2.2": 1772326800,
    f"{WHEN}systemd-timesyncd[1]: Initial synchronization to time server 1.2.3.4": 1772326800,
    f"{WHEN}sshd[1]: Accepted publickey for an from 10.0.0.9 port 40000 ssh2: RSA": 1772326800,
    f"{WHEN}kernel: rndis_host 1-2:1.0 usb0: register 'rndis_host' at usb-0000:00-2": 1772326800,
    "no time at all eth0: NIC Link is Up": NOW,
}
QUIET = (
    f"{WHEN}systemd-networkd[1]: lo: Gained carrier",
    f"{WHEN}NetworkManager[1]: <info> NetworkManager state is now CONNECTED_LOCAL",
    f"{WHEN}kernel: eth0: NIC Link is Down",
    f"{WHEN}cupsd[1]: bound to nothing",
    f"{WHEN}sshd[1]: Accepted password for an from 127.0.0.1 port 40000 ssh2",
    f"{WHEN}sshd[1]: Accepted password for an from ::1 port 40000 ssh2",
    f"{WHEN}kernel: usbcore: registered new interface driver 'rndis_host'",
    f"{WHEN}kernel: IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("pack", [None, "gz", "xz"])
def test_a_line_of_a_log_is_counted_and_dated(tmp_path, line, pack):
    text = "".join(f"{one}\n" for one in (*QUIET, line, *QUIET)).encode()
    folder = tmp_path / "var/log"
    folder.mkdir(parents=True)
    name = "syslog" if pack is None else f"syslog.2.{pack}"
    packed = {None: bytes, "gz": gzip.compress, "xz": lzma.compress}[pack](text)
    (folder / name).write_bytes(packed)
    os.utime(folder / name, (NOW, NOW))
    (found,), missing = Journals().read(tmp_path, seconds=5.0)
    assert not missing
    assert (found.kind, found.place, found.count) == (TraceKind.LOG, "var/log/syslog", 1)
    assert found.newest == LINES[line]


def test_a_date_without_year_is_the_latest_that_had_come(tmp_path):
    (tmp_path / "var/log").mkdir(parents=True)
    log = tmp_path / "var/log/messages"
    log.write_text("Dec 31 23:00:00 a kernel: eth0: Link is Up\n")
    os.utime(log, (NOW, NOW))  # November 2023
    (found,), _ = Journals().read(tmp_path, seconds=5.0)
    assert time.gmtime(found.newest)[0] == 2022


def test_quiet_lines_and_other_logs_tell_nothing(tmp_path):
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/syslog").write_text("\n".join(QUIET))
    (tmp_path / "var/log/dpkg.log").write_text("eth0: Link is Up\n")
    assert Journals().read(tmp_path, seconds=5.0) == ((), ())
    assert not any(tells_of_network(one.encode()) for one in QUIET)


def test_a_log_that_grows_is_read_on_and_a_half_line_is_counted_once(tmp_path):
    (tmp_path / "var/log").mkdir(parents=True)
    log = tmp_path / "var/log/kern.log"
    line = "2026-03-01T01:00:00Z a kernel: eth0: Link is Up"
    log.write_text(f"{line}\n{line}")
    journals = Journals()
    assert [one.count for one in journals.read(tmp_path, seconds=5.0)[0]] == [2]
    with log.open("a") as file:
        file.write(" - 1Gbps\nquiet\n")
    assert [one.count for one in journals.read(tmp_path, seconds=5.0)[0]] == [2]
    with log.open("a") as file:
        file.write(f"{line}\n")
    assert [one.count for one in journals.read(tmp_path, seconds=5.0)[0]] == [3]
    log.write_text(f"{line}\n")
    assert [one.count for one in journals.read(tmp_path, seconds=5.0)[0]] == [1]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("syslog.1.gz", b"no gzip", "EIO"), ("syslog.1.zst", b"x", "ENOTSUP")],
)
def test_a_log_that_cannot_be_read_is_said(tmp_path, name, data, reason):
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log" / name).write_bytes(data)
    _, missing = Journals().read(tmp_path, seconds=5.0)
    assert missing == (reason,)


@pytest.mark.parametrize("asked", [False, True])
def test_the_guards_eyes_read_a_long_journal_while_nobody_asks(tmp_path, monkeypatch, asked):
    monkeypatch.setattr("bmnn_mark.printing.evidence.journal_file._CHUNK_BYTES", 1 << 20)
    monkeypatch.setattr(eyes, "_SLICE_SECONDS", 0.0)
    journal(tmp_path, "system.journal", "compact")
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as words, os.fdopen(theirs, "wb", buffering=0) as voice:
        monkeypatch.setattr(eyes.sys, "stdin", words)
        if asked:
            voice.write(b"again\n")
        eyes._read_ahead(Sources(root=tmp_path))
    if asked:
        with pytest.raises(PartlyReadError):
            history_of(tmp_path).read(seconds=0.0)
    else:
        assert [one.count for one in history_of(tmp_path).read(seconds=0.0)] == [8]
