"""The ids of what stands between white space, remembered, since most of it comes again."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable

#: Chunks that are remembered, and the longest one worth it.
MOST_CHUNKS, _LONGEST = 1 << 16, 64


class ChunkIds(dict[str, bytes]):
    """The ids of texts whose tokens never cross white space.

    Args:
        look_up: The ids of a piece of text without white space.
        most: Pieces that are remembered at once.
    """

    def __init__(self, look_up: Callable[[str], Iterable[int]], *, most: int = MOST_CHUNKS) -> None:
        super().__init__()
        self._look_up = look_up
        self._most = most

    def __missing__(self, chunk: str) -> bytes:
        ids = array("i", self._look_up(chunk)).tobytes()
        if len(chunk) <= _LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[chunk] = ids
        return ids

    def of(self, text: str) -> array[int]:
        """The ids of a whole text."""
        # bytes are joined several times as fast as numbers
        return array("i", b"".join(map(self.__getitem__, text.split())))
