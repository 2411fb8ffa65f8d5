# SPDX-License-Identifier: Apache-2.0
"""Where a host that was online keeps traces of it. Data: a line is one kind of place.

Left out, because they are there on hosts that never saw a network: Debian's template
``ppp/peers/provider``, package lists of a medium, empty files of leases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bmnn_mark.printing.facts import TraceKind

_K = TraceKind

#: Entries of a file and the second of the newest, 0 where its text does not say.
Counted = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place.

    Attributes:
        kind: what it is a trace of.
        pattern: from the root on; ``~`` stands for every home.
        count: counts entries in a file's text; None counts the file itself.
        together: files of one folder are one trace, with their number.
        dated: whether a later time means a later use of a network; not where other work touches it.
        fits: which names count; None for all.
        whole: an empty file is a trace, too.
    """

    kind: TraceKind
    pattern: str
    count: Callable[[bytes], Counted] | None = None
    together: bool = False
    dated: bool = True
    fits: Callable[[str], bool] | None = None
    whole: bool = False


def _lines(expression: bytes) -> Callable[[bytes], Counted]:
    pattern = re.compile(expression, re.MULTILINE)
    return lambda text: (sum(1 for _ in pattern.finditer(text)), 0)


_STAMP = re.compile(rb"^[^\s#\[=]+=(\d{1,12})\s*$", re.MULTILINE)


def stamps(text: bytes) -> Counted:
    r"""Entries ``<connection>=<second>`` as NetworkManager keeps them.

    >>> stamps(b"[timestamps]\nabc=1700000000\ndef=1600000000\n")
    (2, 1700000000)
    """
    seconds = [int(one) for one in _STAMP.findall(text)]
    return len(seconds), max(seconds, default=0)


def peer(text: bytes) -> Counted:
    r"""One dial-up connection, unless it is the template that the package brings.

    >>> peer(b'user "myusername@realm"\n'), peer(b'user "an"\n')
    ((0, 0), (1, 0))
    """
    return (0, 0) if b"myusername@realm" in text or not text.strip() else (1, 0)


_LISTS = re.compile(r"(Packages|Sources|InRelease|Release|Translation-\w+)(\.\w+)?$")


def from_network(name: str) -> bool:
    """Whether a list of packages is named after a host; those of a medium bear its label.

    >>> from_network("deb.debian.org_debian_dists_bookworm_InRelease")
    True
    >>> from_network("Debian%20GNU_Linux%2012%20_DVD_dists_bookworm_main_binary-amd64_Packages")
    False
    >>> from_network("_media_cdrom_dists_bookworm_Release"), from_network("lock")
    (False, False)
    """
    if not _LISTS.search(name) or name.startswith("_"):
        return False
    label = name.partition("_")[0]
    return "%20" not in label and " " not in label and "[" not in label


_ENTRY = _lines(rb"^[^\s#]+=")
_LEASE = _lines(rb"^\s*lease6?\s*\{")
_NETWORK = _lines(rb"^\s*network\s*=\s*\{")
_LINE = _lines(rb"^\s*[^\s#]")
_INTERFACE = _lines(rb"^\s*iface\s+(?!lo\s)\S+")
_NETPLAN = _lines(  # also as {dhcp4: true}, and as netplan takes True and "yes"
    rb"(?i)^[^#\n]*[\s{,\"'](?:dhcp[46][\"']?\s*:\s*[\"']?(?:true|yes|on|y)|addresses|access-points)\b"
)
_UP_LINK = _lines(rb"^(?!lo=)[^\s#=]+=")

PLACES: tuple[Place, ...] = (
    Place(_K.NETWORK_PROFILE, "etc/NetworkManager/system-connections/*"),
    Place(_K.NETWORK_PROFILE, "run/NetworkManager/system-connections/*"),
    Place(_K.NETWORK_PROFILE, "usr/lib/NetworkManager/system-connections/*"),
    Place(_K.NETWORK_PROFILE, "var/lib/connman/*_*/settings"),
    Place(_K.NETWORK_PROFILE, "etc/network/interfaces", count=_INTERFACE),
    Place(_K.NETWORK_PROFILE, "etc/network/interfaces.d/*", count=_INTERFACE),
    Place(_K.NETWORK_PROFILE, "etc/systemd/network/*.network"),
    Place(_K.NETWORK_PROFILE, "etc/netplan/*.yaml", count=_NETPLAN),
    Place(_K.NETWORK_USED, "var/lib/NetworkManager/timestamps", count=stamps),
    Place(_K.NETWORK_USED, "var/lib/NetworkManager/seen-bssids", count=_ENTRY),
    Place(_K.NETWORK_USED, "run/network/ifstate", count=_UP_LINK),
    Place(_K.NETWORK_USED, "var/lib/avahi-autoipd/*"),
    Place(_K.DHCP_LEASE, "var/lib/NetworkManager/*.lease*"),
    Place(_K.DHCP_LEASE, "var/lib/dhcp/*.leases", count=_LEASE),
    Place(_K.DHCP_LEASE, "var/lib/dhclient/*.lease*", count=_LEASE),
    Place(_K.DHCP_LEASE, "var/lib/dhcpcd*/*.lease*"),
    Place(_K.DHCP_LEASE, "var/db/dhcpcd/*.lease*"),
    Place(_K.DHCP_LEASE, "run/systemd/netif/leases/*"),
    Place(_K.DHCP_LEASE, "var/lib/wicked/lease-*.xml"),
    Place(_K.WIFI_KNOWN, "etc/wpa_supplicant/*.conf", count=_NETWORK),
    Place(_K.WIFI_KNOWN, "etc/wpa_supplicant.conf", count=_NETWORK),
    Place(_K.WIFI_KNOWN, "var/lib/iwd/*.psk"),
    Place(_K.WIFI_KNOWN, "var/lib/iwd/*.open", whole=True),
    Place(_K.WIFI_KNOWN, "var/lib/iwd/*.8021x"),
    Place(_K.BLUETOOTH_PAIRED, "var/lib/bluetooth/*/??:??:??:??:??:??", whole=True),
    Place(_K.MODEM, "var/lib/ModemManager/*"),
    Place(_K.PPP_PEER, "etc/ppp/peers/*", count=peer),
    Place(_K.TIME_SYNCHRONISED, "run/systemd/timesync/synchronized", whole=True),
    Place(_K.TIME_SYNCHRONISED, "var/lib/chrony/*drift"),
    Place(_K.TIME_SYNCHRONISED, "var/lib/ntp*/*drift"),
    Place(_K.CLOCK_FILE, "var/lib/systemd/timesync/clock", whole=True, dated=False),
    Place(_K.PACKAGE_LISTS, "var/lib/apt/lists/*", together=True, fits=from_network),
    Place(_K.PACKAGE_UPDATE, "var/lib/apt/periodic/update-success-stamp", whole=True),
    Place(_K.PACKAGE_ARCHIVE, "var/cache/apt/archives/*.deb", together=True),
    Place(_K.PACKAGE_ARCHIVE, "var/cache/apt/archives/partial/*.deb*", together=True),
    Place(_K.PACKAGE_ARCHIVE, "var/lib/snapd/snaps/*.snap", together=True),
    Place(_K.PACKAGE_LISTS, "var/cache/dnf/*/repodata/repomd.xml", together=True),
    Place(_K.PACKAGE_LISTS, "var/cache/libdnf5/*/repodata/repomd.xml", together=True),
    Place(_K.PACKAGE_LISTS, "var/cache/yum/*/*/*/repomd.xml", together=True),
    Place(_K.PACKAGE_LISTS, "var/cache/zypp/raw/*/repodata/repomd.xml", together=True),
    Place(_K.PACKAGE_LISTS, "var/lib/pacman/sync/*.db", together=True),
    Place(_K.PACKAGE_ARCHIVE, "var/cache/pacman/pkg/*.pkg.tar*", together=True),
    Place(_K.PACKAGE_LISTS, "var/lib/flatpak/repo/refs/remotes/*", whole=True, together=True),
    Place(_K.PACKAGE_LISTS, "var/lib/fwupd/metadata/lvfs*/*", together=True),
    Place(_K.CLOUD_INIT, "var/lib/cloud/instances/*", whole=True, dated=False),
    Place(_K.VPN, "etc/wireguard/*.conf"),
    Place(_K.VPN, "etc/openvpn/*.conf"),
    Place(_K.VPN, "etc/openvpn/*.ovpn"),
    Place(_K.VPN, "etc/openvpn/client/*"),
    Place(_K.VPN, "etc/openvpn/server/*"),
    Place(_K.VPN, "etc/swanctl/conf.d/*.conf"),
    Place(_K.VPN, "var/lib/tailscale/tailscaled.state", dated=False),
    Place(_K.VPN, "var/lib/zerotier-one/identity.secret"),
    Place(_K.KNOWN_HOSTS, "etc/ssh/ssh_known_hosts", count=_LINE),
    Place(_K.KNOWN_HOSTS, "~/.ssh/known_hosts", count=_LINE),
    Place(_K.BROWSER, "~/.mozilla/firefox/*/places.sqlite", dated=False),
    Place(_K.BROWSER, "~/snap/firefox/common/.mozilla/firefox/*/places.sqlite", dated=False),
    Place(_K.BROWSER, "~/.config/google-chrome/*/History", dated=False),
    Place(_K.BROWSER, "~/.config/chromium/*/History", dated=False),
    Place(_K.BROWSER, "~/snap/chromium/common/chromium/*/History", dated=False),
    Place(_K.BROWSER, "~/.config/microsoft-edge/*/History", dated=False),
    Place(_K.BROWSER, "~/.config/BraveSoftware/Brave-Browser/*/History", dated=False),
    Place(_K.BROWSER, "~/.config/CocCoc/Browser/*/History", dated=False),
    Place(_K.BROWSER, "~/.config/opera/History", dated=False),
    Place(_K.BROWSER, "~/.thunderbird/*/global-messages-db.sqlite", dated=False),
    Place(_K.DOWNLOAD_CACHE, "~/.wget-hsts", count=_LINE),
    Place(_K.DOWNLOAD_CACHE, "~/.cache/pip/http*/*", whole=True, together=True),
    Place(_K.DOWNLOAD_CACHE, "~/.cache/uv/wheels-*", whole=True, together=True),
    Place(_K.DOWNLOAD_CACHE, "~/.npm/_cacache/index-*", whole=True, together=True),
    Place(_K.DOWNLOAD_CACHE, "~/.cargo/registry/cache/*", whole=True, together=True),
    Place(_K.DOWNLOAD_CACHE, "~/go/pkg/mod/cache/download/*", whole=True, together=True),
)
