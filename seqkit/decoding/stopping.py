"""Stop strings: where generated text ends, found while it streams."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.errors import UsageError


class StopStrings:
    """Passes streamed text on until a stop string is complete, however the text is cut into pieces.

    The first stop string to be complete ends the text; of several that are complete at the same
    character, the longest does, so that the text ends before it.

    Args:
        stops: The stop strings; none lets all text through.

    Raises:
        UsageError: A stop string is empty.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        if not all(stops):
            raise UsageError("a stop string is empty", why="it would end every text at once")
        self._stops = tuple(stops)
        self._held = ""
        #: Whether a stop string was met; no text comes after it.
        self.stopped = False

    def push(self, text: str) -> tuple[str, bool]:
        """Add the next piece of text.

        Args:
            text: Of any length, also empty.

        Returns:
            The text that may be shown now, which leaves out an end that could be the beginning of
            a stop string; and whether a stop string was met, now or before.
        """
        if not self._stops:
            return text, False
        if self.stopped:
            return "", True
        text = self._held + text
        matches = [
            (start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0
        ]
        if matches:
            _, start = min(matches)
            self.stopped, self._held = True, ""
            return text[:start], True
        held = max((_overlap(text, stop) for stop in self._stops), default=0)
        shown = len(text) - held
        self._held = text[shown:]
        return text[:shown], False

    def flush(self) -> str:
        """End the stream.

        Returns:
            The text that was held back, as no stop string came of it.
        """
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """The length of the longest end of ``text`` that ``stop`` begins with but is not all of."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
