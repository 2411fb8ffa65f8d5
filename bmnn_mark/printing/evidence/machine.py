# SPDX-License-Identifier: Apache-2.0
"""What the system runs in: a virtual machine, a container, or a machine of its own."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from pathlib import Path

from bmnn_mark.printing.evidence import sysfs
from bmnn_mark.printing.facts import Environment

_CONTAINER_FILES = (
    ".dockerenv",
    "run/.containerenv",
    "run/systemd/container",
    "run/host/container-manager",
    "dev/.lxc-boot-id",
    "dev/incus/sock",
    "dev/lxd/sock",
)
_CONTAINER_GROUP = re.compile(
    r"docker|lxc|lxd|incus|kubepods|containerd|libpod|podman|crio|garden|rkt|nspawn|buildkit"
    r"|:/\.\."  # process 1 is above what we call the top: ours is a group namespace of a container
)
_HYPERVISOR_FILES = ("sys/hypervisor/type", "proc/device-tree/hypervisor", "proc/xen")
_HYPERVISOR_BUSES = ("virtio", "vmbus", "xen")
_FIRMWARE = ("sys_vendor", "product_name", "board_vendor", "bios_vendor", "chassis_vendor")
#: Names that firmware of virtual machines gives itself.
_VIRTUAL = re.compile(
    r"qemu|kvm|bochs|seabios|vmware|virtualbox|innotek|\bxen\b|bhyve|parallels|virtual machine"
    r"|virtual platform|amazon ec2|google compute engine|openstack|alibaba cloud|digitalocean"
    r"|hetzner|nutanix ahv|\bahv\b|rhev|ovirt|smart virtualization|firecracker|cloud hypervisor"
    r"|apple virtualization|acrn|vultr|linode|huawei cloud|tencent cloud|proxmox|vserver",
    re.IGNORECASE,
)
_FIRST_PROCESSOR_BYTES = (
    16384  # the kernel asks each processor for its lines, and there may be many
)
#: The second since Linux 6.17; the third while a router of groups of receivers runs.
_FORWARDING = ("forwarding", "force_forwarding", "mc_forwarding")
_WHOLE_HOST = ("0", "0", "4294967295")


def read_environment(root: Path) -> Environment:
    """Signs of a virtual machine or a container, and whether the kernel forwards packets.

    Args:
        root: folder that holds ``sys``, ``proc``, ``run`` and ``dev``.

    Raises:
        OSError: a sign that must be there, or is there, cannot be read.
    """
    forwarding = [family for family in ("ipv4", "ipv6") if _forwards(root, family)]
    return Environment(
        hypervisor=tuple(_hypervisor(root)),
        container=tuple(_container(root)),
        forwarding=tuple(forwarding),
    )


def _hypervisor(root: Path) -> Iterator[str]:
    with (root / "proc/cpuinfo").open("rb", buffering=0) as file:
        cpu = file.read(_FIRST_PROCESSOR_BYTES).decode("utf-8", "replace")
    if not cpu.strip():
        raise OSError(errno.ENODATA, "no processor")
    flags = next((line for line in cpu.splitlines() if line.startswith("flags")), "")
    if "hypervisor" in flags.split():
        yield "cpuinfo"
    for name in _HYPERVISOR_FILES:
        if (root / name).exists():
            yield name
    for name in _HYPERVISOR_BUSES:
        if sysfs.entries(f"{root}/sys/bus/{name}/devices"):
            yield f"sys/bus/{name}"
    for name in _FIRMWARE:
        if _VIRTUAL.search(sysfs.optional(f"{root}/sys/class/dmi/id/{name}")):
            yield f"dmi/{name}"
    release = sysfs.optional(f"{root}/proc/sys/kernel/osrelease").lower()
    if "microsoft" in release or "wsl" in release:
        yield "osrelease"


def _container(root: Path) -> Iterator[str]:
    for name in _CONTAINER_FILES:
        if (root / name).exists():
            yield name
    for process in ("1", "self"):
        if _CONTAINER_GROUP.search(sysfs.optional(f"{root}/proc/{process}/cgroup")):
            yield f"proc/{process}/cgroup"
    mapped = sysfs.optional(f"{root}/proc/self/uid_map").split()
    if mapped and tuple(mapped) != _WHOLE_HOST:
        yield "proc/self/uid_map"  # a user namespace: this root is not the host's
    if (root / "proc/vz").exists() and not (root / "proc/bc").exists():
        yield "proc/vz"


def _forwards(root: Path, family: str) -> bool:
    """Whether any interface forwards: each has a switch of its own besides that for all."""
    switches = [root / "proc/sys/net/ipv4/ip_forward"] if family == "ipv4" else []
    conf = root / "proc/sys/net" / family / "conf"
    if conf.is_dir():
        switches += [
            one / switch
            for one in conf.iterdir()
            if one.name != "default"
            for switch in _FORWARDING
        ]
    return any(one.exists() and one.read_text("ascii").strip() != "0" for one in switches)
