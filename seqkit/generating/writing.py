"""One text in the making: from ids to what can be shown of it, up to where it ends."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.decoding.stopping import StopStrings
from seqkit.predictions import Generation
from seqkit.tokenizers.base import Tokenizer


class Writing:
    """One text in the making.

    Args:
        tokenizer: The model's.
        seed: The text that it follows.
        seed_ids: The seed's ids.
        tokens: How many tokens it has at most.
        stop: Stop strings.

    Attributes:
        history: The ids so far, those of the seed included.
        finish_reason: Why it ended; empty while it goes on.

    Raises:
        UsageError: A stop string is empty.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        seed: str,
        seed_ids: Sequence[int],
        *,
        tokens: int,
        stop: Sequence[str],
    ) -> None:
        self._eos_id = tokenizer.eos_id
        self._seed = seed
        self._most = tokens
        self.history = list(seed_ids)
        self._decoder = tokenizer.stream_decoder()
        for token in seed_ids:  # so that what follows is spaced as it should be after the seed
            self._decoder.push(token)
        self._spaced = tokenizer.tokens_are_words and seed[-1:].isspace()
        self._stops = StopStrings(stop)
        self._text: list[str] = []
        self._drawn = 0
        self.finish_reason = "" if tokens else "length"

    def push(self, token: int) -> str:
        """Add the next token.

        Returns:
            The text that is now certain; :attr:`finish_reason` is set if it is the last.
        """
        self.history.append(token)
        self._drawn += 1
        if token == self._eos_id:
            self.finish_reason = "end"
            return self._show(self._decoder.flush(), last=True)
        last = self._drawn == self._most
        text = self._decoder.push(token)
        if self._spaced and text:  # the seed ends with the white space that parts words
            text, self._spaced = text.removeprefix(" "), False
        if last:
            text += self._decoder.flush()
        shown = self._show(text, last=last)
        if last and not self.finish_reason:
            self.finish_reason = "length"
        return shown

    def _show(self, text: str, *, last: bool) -> str:
        shown, stopped = self._stops.push(text)
        if stopped:
            self.finish_reason = "stop"
        elif last:
            shown += self._stops.flush()
        self._text.append(shown)
        return shown

    def result(self) -> Generation:
        """What it came to."""
        return Generation(
            seed=self._seed,
            text="".join(self._text),
            tokens=self._drawn,
            finish_reason=self.finish_reason,
        )
