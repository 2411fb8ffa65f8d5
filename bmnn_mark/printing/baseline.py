# SPDX-License-Identifier: Apache-2.0
"""The baseline: what an administrator found and explained when the host was commissioned.

Root signs it with a key of the host's own. Later the judge compares: evidence that is new since
then blocks, evidence that was explained then is information.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bmnn_mark.printing.facts import TraceKind
from bmnn_mark.printing.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDevice:
    """A piece of network hardware, as it is compared.

    Attributes:
        bus: where it was found: ``net``, ``pci``, ``usb``, ``radio``, ...
        place: where it sits on its bus; the path below ``/sys/devices`` for a network card.
        identity: what it says it is: ``8086:15bc``; empty where it says nothing.
        driver: kernel driver bound to it; empty for none.
        mac: permanent address, ``aa:bb:cc:dd:ee:ff``; empty for none.
    """

    bus: str
    place: str
    identity: str = ""
    driver: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStorage:
    """A removable storage device that was there: vendor:product and a serial number of its own.

    Either may be empty where the device says nothing.
    """

    place: str
    identity: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTrace:
    """A trace of having been online that the administrator explained."""

    kind: TraceKind
    place: str
    count: int
    newest: int
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What was true of the host when it was commissioned.

    Attributes:
        machine_id: of ``/etc/machine-id``.
        product_serial: of the firmware (DMI); empty where it names none.
        number: 1 for the first baseline of the host, then one more each time.
        made_at: second since 1970.
        made_by: the administrator.
        snapshot_sha256: of the facts that were shown.
        policy: what the host is judged by, with its allow-lists.
        devices: network hardware.
        storage: removable storage.
        history: traces of having been online, each explained.
        former: SHA-256, hexadecimal, of the baseline file before it; empty for the first.
    """

    machine_id: str
    product_serial: str
    number: int
    made_at: int
    made_by: str
    snapshot_sha256: str
    policy: Policy
    devices: tuple[KnownDevice, ...]
    storage: tuple[KnownStorage, ...]
    history: tuple[ExplainedTrace, ...]
    former: str = ""

    def knows_card(self, mac: str, place: str) -> bool:
        """Whether a network card of that permanent address was at that place."""
        return any(
            one.bus == "net" and one.mac == mac and one.place == place for one in self.devices
        )


class BaselineFault(StrEnum):
    """Why there is no baseline to compare with; each is an evidence code."""

    MISSING = "baseline.missing"
    UNREADABLE = "baseline.unreadable"
    UNSAFE = "baseline.unsafe"
    """Not root's alone to write."""
    DAMAGED = "baseline.damaged"
    OLDER = "baseline.older"
    """Not the last that was signed: one of before was put back."""
    FORGED = "baseline.forged"
    """Unsigned, or signed by another key than the host's."""


#: What the judge is given: the baseline, or why there is none. Whether it is this machine's, the
#: judge sees from the snapshot (``baseline.other_machine``).
BaselineReading = Baseline | BaselineFault
