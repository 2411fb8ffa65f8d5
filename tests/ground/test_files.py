# SPDX-License-Identifier: Apache-2.0
import errno
import os
import stat

import pytest

from bmnn_mark import files
from bmnn_mark.errors import DocumentRefused
from bmnn_mark.files import FileKind
from bmnn_mark.limits import Limits


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", FileKind.PDF),
        (b"junk before" + b"%PDF-1.4", FileKind.PDF),
        (b"PK\x03\x04rest", FileKind.ZIP),
        (bytes.fromhex("d0cf11e0a1b11ae1"), FileKind.OLE),
        (b"hello", FileKind.OTHER),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path, head, kind):
    path = tmp_path / "letter.docx"
    path.write_bytes(head)
    assert files.sniff(path) is kind


def test_refuses_missing_empty_and_large_files(tmp_path):
    with pytest.raises(DocumentRefused, match="document.unreadable"):
        files.check_size(tmp_path / "none", Limits())
    (tmp_path / "empty").touch()
    with pytest.raises(DocumentRefused, match="document.empty"):
        files.check_size(tmp_path / "empty", Limits())
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(DocumentRefused, match="document.too_large"):
        files.check_size(tmp_path / "big", Limits(file_bytes=10))


def test_writes_whole_and_private(tmp_path):
    target = tmp_path / "out"
    files.write_whole(target, [b"ab", b"cd"], overwrite=False)
    assert target.read_bytes() == b"abcd"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_an_existing_output_is_refused_and_kept(tmp_path):
    target = tmp_path / "out"
    target.write_bytes(b"old")
    with pytest.raises(DocumentRefused, match="output.exists"):
        files.write_whole(target, [b"new"], overwrite=False)
    assert target.read_bytes() == b"old"
    files.write_whole(target, [b"new"], overwrite=True)
    assert target.read_bytes() == b"new"


def test_a_stick_that_knows_no_links_takes_results_and_keeps_what_it_has(tmp_path, monkeypatch):
    def no_links(*_names):
        raise OSError(errno.EPERM, "as FAT answers")

    monkeypatch.setattr(os, "link", no_links)
    files.write_whole(tmp_path / "out", [b"new"], overwrite=False)
    assert (tmp_path / "out").read_bytes() == b"new"
    monkeypatch.setattr(files, "check_target", lambda *_, **__: None)  # it came after the check
    with pytest.raises(DocumentRefused, match="output.exists"):
        files.write_whole(tmp_path / "out", [b"other"], overwrite=False)
    assert (tmp_path / "out").read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_a_failing_source_leaves_nothing(tmp_path):
    def broken():
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_whole(tmp_path / "out", broken(), overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_folder_that_is_not_there_and_a_folder_as_file(tmp_path):
    for target in (tmp_path / "no" / "out", tmp_path):
        with pytest.raises(DocumentRefused, match="output.unwritable"):
            files.write_whole(target, [b"x"], overwrite=False)


def test_the_work_folder_is_private_and_goes_away():
    with files.work_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.getuid()
        (folder / "left").write_bytes(b"secret")
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_what_lives_is_kept():
    with files.work_folder() as alive:
        left = alive.parent / "bmnn-work-of-a-killed-process"
        left.mkdir(mode=0o700)
        (left / "page").write_bytes(b"secret")
        with files.work_folder():
            assert not left.exists()
            assert alive.exists()
