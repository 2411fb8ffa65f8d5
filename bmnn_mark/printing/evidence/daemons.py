# SPDX-License-Identifier: Apache-2.0
"""Programs that speak to networks and run now, known by their names.

A program is named by what it was started from and by what it calls itself; either name counts.
One that was renamed on the disk is not found: this is a list of accidents, not of enemies.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from pathlib import Path

from bmnn_mark.printing.evidence.partly import PartlyReadError
from bmnn_mark.printing.facts import Daemon

#: Makes queues for printers that any host of a network announces.
PRINTER_DISCOVERY = frozenset({"cups-browsed"})

NETWORK_DAEMONS = frozenset(
    {
        # bring cards and radios up
        "NetworkManager", "systemd-networkd", "networkd-dispatcher", "connmand", "wickedd",
        "wpa_supplicant", "iwd", "hostapd", "ModemManager", "ofonod", "bluetoothd", "pppd",
        "dhclient", "dhcpcd", "udhcpc", "dhcpd", "avahi-autoipd", "ifplugd", "netplugd", "rdnssd",
        # tunnels
        "openvpn", "openconnect", "tailscaled", "zerotier-one", "charon", "charon-systemd",
        "pluto", "racoon", "xl2tpd", "pptp", "wireguard-go", "boringtun", "nebula", "tor", "i2pd",
        # names and time
        "avahi-daemon", "systemd-resolved", "dnsmasq", "unbound", "named", "systemd-timesyncd",
        "chronyd", "ntpd", "nscd",
        # let others in
        "sshd", "dropbear", "in.telnetd", "telnetd", "inetd", "xinetd", "vsftpd", "proftpd",
        "smbd", "nmbd", "winbindd", "wsdd", "rpcbind", "rpc.mountd", "nfsdcld", "snmpd", "xrdp",
        "x11vnc", "Xvnc", "vino-server", "gnome-remote-desktop-daemon", "krfb", "teamviewerd",
        "anydesk", "rustdesk", "apache2", "httpd", "nginx", "lighttpd", "kdeconnectd",
        # fetch things
        "packagekitd", "snapd", "fwupd", "unattended-upgrade", "dockerd", "containerd",
        "syncthing", "dropbox", "onedrive", "transmission-daemon",
    }
)  # fmt: skip

_COMM_BYTES = 15  # the kernel keeps no more of what a process calls itself
_DELETED = " (deleted)"
_GONE = {errno.ENOENT, errno.ESRCH}
_FORBIDDEN = {errno.EACCES, errno.EPERM}


def read_daemons(root: Path, host_pid: int) -> tuple[Daemon, ...]:
    """Every running program of the two lists.

    Raises:
        PartlyReadError: some processes may not be looked at; with those that were found.
    """
    full = {name: name for name in PRINTER_DISCOVERY | NETWORK_DAEMONS}
    by_comm = {name[:_COMM_BYTES]: name for name in full}
    found: Counter[str] = Counter()
    hidden = os.geteuid() != 0 and _hides_processes(root / "proc")
    for process in os.listdir(root / "proc"):  # noqa: PTH208  # names are enough, and cheaper
        if not process.isdecimal():
            continue
        folder = f"{root}/proc/{process}"
        try:
            comm = _own_name(folder)
        except OSError as error:
            if error.errno in _GONE:
                continue  # it ended while it was looked at
            if error.errno not in _FORBIDDEN:
                raise
            hidden = True
            continue
        name = by_comm.get(comm)
        if name is None:
            program, may_look = _program(folder)
            name = full.get(program)
            # Nobody may look at process 1 in some sandboxes; the namespaces' judge knows of it.
            hidden = hidden or (not may_look and int(process) != host_pid)
        if name is not None:
            found[name] += 1
    daemons = tuple(Daemon(name=name, processes=found[name]) for name in sorted(found))
    if hidden:
        raise PartlyReadError(daemons, "EACCES")
    return daemons


def _own_name(folder: str) -> str:
    handle = os.open(f"{folder}/comm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(handle, 256).decode("utf-8", "replace").rstrip("\n")
    finally:
        os.close(handle)


def _program(folder: str) -> tuple[str, bool]:
    """Name of the file a process was started from, and whether that may be known.

    Empty for the kernel's own threads.
    """
    try:
        target = os.readlink(f"{folder}/exe")  # noqa: PTH115  # a Path a process costs too much
    except OSError as error:
        if error.errno in _GONE:
            return "", True
        if error.errno in _FORBIDDEN:
            return "", False
        raise
    return target.removesuffix(_DELETED).rpartition("/")[2], True


def _hides_processes(proc: Path) -> bool:
    """Whether /proc is mounted so that users see their own processes only."""
    for line in (proc / "self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        head, _, tail = line.partition(" - ")
        if head.split(" ")[4] != "/proc":
            continue
        options = tail.rsplit(" ", 1)[-1].split(",")
        if any(one.startswith("hidepid=") and one not in _SHOWN for one in options):
            return True
    return False


_SHOWN = frozenset({"hidepid=0", "hidepid=off"})
