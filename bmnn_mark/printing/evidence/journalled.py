# SPDX-License-Identifier: Apache-2.0
"""What the system's journal and log files tell of connections and of USB storage.

How often, and when last.

Nothing of their text is kept. What was read once is read again only where a file grew. A journal
that is missing is nothing; one that cannot be read, or not in the time there is, is said.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import math
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bmnn_mark.files import os_reason
from bmnn_mark.printing.evidence.journal_file import (
    JournalFormatError,
    find_messages,
    logged,
    message,
    read_header,
)
from bmnn_mark.printing.facts import HistoryTrace, TraceKind

#: What kernel, NetworkManager, wpa_supplicant, networkd, DHCP clients, time services and sshd say
#: when they came to a network or somebody came over one; and the kernel of a USB network device.
NEEDLES = (
    b"Link is Up",
    b"Link is up",
    b"link becomes ready",
    b"CTRL-EVENT-CONNECTED",
    b"state is now CONNECTED",
    b"Gained carrier",
    b"DHCPACK",
    b"DHCPv4 address",
    b"bound to ",
    b"time server",
    b"Accepted ",
    b"register '",
)
#: The loopback gains a carrier at every start; NetworkManager may be connected to nothing.
_NOT_A_NETWORK = re.compile(rb"\blo: |CONNECTED_LOCAL|: (?:ADDRCONF\S* )?lo: ")
_SURE = re.compile(
    rb"Link is [Uu]p|link becomes ready|CTRL-EVENT-CONNECTED|state is now CONNECTED|Gained carrier"
    rb"|DHCPACK (?:of|from)|DHCPv4 address \S+|bound to [0-9a-f.:]+ -- "
    rb"|(?:Contacted|Initial (?:clock )?synchronization to) time server"
    rb"|Accepted \S+ for \S+ from (?!127\.|::1 )"
    rb"|register '[\w-]+' at usb-"
)

_LOGS = (
    "syslog", "messages", "kern.log", "daemon.log", "dmesg", "boot.log", "auth.log", "secure",
)  # fmt: skip
_PACKED: dict[str, type] = {".gz": gzip.GzipFile, ".bz2": bz2.BZ2File, ".xz": lzma.LZMAFile}
_LINE_BYTES = 4096
_MAX_LOG_BYTES = 1 << 30
_MONTHS = {
    name: number
    for number, name in enumerate(
        b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1
    )
}
_ISO_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S*")
_OLD_TIME = re.compile(rb"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ")


def tells_of_network(text: bytes) -> bool:
    """Whether a line or message says that this host came to a network.

    >>> tells_of_network(b"e1000e: eth0 NIC Link is Up 1000 Mbps Full Duplex")
    True
    >>> tells_of_network(b"lo: Gained carrier"), tells_of_network(b"no time server was asked")
    (False, False)
    """
    return bool(_SURE.search(text)) and not _NOT_A_NETWORK.search(text)


#: What the kernel says when storage was plugged into the USB.
STORAGE_NEEDLES = (b"USB Mass Storage device detected", b": uas", b": usb-storage")
_STORAGE = re.compile(rb"USB Mass Storage device detected|scsi host\d+: (?:uas|usb-storage)")


def tells_of_storage(text: bytes) -> bool:
    """Whether a line or message says that storage was plugged into the USB.

    >>> tells_of_storage(b"usb-storage 1-2:1.0: USB Mass Storage device detected")
    True
    >>> tells_of_storage(b"usbcore: registered new interface driver usb-storage")
    False
    """
    return bool(_STORAGE.search(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What journals and logs are searched for.

    Attributes:
        needles: what every message of it holds one of.
        tells: whether a line or message is of it.
        kind: kind of its traces; None for that of a journal or of a log.
    """

    needles: tuple[bytes, ...]
    tells: Callable[[bytes], bool]
    kind: TraceKind | None = None


NETWORK = Topic(needles=NEEDLES, tells=tells_of_network)
STORAGE = Topic(needles=STORAGE_NEEDLES, tells=tells_of_storage, kind=TraceKind.STORAGE)


@dataclass(slots=True)
class _Seen:
    """What is known of one file: how far it was read, what was found, and its mark then."""

    mark: object = None
    upto: int = 0
    places: set[int] = field(default_factory=set)
    count: int = 0
    newest: int = 0
    unfinished: int = 0
    whole: bool = False


class Journals:
    """Reads journals and logs, a slice of time at a time; remembers what it read."""

    def __init__(self, topic: Topic = NETWORK) -> None:
        self._topic = topic
        self._files: dict[str, _Seen] = {}

    def read(
        self, root: Path, *, seconds: float
    ) -> tuple[tuple[HistoryTrace, ...], tuple[str, ...]]:
        """The traces so far, and the reasons why something was not read."""
        until = time.monotonic() + seconds
        unread: list[str] = []
        sums: dict[tuple[TraceKind, str], list[_Seen]] = defaultdict(list)
        known: dict[str, _Seen] = {}
        for kind, place, path in (*_journals(root, unread), *_logs(root, unread)):
            seen = known[str(path)] = self._files.get(str(path), _Seen())
            try:
                if kind is TraceKind.JOURNAL:
                    _read_journal(path, seen, until, self._topic)
                else:
                    _read_log(path, seen, until, self._topic)
            except FileNotFoundError:
                continue  # it was rotated away meanwhile
            except OSError as error:
                unread.append(os_reason(error))
            except (JournalFormatError, EOFError, lzma.LZMAError):
                unread.append("EBADMSG")
            else:
                if not seen.whole:
                    unread.append("ETIMEDOUT")
            sums[self._topic.kind or kind, place].append(seen)
        self._files = known
        return tuple(_traces(sums)), tuple(unread)


def _traces(sums: dict[tuple[TraceKind, str], list[_Seen]]) -> Iterator[HistoryTrace]:
    for (kind, place), files in sums.items():
        count = sum(one.count + one.unfinished for one in files)
        if count:
            newest = max(one.newest for one in files)
            yield HistoryTrace(kind=kind, place=place, count=count, newest=newest)


def _journals(root: Path, unread: list[str]) -> Iterator[tuple[TraceKind, str, Path]]:
    for place in ("var/log/journal", "run/log/journal"):
        for folder in _listed(root / place, unread):
            if folder.is_dir():
                for path in _listed(folder, unread):
                    if path.suffix in {".journal", ".journal~"}:
                        yield TraceKind.JOURNAL, f"{place}/{folder.name}", path


def _logs(root: Path, unread: list[str]) -> Iterator[tuple[TraceKind, str, Path]]:
    for path in _listed(root / "var/log", unread):
        for name in _LOGS:
            if (path.name == name or path.name.startswith((f"{name}.", f"{name}-"))) and (
                path.is_file()
            ):
                yield TraceKind.LOG, f"var/log/{name}", path


def _listed(folder: Path, unread: list[str]) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        unread.append(os_reason(error))
        return []


def _read_journal(path: Path, seen: _Seen, until: float, topic: Topic) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(handle)
        if status.st_size == 0:
            seen.whole = True
            return
        header = read_header(handle)
        mark = (status.st_dev, status.st_ino, header.grown)
        if seen.mark == mark and seen.whole:
            return
        if not isinstance(seen.mark, tuple) or seen.mark[:2] != mark[:2]:
            seen.upto, seen.places = header.start, set()
        seen.whole = False
        # The last object may have been there in part only when it was read.
        for at, places in find_messages(handle, header, topic.needles, seen.upto):
            seen.upto = at
            seen.places |= {
                place for place in places if topic.tells(message(handle, header, place))
            }
            if time.monotonic() > until and at < header.end:
                break
        else:
            seen.whole = True
            seen.upto = min(header.end, header.grown[0])
        told = [logged(handle, header, place) for place in seen.places]
        seen.count = sum(count for count, _ in told)
        seen.newest = max((newest for _, newest in told), default=0)
        seen.mark = mark
    finally:
        os.close(handle)


def _read_log(path: Path, seen: _Seen, until: float, topic: Topic) -> None:
    status = path.stat()
    mark = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    if seen.mark == mark and seen.whole:
        return
    packed = _PACKED.get(path.suffix)
    if path.suffix in {".zst", ".lz4"}:
        raise OSError(errno.EOPNOTSUPP, "packed in a way that cannot be read")
    same = isinstance(seen.mark, tuple) and seen.mark[:2] == mark[:2]
    if packed is not None or not same or status.st_size < seen.upto:
        seen.upto, seen.count, seen.newest = 0, 0, 0
    seen.whole, seen.unfinished = False, 0
    with path.open("rb") if packed is None else packed(path) as file:
        ends = until if packed is None else math.inf
        _count_lines(file, seen, ends, int(status.st_mtime), topic)
    seen.mark = mark


def _count_lines(file: IO[bytes], seen: _Seen, until: float, written_at: int, topic: Topic) -> None:
    file.seek(seen.upto)
    for number, line in enumerate(iter(lambda: file.readline(_LINE_BYTES), b"")):
        told = topic.tells(line)
        if told:
            seen.newest = max(seen.newest, _time_of(line, written_at))
        if not line.endswith(b"\n") and len(line) < _LINE_BYTES:
            seen.unfinished = int(told)  # it is still being written, and is read again
            break
        seen.count += told
        seen.upto += len(line)
        if seen.upto > _MAX_LOG_BYTES:
            raise OSError(errno.EFBIG, "log too long")
        if number % 4096 == 4095 and time.monotonic() > until:
            return
    seen.whole = True


def _time_of(line: bytes, written_at: int) -> int:
    """Second of a log line; when the file was written last where it does not say."""
    iso = _ISO_TIME.match(line)
    try:
        if iso:
            moment = datetime.fromisoformat(iso[0].rstrip(b":").decode("ascii"))
            return int(moment.timestamp())
        old = _OLD_TIME.match(line)
        if old and old[1] in _MONTHS:
            year = datetime.fromtimestamp(written_at, UTC).year
            day, hour, minute, second = (int(one) for one in old.groups()[1:])
            moment = datetime(year, _MONTHS[old[1]], day, hour, minute, second).astimezone()
            if moment.timestamp() > written_at + 86_400:  # such lines name no year
                moment = moment.replace(year=year - 1)
            return int(moment.timestamp())
    except ValueError:
        pass
    return written_at
