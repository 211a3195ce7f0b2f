"""Ctrl-C that lets the step in progress end first."""

from __future__ import annotations

import signal
import threading
from types import TracebackType
from typing import Any


class Interruptible:
    """While entered, the first Ctrl-C only sets :attr:`requested`; a second one interrupts.

    Outside the main thread, where Python allows no signal handlers, and where Ctrl-C is ignored,
    nothing changes.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Interruptible:
        here = threading.current_thread() is threading.main_thread()
        if here and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, *_: object) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
