# SPDX-License-Identifier: Apache-2.0
"""Where memory could come to lie on a disk, read from trees of files."""

import os

import pytest

from bmnn_mark.printing.remains import keeps_core_dumps, open_swaps, scheduler_denials

HEAD = "Filename\tType\tSize\tUsed\tPriority\n"


def host(tmp_path, swaps="", pattern="|/bin/false"):
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    (tmp_path / "proc/swaps").write_text(HEAD + swaps)
    (tmp_path / "proc/sys/kernel/core_pattern").write_text(pattern + "\n")
    return tmp_path


def block(root, name, uuid):
    folder = root / "sys/block" / name / "dm"
    folder.mkdir(parents=True)
    (folder / "uuid").write_text(uuid)


def test_no_swap_is_no_finding(tmp_path):
    assert open_swaps(host(tmp_path)) == ()


def test_a_plain_partition_and_a_file_are_found(tmp_path):
    lines = "/dev/sda2 partition 1 0 -2\n/swapfile file 1 0 -3\n"
    assert open_swaps(host(tmp_path, lines)) == ("/dev/sda2", "/swapfile")


def test_encrypted_and_compressed_swap_is_safe_and_a_plain_volume_is_not(tmp_path):
    root = host(
        tmp_path, "".join(f"/dev/{n} partition 1 0 -2\n" for n in ("dm-0", "dm-1", "zram0"))
    )
    block(root, "dm-0", "CRYPT-PLAIN-swap\n")
    block(root, "dm-1", "LVM-abc\n")
    assert open_swaps(root) == ("/dev/dm-1",)


def test_a_mapped_name_is_followed_to_its_device(tmp_path):
    root = host(tmp_path, "/dev/mapper/swap partition 1 0 -2\n")
    (root / "dev/mapper").mkdir(parents=True)
    (root / "dev/dm-3").touch()
    (root / "dev/mapper/swap").symlink_to("../dm-3")
    block(root, "dm-3", "CRYPT-LUKS2-0-swap")
    assert open_swaps(root) == ()


def test_what_cannot_be_read_is_an_error_and_no_clean_bill(tmp_path):
    with pytest.raises(OSError, match="swaps"):
        open_swaps(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [("|/bin/false", False), ("", False), ("core", True), ("|/usr/lib/coredump %P", True)],
)  # fmt: skip
def test_core_dumps_that_go_somewhere_are_found(tmp_path, pattern, kept):
    assert keeps_core_dumps(host(tmp_path, pattern=pattern)) is kept


def test_denials_of_the_scheduler_are_counted_and_others_are_not(tmp_path):
    line, writer = os.pipe()
    os.set_blocking(line, False)
    os.write(writer, b'6,1,1,-;audit: apparmor="DENIED" profile="/usr/sbin/cupsd" name="/x"\n')
    log = f"/proc/self/fd/{line}"
    assert scheduler_denials(log) == 1
    os.write(writer, b'6,2,2,-;audit: apparmor="DENIED" profile="/usr/bin/man" name="/x"\n')
    assert scheduler_denials(log) == 0
    os.close(line)
    os.close(writer)
    assert scheduler_denials(tmp_path / "nothing") is None
