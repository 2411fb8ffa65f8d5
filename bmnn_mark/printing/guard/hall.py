# SPDX-License-Identifier: Apache-2.0
"""The guard's door and those who came in: read and told without ever waiting for one of them."""

from __future__ import annotations

import errno
import json
import os
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bmnn_mark.errors import BmnnMarkError, Fault, PrinterRefused
from bmnn_mark.files import os_reason
from bmnn_mark.printing.guard.callers import Caller, credentials_of, group_id
from bmnn_mark.printing.guard.protocol import Op

_BACKLOG = 64
_MOST_OF_ONE, _MOST_OF_ROOT, _MOST_OF_ALL = 16, 64, 160
_HALF_LINE_SECONDS = 5.0
_LET_IN_AT_ONCE = 16
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}

OnQuestion = Callable[[Caller, Op, dict[str, Any]], None]


class Hall:
    """Connections, and the one place where they are answered and dropped.

    Args:
        selector: of the loop.
        on_question: called with each question; answers now or later, once.
        on_gone: called when a caller is there no more.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        on_question: OnQuestion,
        on_gone: Callable[[Caller], None],
    ) -> None:
        self._selector = selector
        self._on_question = on_question
        self._on_gone = on_gone
        self._callers: set[Caller] = set()
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._path: Path | None = None
        self._asking: set[Caller] = set()

    @property
    def waiting(self) -> bool:
        """Whether somebody's question was read and not put yet: one of each at a turn."""
        return bool(self._asking)

    def open(self, path: Path) -> None:
        """Make the socket: root's, and of the group where there is one; seen once it answers."""
        if not path.parent.exists():
            path.parent.mkdir(mode=0o755, parents=True)
            path.parent.chmod(0o755)  # the service's umask let nobody in
        draft = path.with_name(f".{path.name}.new")
        draft.unlink(missing_ok=True)
        self._door.bind(str(draft))
        draft.chmod(0o600)
        group = group_id()
        if group is not None:
            os.chown(draft, 0, group)
            draft.chmod(0o660)
        self._door.settimeout(0)
        self._door.listen(_BACKLOG)
        draft.replace(path)
        self._path = path
        self._selector.register(self._door, selectors.EVENT_READ)

    def close(self) -> None:
        """Drop everybody and take the socket away."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._selector.unregister(self._door)
        self._door.close()
        for caller in tuple(self._callers):
            self.drop(caller)

    def attend(self, ready: Iterable[tuple[object, int]], now: float) -> None:
        """See to those who said or take something, let in who knocks, put a question of each."""
        for what, mask in ready:
            if what is self._door:
                for _ in range(_LET_IN_AT_ONCE):
                    if not self._let_in():
                        break
            elif isinstance(what, Caller) and not what.gone:
                self._serve(what, mask, now)
        for caller in tuple(self._asking):
            self._put(caller)
        for caller in tuple(self._callers):
            late = caller.half_since and now - caller.half_since > _HALF_LINE_SECONDS
            if late and not caller.busy:
                self.drop(caller)

    def answer(self, caller: Caller, value: object) -> None:
        """Answer a question."""
        self._said(caller, well=caller.gone or caller.answer(value))

    def refuse(self, caller: Caller, refusal: BmnnMarkError) -> None:
        """Refuse a question."""
        self._said(caller, well=caller.gone or caller.refuse(refusal))

    def tell(self, caller: Caller, said: object) -> None:
        """Say something that nobody asked."""
        self._said(caller, well=caller.gone or caller.tell(said))

    def tell_subscribers(self, said: object) -> None:
        """Say something to all who listen."""
        for caller in tuple(self._callers):
            if caller.subscribed:
                self.tell(caller, said)

    def drop(self, caller: Caller) -> None:
        """End a connection."""
        if not caller.gone:
            caller.gone = True
            self._callers.discard(caller)
            self._asking.discard(caller)
            self._selector.unregister(caller)
            caller.line.close()
            self._on_gone(caller)

    def _let_in(self) -> bool:
        try:
            line, _ = self._door.accept()
        except OSError as error:
            if error.errno in _FULL:
                time.sleep(0.001)  # nobody can be let in now; the door stays readable
            return False
        try:
            caller = Caller(line, credentials_of(line))
        except OSError:
            line.close()
            return True
        refusal = self._unwanted(caller)
        if refusal:
            caller.refuse(PrinterRefused(refusal))
            line.close()
        else:
            self._callers.add(caller)
            self._selector.register(caller, selectors.EVENT_READ)
        return True

    def _unwanted(self, caller: Caller) -> str:
        if not caller.who.may_ask():
            return "guard.not_yours"
        here = Counter(one.who.uid for one in self._callers)
        most = _MOST_OF_ROOT if caller.who.uid == 0 else _MOST_OF_ONE
        others = here.total() - here[0]
        full = caller.who.uid != 0 and others >= _MOST_OF_ALL - _MOST_OF_ROOT
        return "guard.too_many" if full or here[caller.who.uid] >= most else ""

    def _serve(self, caller: Caller, mask: int, now: float) -> None:
        well = not mask & selectors.EVENT_WRITE or caller.flush()
        well = well and (not mask & selectors.EVENT_READ or caller.hear(now))
        self._said(caller, well=well)

    def _put(self, caller: Caller) -> None:
        """Put a caller's next question, if it has one and the last is answered."""
        if caller.gone or caller.busy or (line := caller.next_line()) is None:
            self._asking.discard(caller)
            return
        caller.busy = True
        try:
            self._on_question(caller, *_question(line))
        except BmnnMarkError as refusal:
            self.refuse(caller, refusal)
        except OSError as error:
            self.refuse(caller, Fault("guard.system", reason=os_reason(error)))
        except Exception as error:  # noqa: BLE001  # one question must not end the guard
            sys.stderr.write(f"bmnn-mark-guard: {type(error).__name__}\n")
            self.refuse(caller, Fault("fault.unexpected", where=type(error).__name__))

    def _said(self, caller: Caller, *, well: bool) -> None:
        if not well:
            self.drop(caller)
        elif not caller.gone:
            self._asking.add(caller)
            self._listen(caller)

    def _listen(self, caller: Caller) -> None:
        more = selectors.EVENT_WRITE if caller.untold else 0
        self._selector.modify(caller, selectors.EVENT_READ | more)


def _question(line: bytes) -> tuple[Op, dict[str, Any]]:
    try:
        asked = json.loads(line)
        return Op(asked["op"]), dict(asked.get("with", {}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PrinterRefused("guard.asked_wrong", what="line") from error
