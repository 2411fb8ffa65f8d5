# SPDX-License-Identifier: Apache-2.0
"""The hostile cases of the offline check and of printing, and which tests hold each of them.

A test names its rows: ``test_offline_row_16_17_...`` and ``test_print_row_29_30_...`` hold two.
"""

import re
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
START, END = "<!-- case tables -->", "<!-- end of case tables -->"
_NAMED = re.compile(r"^ *def (test_(offline|print)_row((?:_\d+)+)(?:_\w*)?)\(", re.MULTILINE)

#: Row: the case, and what must come of it.
OFFLINE = {
    1: ("only the loopback", "OFFLINE"),
    2: ("loopback down", "OFFLINE"),
    3: ("card present, never up", "OFFLINE, warning"),
    4: ("card up", "ONLINE"),
    5: ("card up without carrier", "ONLINE"),
    6: ("up, no address, IPv6 off", "ONLINE"),
    7: ("only an IPv6 link-local address", "ONLINE"),
    8: ("peer hidden in another namespace", "ONLINE"),
    9: ("default route", "ONLINE"),
    10: ("default route only in table 100, with a rule", "ONLINE"),
    11: ("only an IPv6 default route", "ONLINE"),
    12: ("blackhole default route", "OFFLINE"),
    13: ("default route on the loopback", "ONLINE"),
    14: ("tun, persistent, down", "OFFLINE, warning; ONLINE where it is new since commissioning"),
    15: ("tun up without a process", "ONLINE"),
    16: ("tun held by a VPN's process", "ONLINE"),
    17: ("tap held by a VPN's process", "ONLINE"),
    18: ("empty bridge, up", "ONLINE"),
    19: ("bridge with a port", "ONLINE"),
    20: ("vxlan", "ONLINE, its listener named"),
    21: ("macvlan", "ONLINE"),
    22: ("global address on the loopback", "ONLINE"),
    23: ("card named lo0", "ONLINE"),
    24: ("used, now down", "ONLINE"),
    25: ("flapped without a packet", "ONLINE"),
    26: ("used, then deleted", "OFFLINE to one look; seen by who keeps watch"),
    27: ("listener on 0.0.0.0, only the loopback", "OFFLINE, warning"),
    28: ("packet socket open", "OFFLINE, warning"),
    29: ("another process in an online namespace", "ONLINE"),
    30: ("pinned empty namespace", "OFFLINE, warning"),
    31: ("pinned namespace with a link, no process", "ONLINE"),
    32: ("namespace held only by a descriptor", "ONLINE"),
    33: ("check runs in an empty namespace of its own", "ONLINE"),
    34: ("the same, /sys mounted anew", "ONLINE"),
    35: ("own PID namespace and /proc", "never OFFLINE, not believed"),
    36: ("ordinary user hides in a user and network namespace", "ONLINE"),
    37: ("ordinary user, plain", "UNKNOWN"),
    38: ("/proc/1 covered", "ONLINE"),
    39: ("false /sys", "ONLINE"),
    40: ("no descriptor left", "UNKNOWN"),
    41: ("collector gives half a dump", "UNKNOWN"),
    42: ("LAN correct", "OFFLINE (confined)"),
    43: ("LAN with a default route", "ONLINE"),
    44: ("LAN with a gateway to another subnet", "ONLINE"),
    45: ("LAN with a nexthop object", "ONLINE"),
    46: ("LAN with a router's IPv6 default", "ONLINE"),
    47: ("LAN with a default route in halves", "ONLINE"),
    48: ("LAN and a second card up", "ONLINE"),
    49: ("LAN and a second card down", "OFFLINE, warning"),
    50: ("LAN with an address outside the subnet", "ONLINE"),
    51: ("LAN, another card by the allowed name", "ONLINE"),
    52: ("LAN with a foreign neighbour", "ONLINE"),
    53: ("card bound to a driver, no interface here (moved away, vfio)", "ONLINE"),
    54: ("virtual machine without a card", "UNKNOWN"),
    55: ("container", "UNKNOWN"),
    56: ("Wi-Fi, soft block", "ONLINE"),
    57: ("Wi-Fi, hard block", "OFFLINE, warning"),
    58: ("telephone plugged in, no interface yet", "ONLINE"),
    59: ("Bluetooth adapter", "ONLINE"),
    60: ("modem", "ONLINE"),
    61: ("Intel AMT", "warning"),
    62: ("link comes up between check and release", "never released"),
    63: ("link comes up during the print", "queue paused, job cancelled, UNKNOWN"),
    64: ("flood of link events, overrun", "counts as a change"),
    65: ("output filter as enforcement, raw socket", "is none: ONLINE"),
    66: ("clock set back; new history", "ONLINE"),
    67: ("baseline missing, or of another machine", "UNKNOWN"),
    68: ("2,000 interfaces; names of any bytes", "same verdicts"),
}
PRINT = {
    1: ("CUPS_SERVER names another host", "refused, no connection"),
    2: ("ServerName in a client.conf", "refused"),
    3: ("socket of another user's server", "refused"),
    4: ("cupsd in a namespace with links", "refused"),
    5: ("cupsd listens on TCP 631", "refused"),
    6: ("device socket:", "refused"),
    7: ("device ipp: elsewhere", "refused"),
    8: ("device lpd:", "refused"),
    9: ("device smb:", "refused"),
    10: ("device dnssd:", "refused"),
    11: ("device implicitclass:", "refused"),
    12: ("device http:", "refused"),
    13: ("device beh: round the right one", "refused"),
    14: ("device file:, cups-pdf:", "refused"),
    15: ("class with the right member", "refused"),
    16: ("queue shared or temporary", "refused"),
    17: ("USB without a serial number that means anything", "refused"),
    18: ("two devices with one serial number", "refused"),
    19: ("right URI, other case or encoding", "refused"),
    20: ("ipp://localhost with a foreign listener", "refused"),
    21: ("device-uri changed while the job is held", "not released, purged, VOID"),
    22: ("job moved to another queue while held", "not released, VOID"),
    23: ("PPD or backend changed, or writable by a group", "refused"),
    24: ("PPD with a foomatic command line", "refused"),
    25: ("queue's defaults: copies, number-up, banner", "refused; options sent explicitly"),
    26: ("sides or media not supported", "refused before submitting"),
    27: ("no paper", "waits, then cancelled, UNKNOWN"),
    28: ("printer off", "waits, then cancelled, UNKNOWN"),
    29: ("device program ends with 1", "UNKNOWN, queue paused, no reprint"),
    30: ("… 2", "the same"),
    31: ("… 3", "the same"),
    32: ("… 4", "the same"),
    33: ("… 5", "the same"),
    34: ("… 6", "the same"),
    35: ("… 7", "the same"),
    36: ("… 8", "the same"),
    37: ("device program asks to be run again for ever", "one start"),
    38: ("device program killed; CUPS says completed", "UNKNOWN, never PRINTED"),
    39: ("cupsd killed mid-print", "no second start, UNKNOWN"),
    40: ("cupsd ended by SIGTERM", "no second start, UNKNOWN"),
    41: ("cupsd restarted", "no second start, UNKNOWN"),
    42: ("power lost before or after the job is on disk", "no reprint, no document left"),
    43: ("program killed at every point", "one print at most, nothing left open"),
    44: ("stopped queue with an old job is enabled", "purged first: nothing prints"),
    45: ("foreign job in the queue", "refused to start; lp refused"),
    46: ("user name spoofed", "unauthorised"),
    47: ("PreserveJobFiles; spool on a disk; orphan documents", "refused"),
    48: ("title in job names or logs", "nowhere"),
    49: ("job number used again after a wipe", "known by its uuid"),
    50: ("two processes, one copy", "the second refused by the data base"),
    51: ("link comes up during the print", "paused, cancelled, UNKNOWN"),
    52: ("spool full while sending", "VOID, purged"),
    53: ("51st copy of 50", "refused before it is reserved"),
    54: ("jam recovery prints a page twice", "the operator's step: SPOILED or PRINTED"),
}


@dataclass(frozen=True)
class Held:
    """A test that holds rows of a table."""

    table: str
    rows: tuple
    name: str


def held():
    """Every test of the suite that names rows."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, table, rows in _NAMED.findall(path.read_text("utf-8")):
            numbers = tuple(int(one) for one in rows.strip("_").split("_"))
            found.append(Held(table, numbers, name))
    return found


def tables():
    """Both tables as docs/quality.md shows them."""
    tests = held()
    return "\n\n".join(
        (
            _table("Offline rows", "offline", OFFLINE, tests),
            _table("Printing rows", "print", PRINT, tests),
        )
    )


def _table(title, table, rows, tests):
    lines = [f"### {title}", "", "| # | case | required | tests |", "|---|---|---|---|"]
    for number, (case, required) in rows.items():
        mine = [one for one in tests if one.table == table and number in one.rows]
        names = [f"`{one.name}`" for one in mine]
        lines.append(f"| {number} | {case} | {required} | {'; '.join(names)} |")
    return "\n".join(lines)


def tables_in(document):
    """The tables that a document has."""
    return document.partition(START)[2].partition(END)[0].strip()


def with_tables(document, present):
    """The document with other tables."""
    before, _start, rest = document.partition(START)
    _old, _end, after = rest.partition(END)
    return f"{before}{START}\n{present}\n{END}{after}"
