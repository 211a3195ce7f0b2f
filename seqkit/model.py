"""A trained model, ready to use."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.decoding.sampling import Sampling
from seqkit.encoding import Encoded, ExampleEncoder, text_of, words_of
from seqkit.errors import DataError, UsageError
from seqkit.examples import Example, TextExample, TokensExample
from seqkit.predictions import (
    Classification,
    Generation,
    MultiClassification,
    Prediction,
    Suggestion,
    Tagging,
)
from seqkit.reports import Evaluation, Layer, Mistake
from seqkit.tokenizers.words import split_words

if TYPE_CHECKING:
    from seqkit.bundle.manifest import Manifest
    from seqkit.generating import Parts
    from seqkit.recipe import Recipe
    from seqkit.runtimes.torch import TorchRuntime
    from seqkit.suggesting import WordSearch

#: Examples that are batched together when predicting: few at first, so that the first answer
#: comes soon, then twice as many each time up to this many.
_LOOK_AHEAD = 512

#: A token in its document: its text, its first character and the one after its last.
_Place = tuple[str, int, int]
_T = TypeVar("_T")


class TextModel:
    """What :func:`seqkit.load` gives.

    Args:
        bundle: An open bundle.

    Attributes:
        path: The bundle's directory.
        manifest: What it says of itself.
        recipe: What it was trained with.
        task: The name of its head.
        labels: Its labels; empty for generation.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.path: Path = bundle.path
        self.manifest: Manifest = bundle.manifest
        self.recipe: Recipe = bundle.recipe
        self.task: str = bundle.manifest.task
        self.labels: tuple[str, ...] = bundle.manifest.labels

    @cached_property
    def _runtime(self) -> TorchRuntime:
        # torch takes more than a second to import, which a model that is only looked at need not
        from seqkit.runtimes.torch import TorchRuntime

        return TorchRuntime(self._bundle)

    @cached_property
    def _encoder(self) -> ExampleEncoder:
        return ExampleEncoder(
            self._bundle.tokenizer,
            self._bundle.decoder,
            self.recipe.head_spec.arity,
            self.recipe.encoder,
        )

    @cached_property
    def _words(self) -> WordSearch:
        from seqkit.suggesting import WordSearch

        return WordSearch(self._runtime, self._bundle.tokenizer)

    def generate(
        self,
        seed: str = "",
        *,
        tokens: int = 200,
        sampling: Sampling = Sampling(),
        stop: Sequence[str] = (),
        num: int = 1,
        random_seed: int | None = None,
    ) -> list[Generation]:
        """Write text that follows a seed.

        Args:
            seed: The text to go on from; may be empty.
            tokens: Tokens to draw at most.
            sampling: How they are drawn.
            stop: Strings that end the text, wherever tokens end; they are not part of it.
            num: How many texts.
            random_seed: The same gives the same text; none for a different one each time.

        Raises:
            UsageError: The model does not generate, or an argument is out of range.
        """
        from seqkit.generating import finished

        return finished(
            self._continue(
                seed, tokens=tokens, sampling=sampling, stop=stop, num=num, random_seed=random_seed
            )
        )

    def stream(
        self,
        seed: str = "",
        *,
        tokens: int = 200,
        sampling: Sampling = Sampling(),
        stop: Sequence[str] = (),
        random_seed: int | None = None,
    ) -> Generator[str, None, Generation]:
        """:meth:`generate` one text, piece by piece as it becomes certain.

        Returns:
            A generator of the pieces, which returns the whole of it.

        Raises:
            UsageError: As :meth:`generate` does, at once.
        """
        from seqkit.generating import texts_alone

        return texts_alone(
            self._continue(
                seed, tokens=tokens, sampling=sampling, stop=stop, num=1, random_seed=random_seed
            )
        )

    def suggest(self, text: str, *, num: int = 5) -> list[Suggestion]:
        """The likeliest next words.

        Args:
            text: The text so far; a word that it ends with counts as complete, and white space
                that it ends with is what stands before the next one.
            num: How many words.

        Returns:
            At most ``num``, likeliest first; probabilities are given that a word comes next.

        Raises:
            UsageError: The model does not generate, or ``num`` is less than 1.
        """
        self._require("generate", "generation")
        _at_least(1, num=num)
        return self._words.best(text, num=num)

    # ignored in both: a str is an iterable of str too, for which the first signature holds
    @overload
    def classify(self, texts: str) -> Classification | MultiClassification: ...  # type: ignore[overload-overlap]
    @overload
    def classify(
        self, texts: Iterable[str | TextExample]
    ) -> Iterator[Classification | MultiClassification]: ...
    def classify(self, texts: str | Iterable[str | TextExample]) -> Any:
        """Label texts.

        Args:
            texts: One text, or any number of them, read as their answers are asked for.

        Returns:
            One answer, or one for each text in their order. An empty text gets an empty label.

        Raises:
            UsageError: The model does not classify.
        """
        self._require("classify", "classification")
        if isinstance(texts, str):
            return next(self.predict([TextExample(texts, "")]))
        return self.predict(_named(texts))

    @overload
    def tag(self, texts: str) -> Tagging: ...  # type: ignore[overload-overlap]
    @overload
    def tag(self, texts: Iterable[str | Sequence[str] | Example]) -> Iterator[Tagging]: ...
    def tag(self, texts: str | Iterable[str | Sequence[str] | Example]) -> Any:
        """Tag the words of texts.

        Args:
            texts: One text, or any number of texts or lists of tokens, read as their answers are
                asked for. A text is split into words as :mod:`seqkit.tokenizers.words` says.

        Returns:
            One answer, or one for each text in their order; offsets are into the text, or into
            the tokens joined by spaces.

        Raises:
            UsageError: The model does not tag.
        """
        self._require("tag", "tagging")
        if isinstance(texts, str):
            return next(self.predict([TextExample(texts, "")]))
        return self.predict(_named(texts))

    def predict(self, examples: Iterable[Example]) -> Iterator[Any]:
        """What the head's decoder answers to each example, for heads that plugins bring too.

        Args:
            examples: Texts or given tokens, read as their answers are asked for.

        Returns:
            One answer for each, in their order.

        Raises:
            UsageError: The model generates text and has no such answers.
        """
        arity = self.recipe.head_spec.arity
        if arity == "one-to-many":
            raise self._no_labels("gives no answers to texts", "Use 'seqkit generate'")
        return self._answers(examples, given=arity == "many-to-many")

    def _answers(self, examples: Iterable[Example], *, given: bool) -> Iterator[Any]:
        for chunk in _chunks(examples):
            places: list[Sequence[_Place]] = [_places(e) if given else () for e in chunk]
            inputs: Sequence[Example] = chunk
            if given:
                inputs = [
                    TokensExample(tuple(text for text, _, _ in found), e.source)
                    for e, found in zip(chunk, places, strict=True)
                ]
            encoded = [self._encoder.encode(e, with_target=False) for e in inputs]
            for example, found, logits in zip(chunk, places, self._logits(encoded), strict=True):
                yield self._decode(logits, example.source, found)

    def evaluate(self, examples: Iterable[Example]) -> Evaluation:
        """Score the model on labelled examples.

        Empty texts are left out and not counted, since their answer follows from no text.

        Raises:
            DataError: There are none, or a label is missing or unknown.
        """
        from seqkit.training.scoring import score_examples, score_streams

        network, decoder = self._runtime.network, self._bundle.decoder
        examples = list(examples)
        if not examples:
            raise DataError("There is nothing to evaluate", why="no example was read")
        if self.recipe.head_spec.arity == "one-to-many":
            scores = score_streams(
                network,
                [self._encoder.encode(e, with_target=False) for e in examples],
                characters=sum(len(text_of(e)) + 1 for e in examples),
            )
            return Evaluation(scores=scores, examples=len(examples))
        encoded = [self._encoder.encode(e, with_target=True) for e in examples]
        scored = score_examples(network, encoded, decoder)
        return Evaluation(
            scores=scored.scores,
            examples=len(scored.targets),
            labels=decoder.labels,
            per_label=decoder.report(scored.logits, scored.targets),
            confusion=decoder.confusion(scored.logits, scored.targets),
        )

    def errors(self, examples: Iterable[Example], *, limit: int = 20) -> list[Mistake]:
        """What the model gets wrong, the most confident first.

        Args:
            examples: Labelled; empty ones are left out.
            limit: How many mistakes at most; 0 for all.

        Raises:
            UsageError: The model has no labels to be wrong about.
        """
        if self.recipe.head_spec.arity == "one-to-many":
            raise self._no_labels(
                "makes no mistakes that can be listed", "Use 'seqkit evaluate' for its loss"
            )
        mistakes: list[Mistake] = []
        for chunk in _chunks(examples):
            encoded = [self._encoder.encode(e, with_target=True) for e in chunk]
            for example, e, logits in zip(chunk, encoded, self._logits(encoded), strict=True):
                if logits is None or e.target is None:
                    continue
                mistakes += [
                    Mistake(
                        source=example.source,
                        text=_context(example, wrong.step),
                        truth=wrong.truth,
                        prediction=wrong.prediction,
                        probability=wrong.probability,
                    )
                    for wrong in self._bundle.decoder.mistakes(logits, e.target)
                ]
        mistakes.sort(key=lambda m: -m.probability)
        return mistakes[:limit] if limit else mistakes

    def layers(self) -> list[Layer]:
        """The model's weights, tensor by tensor."""
        return [
            Layer(name=name, shape=tuple(w.shape), parameters=int(w.size))
            for name, w in self._bundle.weights().items()
        ]

    def _no_labels(self, what: str, fix: str) -> UsageError:
        return UsageError(
            f"The {self.task} model {self.path} {what}", why="it has no labels", fix=fix
        )

    def _require(self, command: str, task: str) -> None:
        """Make sure that the model's head, whoever brought it, answers to a command."""
        own = self.recipe.head_spec.command
        if own != command:
            raise UsageError(
                f"The model {self.path} is for {self.task}, not for {task}",
                fix=f"Use it with 'seqkit {own}', or name another model",
            )

    def _continue(
        self,
        seed: str,
        *,
        tokens: int,
        sampling: Sampling,
        stop: Sequence[str],
        num: int,
        random_seed: int | None,
    ) -> Parts:
        from seqkit.generating import continue_text

        self._require("generate", "generation")
        _at_least(0, tokens=tokens, random_seed=random_seed or 0)
        _at_least(1, num=num)
        return continue_text(
            self._runtime,
            self._bundle.tokenizer,
            seed,
            num=num,
            tokens=tokens,
            sampling=sampling,
            stop=stop,
            random_seed=random_seed,
        )

    def _decode(
        self, logits: np.ndarray | None, source: str, places: Sequence[_Place]
    ) -> Prediction:
        decoder = self._bundle.decoder
        if logits is None:
            return decoder.decode_empty(source)
        return decoder.decode(logits, source, places)

    def _logits(self, examples: Sequence[Encoded]) -> Iterator[np.ndarray | None]:
        """Each example's logits, none for one without tokens."""
        logits = iter(self._runtime.logits([e for e in examples if len(e)]))
        return (next(logits) if len(e) else None for e in examples)


def _named(
    texts: Iterable[str | Sequence[str] | Example],
) -> Iterator[Example]:
    for text in texts:
        if isinstance(text, TextExample | TokensExample):
            yield text
        elif isinstance(text, str):
            yield TextExample(text, "")
        else:
            yield TokensExample(tuple(text), "")


def _chunks(examples: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(examples)
    size = 1
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
        size = min(2 * size, _LOOK_AHEAD)


def _places(example: Example) -> list[_Place]:
    if isinstance(example, TextExample):
        return [(example.text[a:b], a, b) for a, b in split_words(example.text)]
    places, start = [], 0
    for token in example.tokens:
        places.append((token, start, start + len(token)))
        start += len(token) + 1
    return places


def _context(example: Example, step: int | None) -> str:
    if step is None:
        return text_of(example)
    words = list(words_of(example))
    return " ".join([*words[:step], f">{words[step]}<", *words[step + 1 :]])


def _at_least(least: int, **arguments: int) -> None:
    for name, value in arguments.items():
        if value < least:
            raise UsageError(f"{name} is {value}", why=f"it must be at least {least}")
