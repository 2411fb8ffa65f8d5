# SPDX-License-Identifier: Apache-2.0
"""Private work folders, whole-or-nothing writing, and what a file is by its content."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from bmnn_mark.errors import DocumentRefused, Fault, UsageRefused
from bmnn_mark.limits import Limits
from bmnn_mark.memory import is_memory

_WORK_PREFIX = "bmnn-work-"
_TRIES = 20
#: Where Linux has a memory-backed folder for everybody; what is made in it is private.
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108  # only private folders are made below it
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")


class FileKind(StrEnum):
    """What a file is, by its first bytes, whatever its name says."""

    PDF = "pdf"
    ZIP = "zip"
    OLE = "ole"
    OTHER = "other"


def sniff(path: Path) -> FileKind:
    """The kind of the file at ``path``.

    A PDF header may stand anywhere in the first 1024 bytes (ISO 32000-1, annex H, note 13).

    Raises:
        DocumentRefused: ``document.unreadable``.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
    if head.startswith(b"PK\x03\x04"):
        return FileKind.ZIP
    if head.startswith(_OLE_MAGIC):
        return FileKind.OLE
    return FileKind.PDF if b"%PDF-" in head else FileKind.OTHER


def check_size(path: Path, limits: Limits) -> int:
    """The size of a regular file in bytes.

    Raises:
        DocumentRefused: ``document.unreadable``, ``document.empty``, ``document.too_large``,
            ``document.name_not_utf8``.
    """
    if not _speakable(path):
        raise DocumentRefused("document.name_not_utf8")
    try:
        size = regular_size(path)
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error
    if size == 0:
        raise DocumentRefused("document.empty")
    if size > limits.file_bytes:
        raise DocumentRefused(
            "document.too_large", megabytes=size >> 20, limit=limits.file_bytes >> 20
        )
    return size


def regular_size(path: Path) -> int:
    """The size of a regular file in bytes; what is none might never end or never begin.

    Raises:
        OSError: it cannot be seen; ``EISDIR`` for a folder, ``ENXIO`` for a pipe or a device.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.ENXIO, "")
    return status.st_size


def _speakable(path: Path) -> bool:
    """Whether the path can be told to a worker, a person and a JSON reader."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_folder(path: Path) -> bool:
    """Whether ``path`` is seen to be a folder; False also where nobody lets us look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether ``path`` is seen to be a regular file; False also where nobody lets us look."""
    try:
        return path.is_file()
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def take_in(source: Path, folder: Path, limits: Limits) -> Path:
    """A private copy of a document under a name that says nothing of it.

    What is hashed, marked, proven and registered are then the same bytes, whatever happens to the
    file meanwhile; and no program that is started for it shows its name in the list of processes.

    Args:
        source: the document as given.
        folder: a private folder.
        limits: ``file_bytes``.

    Raises:
        DocumentRefused: ``document.unreadable``, ``document.empty``, ``document.too_large``.
        OSError: there is no room for the copy.
    """
    check_size(source, limits)
    target = folder / "source"
    with target.open("xb") as copy:
        for chunk in _chunks(source):
            copy.write(chunk)
            if copy.tell() > limits.file_bytes:  # it grew since it was looked at
                break
    check_size(target, limits)
    return target


def _chunks(source: Path) -> Iterator[bytes]:
    """The bytes of a document.

    Raises:
        DocumentRefused: ``document.unreadable``.
    """
    try:
        with source.open("rb") as file:
            while chunk := file.read(1 << 20):
                yield chunk
    except OSError as error:
        raise DocumentRefused("document.unreadable", reason=os_reason(error)) from error


def os_reason(error: OSError) -> str:
    """The symbolic name of an operating system error; never its path."""
    return errno.errorcode.get(error.errno or 0, "EIO")


@contextmanager
def work_folder(*, memory_only: bool = False) -> Iterator[Path]:
    """A private folder (0700), memory-backed where the machine has one, gone afterwards.

    Its name says nothing about what is in it. What a killed process of the same user left is
    removed first: a living one holds a lock on its folder.

    Args:
        memory_only: for documents of a real register: nothing of them may come to lie on a disk.

    Raises:
        Fault: ``fault.no_memory_folder`` where that cannot be.
    """
    in_memory = os.access(MEMORY_FOLDER, os.W_OK | os.X_OK)
    if memory_only and not (in_memory and is_memory(MEMORY_FOLDER)):
        raise Fault("fault.no_memory_folder")
    parent = MEMORY_FOLDER if in_memory else Path(tempfile.gettempdir())
    for left in parent.glob(f"{_WORK_PREFIX}*"):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    with ExitStack() as held:
        folder = _new_folder(parent, held)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _new_folder(parent: Path, held: ExitStack) -> Path:
    """A new private folder whose lock is held from now on."""
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=parent))
        with suppress(OSError):  # another process swept it before it was locked
            held.enter_context(_locked(folder))
            if folder.exists():
                return folder
    raise Fault("fault.folder", reason="EAGAIN")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of one's own folder.

    Raises:
        OSError: it is somebody else's, or its process lives.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(handle).st_uid != os.getuid():
            raise PermissionError
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A private folder beside finished results, on their disk, gone afterwards.

    What a killed process left there is removed first.

    Raises:
        DocumentRefused: ``output.unwritable``.
    """
    try:
        for left in parent.glob(".bmnn-draft-*"):
            if not Path("/proc", left.name.split("-")[2]).exists():
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f".bmnn-draft-{os.getpid()}-", dir=parent))
    except OSError as error:
        raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_target(
    path: Path, *, overwrite: bool, new_folder: bool = False, source: Path | None = None
) -> None:
    """Refuse early what :func:`deliver` would refuse late.

    Args:
        path: where a result shall go.
        overwrite: what is there may be replaced.
        new_folder: its folder may be missing; then the one above must be there.
        source: the document the result is made of, which is never replaced.

    Raises:
        DocumentRefused: ``output.exists``, ``output.unwritable``, ``output.name_not_utf8``.
        UsageRefused: ``output.is_source``.
    """
    if source is not None and _same_file(path, source):
        raise UsageRefused("output.is_source")
    if not _speakable(path):
        raise DocumentRefused("output.name_not_utf8")
    try:
        _check_place(path, overwrite=overwrite, new_folder=new_folder)
    except OSError as error:
        raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error


def _same_file(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


def _check_place(path: Path, *, overwrite: bool, new_folder: bool) -> None:
    if path.is_dir():
        raise DocumentRefused("output.unwritable", reason="EISDIR")
    if path.exists() and not overwrite:
        raise DocumentRefused("output.exists")
    folder = path.parent
    if new_folder and not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise DocumentRefused("output.unwritable", reason="ENOENT")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DocumentRefused("output.unwritable", reason="EACCES")


def deliver(source: Path, target: Path, *, overwrite: bool) -> None:
    """Put a finished file in its place: whole or not at all, mode 0600, synced to the disk.

    Raises:
        DocumentRefused: ``output.exists``, ``output.unwritable``.
    """
    with source.open("rb") as file:
        write_whole(target, iter(lambda: file.read(1 << 20), b""), overwrite=overwrite)


def write_whole(target: Path, chunks: Iterable[bytes], *, overwrite: bool) -> None:
    """Write ``chunks`` to ``target``: whole or not at all, mode 0600, synced to the disk.

    Raises:
        DocumentRefused: ``output.exists``, ``output.unwritable``.
    """
    check_target(target, overwrite=overwrite)
    draft = target.parent / f".bmnn-{secrets.token_hex(8)}.tmp"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            draft.replace(target)
        else:
            _name_new(draft, target)
        sync_folder(target.parent)
    except FileExistsError as error:
        raise DocumentRefused("output.exists") from error
    except OSError as error:
        raise DocumentRefused("output.unwritable", reason=os_reason(error)) from error
    finally:
        draft.unlink(missing_ok=True)


def _name_new(draft: Path, target: Path) -> None:
    """Give ``draft`` its name, unlike a rename never in place of a target that came meanwhile."""
    try:
        os.link(draft, target)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(target)  # a stick in FAT or exFAT knows no second name for a file


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def private_folder(path: Path) -> Path:
    """Make ``path`` (and parents) if missing, as a folder only its owner may enter.

    Raises:
        Fault: ``fault.folder`` when it cannot be made or others may write to it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode
    except OSError as error:
        raise Fault("fault.folder", reason=os_reason(error)) from error
    if mode & 0o022:
        raise Fault("fault.folder", reason="WRITABLE_BY_OTHERS")
    return path
