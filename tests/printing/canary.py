# SPDX-License-Identifier: Apache-2.0
"""Whether anything of a document stays behind: strings in it that nothing else has, looked for.

Also used while a job runs: in the command lines and environments of all processes, in what the
scheduler writes of a job, and in the names of all temporary files.
"""

import base64
import os
import stat
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

#: First bytes of what a document or its pages may lie in: PDF, DOCX, PNG, PNM, PWG raster.
DOCUMENT_HEADS = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"P4\n", b"P5\n", b"P6\n", b"RaS2")
#: Where programs leave things.
SYSTEM_PLACES = tuple(
    Path(one)
    for one in (
        "/tmp", "/var/tmp", "/dev/shm", "/run", "/var/log", "/var/spool/cups", "/var/cache/cups",
        "/root/.config/libreoffice", "/root/.cups", "/root/.cache",
    )
)  # fmt: skip


def encodings(word):
    """A word as programs write it: UTF-8, UTF-16, escaped, hexadecimal, base64 at any place."""
    data = word.encode()
    found = {data, word.encode("utf-16-le"), word.encode("utf-16-be"), data.hex().encode()}
    found.add(word.encode("unicode_escape"))
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + data)
        found.add(coded[4 if shift else 0 : len(coded) // 4 * 4 - 4])
    return {one for one in found if len(one) >= 8}


def mount_own(places=("/tmp", "/var/tmp", "/dev/shm", "/var/log")):
    """Empty temporary folders for an isolated host, so that only its own leavings are found."""
    for place in places:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", place], check=True)


@dataclass
class Canaries:
    """The words, by what of the document they stand in."""

    words: dict
    forms: dict = field(init=False)

    def __post_init__(self):
        self.forms = {name: encodings(word) for name, word in self.words.items()}

    def within(self, data):
        """Names of the words that stand in some bytes."""
        return {name for name, forms in self.forms.items() if any(one in data for one in forms)}


def files_below(places, but=()):
    """Regular files below the places, but not below some folders."""
    for place in places:
        for folder, inner, names in os.walk(place):
            inner[:] = [one for one in inner if Path(folder, one) not in but]
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    if stat.S_ISREG(path.lstat().st_mode):
                        yield path


def left_behind(canaries, places, but=(), since=0.0):
    """What is found in files changed since: the words, also in names, and whole documents."""
    found = set()
    for path in files_below(places, but):
        for name in canaries.within(os.fsencode(path)):
            found.add(f"{name} in the name {path}")
        with suppress(OSError):
            if path.lstat().st_ctime < since:
                continue
            data = path.read_bytes()
            for name in canaries.within(data):
                found.add(f"{name} in {path}")
            if data.startswith(DOCUMENT_HEADS):
                found.add(f"a document: {path}")
    return sorted(found)


class Watch:
    """Looks while something runs, again and again, until it is left."""

    def __init__(self, canaries, folders=(), temporary=(), but=()):
        self.canaries = canaries
        self.folders = tuple(folders)
        self.temporary = tuple(temporary)
        self.but = set(but)
        self.found = set()
        self.looks = 0
        self.dumping = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._ended.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self):
        while not self._ended.is_set():
            self._processes()
            self._writings()
            self.looks += 1
            time.sleep(0.03)

    def _processes(self):
        for process in Path("/proc").iterdir():
            if not process.name.isdecimal():
                continue
            for part in ("cmdline", "environ", "comm"):
                with suppress(OSError):
                    for name in self.canaries.within((process / part).read_bytes()):
                        self.found.add(f"{name} in {part} of a process")
            with suppress(OSError):
                if b"bmnn_mark" in (process / "cmdline").read_bytes():
                    line = next(
                        one for one in (process / "limits").read_text().splitlines()
                        if one.startswith("Max core file size")
                    )  # fmt: skip
                    if line.split()[4] != "0":
                        self.dumping.add((process / "cmdline").read_bytes())

    def _writings(self):
        """What the scheduler writes beside the document itself, and names of temporary files."""
        for path in files_below(self.folders):
            if path.name.startswith("d0"):
                continue
            with suppress(OSError):
                for name in self.canaries.within(path.read_bytes()):
                    self.found.add(f"{name} in {path.name} while it is printed")
        for place in self.temporary:
            for folder, inner, names in os.walk(place):
                inner[:] = [one for one in inner if Path(folder, one) not in self.but]
                for one in (*inner, *names):
                    for name in self.canaries.within(os.fsencode(one)):
                        self.found.add(f"{name} in a temporary name below {folder}")
