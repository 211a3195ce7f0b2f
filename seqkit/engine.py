"""What an open model works with: each part made when it is first used, once for all threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from seqkit.bundle.load import Bundle
from seqkit.encoding import ExampleEncoder
from seqkit.errors import UsageError
from seqkit.predicting import Predictor
from seqkit.runtimes.choice import choose

if TYPE_CHECKING:
    from seqkit.attribution import Explainer
    from seqkit.runtimes.base import Runtime
    from seqkit.suggesting import WordSearch


class Engine:
    """An open bundle and what was made of it, held until it is closed.

    Each part is made under the lock, so that two threads don't both make it. All raise UsageError
    once the engine is closed.

    Args:
        bundle: An open bundle.
        runtime: What runs it to predict, by its name, or ``auto`` for the fastest that can.
        threads: Processor threads to predict with at most; 0 for as many as there are cores.

    Attributes:
        runtime_name: What was asked for as ``runtime``.
        threads: As given.
        lock: Held, by one thread any number of times, while something is made or replaced.
    """

    def __init__(self, bundle: Bundle, *, runtime: str, threads: int) -> None:
        self.runtime_name = runtime
        self.threads = threads
        self.lock = threading.RLock()
        self._path = bundle.path
        self._opened: Bundle | None = bundle
        self._made_runtime: Runtime | None = None
        self._made_encoder: ExampleEncoder | None = None
        self._made_words: WordSearch | None = None
        self._made_explainer: Explainer | None = None

    def close(self) -> None:
        """Let go of the weights and of all that was made; answers that are being made go on."""
        with self.lock:
            self._opened = None
            self._made_runtime = self._made_encoder = self._made_words = None
            self._made_explainer = None

    @property
    def bundle(self) -> Bundle:
        """The open bundle."""
        bundle = self._opened
        if bundle is None:
            raise UsageError(f"The model {self._path} is closed", fix="Load it again")
        return bundle

    @property
    def runtime(self) -> Runtime:
        """What runs the network."""
        with self.lock:
            if self._made_runtime is None:
                self._made_runtime = choose(self.bundle, self.runtime_name, threads=self.threads)
            return self._made_runtime

    @property
    def encoder(self) -> ExampleEncoder:
        """What makes the network's input."""
        with self.lock:
            if self._made_encoder is None:
                bundle, recipe = self.bundle, self.bundle.recipe
                self._made_encoder = ExampleEncoder(
                    bundle.tokenizer,
                    bundle.decoder,
                    recipe.head_spec.arity,
                    recipe.encoder,
                    characters=recipe.embedding.spells,
                    letters=bundle.letters,
                )
            return self._made_encoder

    @property
    def explainer(self) -> Explainer:
        """What finds the words that an answer comes from."""
        from seqkit.attribution import Explainer  # torch

        with self.lock:
            if self._made_explainer is None:
                self._made_explainer = Explainer(self.bundle, self.encoder, threads=self.threads)
            return self._made_explainer

    @property
    def words(self) -> WordSearch:
        """What finds the next words."""
        from seqkit.suggesting import WordSearch

        with self.lock:
            if self._made_words is None:
                self._made_words = WordSearch(self.runtime, self.bundle.tokenizer)
            return self._made_words

    def predictor(self) -> Predictor:
        """What answers examples; it works on when the engine is closed."""
        words = self.bundle.recipe.head_spec.arity == "many-to-many"
        return Predictor(self.runtime, self.encoder, self.bundle.decoder, words)
