"""Documents from a pipe: what has come is answered at once, however much is still to come."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial

from seqkit.examples import Example
from seqkit.predicting import MOST_CHARACTERS, MOST_EXAMPLES, size

#: Seconds that a document waits for others to be run with.
PATIENCE = 0.05


class Pipe:
    """Reads documents in a thread of its own, ahead of those who ask, but not far.

    Args:
        documents: Where they come from.
    """

    def __init__(self, documents: Iterable[Example]) -> None:
        self._documents = documents
        self._changed = threading.Condition()
        self._waiting: deque[Example] = deque()
        self._characters = 0
        self._ended = self._abandoned = False
        self._failure: Exception | None = None

    def blocks(self) -> Iterator[list[Example]]:
        """What has come, in blocks: one document at first and after each pause, then more.

        An empty block says that nothing has come for a moment.

        Raises:
            Exception: What the reading ended with, after all that was read before it.
        """
        # a daemon, for nothing ends a read that waits
        threading.Thread(target=self._fill, daemon=True).start()
        most = 1
        try:
            while True:
                with self._changed:
                    came = self._changed.wait_for(self._any, PATIENCE)
                    enough = self._changed.wait_for(partial(self._enough, most), PATIENCE)
                    block = [self._take() for _ in range(min(most, len(self._waiting)))]
                    self._changed.notify_all()
                    over = self._ended and not block
                if over:
                    break
                if block or not came:
                    yield block
                most = min(2 * most, MOST_EXAMPLES) if enough else 1
            if self._failure:
                raise self._failure
        finally:
            with self._changed:
                self._abandoned = True
                self._changed.notify_all()

    def _any(self) -> bool:
        return self._ended or bool(self._waiting)

    def _enough(self, most: int) -> bool:
        return self._ended or len(self._waiting) >= most or self._is_full()

    def _is_full(self) -> bool:
        return len(self._waiting) >= MOST_EXAMPLES or self._characters >= MOST_CHARACTERS

    def _take(self) -> Example:
        document = self._waiting.popleft()
        self._characters -= size(document)
        return document

    def _fill(self) -> None:
        try:
            for document in self._documents:
                with self._changed:
                    self._changed.wait_for(lambda: self._abandoned or not self._is_full())
                    if self._abandoned:
                        return
                    self._waiting.append(document)
                    self._characters += size(document)
                    self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 -- raised where the documents are asked for
            self._failure = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
