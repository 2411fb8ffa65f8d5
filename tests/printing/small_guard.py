# SPDX-License-Identifier: Apache-2.0
"""A small guard for tests of the gate alone: a real process that speaks the guard's protocol.

It answers ``admit`` with what a file of the test says, writes down everything it is asked, and
says ``stop`` when a test puts a code into a file. It judges nothing.
"""

import json
import os
import select
import socket
import sys
import time
from pathlib import Path


def serve(folder):
    place = folder / "guard.sock"
    place.unlink(missing_ok=True)
    line = socket.socket(socket.AF_UNIX)
    line.bind(str(place))
    line.listen()
    while True:
        caller, _ = line.accept()
        if os.fork() == 0:
            line.close()
            answer_one(caller, folder)
            os._exit(0)


def answer_one(caller, folder):
    """Serve one connection, with a look at the test's wish every 2 ms."""
    left, stop, silent = b"", folder / "stop", folder / "silent"
    admitted, spoke = False, time.monotonic()
    while True:
        if admitted and not silent.exists() and time.monotonic() > spoke + 0.5:
            spoke = time.monotonic()
            caller.sendall(b'{"alive":true}\n')
        if stop.exists():
            caller.sendall(b'{"stop": "%s"}\n' % stop.read_bytes())
            stop.rename(folder / "stopped")
        if not select.select([caller], [], [], 0.002)[0]:
            continue
        data = caller.recv(1 << 16)
        if not data:
            return
        left += data
        while b"\n" in left:
            asked, _, left = left.partition(b"\n")
            with (folder / "asked").open("ab") as journal:
                journal.write(asked + b"\n")
            if json.loads(asked)["op"] == "ended":
                caller.sendall(b'{"value": {}}\n')
            else:
                caller.sendall((folder / "answer").read_bytes())
                admitted = True


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
