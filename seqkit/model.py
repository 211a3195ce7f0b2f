"""A trained model, ready to use."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from seqkit.bundle.load import Bundle
from seqkit.decoding.adapting import FIXED, Adapting
from seqkit.decoding.beam import BeamSearch
from seqkit.decoding.sampling import Sampling
from seqkit.documents import in_context, one_document
from seqkit.engine import Engine
from seqkit.errors import at_least
from seqkit.examples import Example, TextExample
from seqkit.predicting import Predictor, as_examples, blocks
from seqkit.predictions import Classification, Generation, MultiClassification, Suggestion, Tagging
from seqkit.purpose import no_labels, require
from seqkit.reports import Evaluation, Explanation, Layer, Mistake
from seqkit.runtimes.choice import AUTO, Candidate, candidates

if TYPE_CHECKING:
    from seqkit.bundle.manifest import Manifest
    from seqkit.errorpage.survey import Progress
    from seqkit.recipe import Recipe


class TextModel:
    """What :func:`seqkit.load` gives; several threads may use one.

    It holds its weights in memory until :meth:`close`, or to the end of a ``with`` statement.

    Args:
        bundle: An open bundle.
        runtime: What runs it to predict, by its name, or ``auto`` for the fastest that can.
        threads: Processor threads to predict with at most; 0 for as many as there are cores.

    Attributes:
        path: The bundle's directory.
        manifest: What it says of itself.
        recipe: What it was trained with.
        task: The name of its head.
        labels: Its labels; empty for generation.
    """

    def __init__(self, bundle: Bundle, *, runtime: str = AUTO, threads: int = 0) -> None:
        self._engine = Engine(bundle, runtime=runtime, threads=threads)
        self.path: Path = bundle.path
        self.manifest: Manifest = bundle.manifest
        self.recipe: Recipe = bundle.recipe
        self.task: str = bundle.manifest.task
        self.labels: tuple[str, ...] = bundle.manifest.labels

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def members(self) -> tuple[TextModel, ...]:
        """The models whose answers are averaged: itself, unless it was loaded as several."""
        return (self,)

    @property
    def context(self) -> int:
        """Words of its document that are read on either side of a sentence; 0 for none."""
        return self.recipe.encoder.context

    def close(self) -> None:
        """Let go of the weights and of all that was made to predict with them.

        Answers that are being made are finished; asked for anything new, the model raises
        UsageError. Closing it again does nothing.
        """
        self._engine.close()

    @overload
    def generate(  # type: ignore[overload-overlap]
        self,
        seed: str = "",
        *,
        tokens: int = 200,
        sampling: Sampling | BeamSearch = Sampling(),
        stop: Sequence[str] = (),
        num: int = 1,
        random_seed: int | None = None,
    ) -> list[Generation]: ...
    @overload
    def generate(
        self,
        seed: Iterable[str],
        *,
        tokens: int = 200,
        sampling: Sampling | BeamSearch = Sampling(),
        stop: Sequence[str] = (),
        num: int = 1,
        random_seed: int | None = None,
    ) -> Iterator[list[Generation]]: ...
    def generate(
        self,
        seed: str | Iterable[str] = "",
        *,
        tokens: int = 200,
        sampling: Sampling | BeamSearch = Sampling(),
        stop: Sequence[str] = (),
        num: int = 1,
        random_seed: int | None = None,
    ) -> Any:
        """Write text that follows a seed, or each of several.

        Args:
            seed: The text to go on from, which may be empty; or any number of them, which are
                written side by side and read as their texts are asked for, some ahead.
            tokens: Tokens to draw at most.
            sampling: How they are drawn, or how the likeliest are searched for.
            stop: Strings that end the text, wherever tokens end; they are not part of it.
            num: How many texts for each seed.
            random_seed: The same gives the same text; none for a different one each time. The
                first of several seeds has the texts that it has alone, and each other seed draws
                its own; a search draws nothing.

        Returns:
            The texts of the seed, or those of each seed in their order.

        Raises:
            UsageError: The model does not generate, or an argument is out of range.
        """
        from seqkit.generating.continuing import continuations

        self._require("generate", "generation")
        found = continuations(
            self._engine,
            [seed] if isinstance(seed, str) else seed,
            tokens=tokens,
            sampling=sampling,
            stop=stop,
            num=num,
            random_seed=random_seed,
        )
        return next(found) if isinstance(seed, str) else found

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
        from seqkit.generating.continuing import streamed

        self._require("generate", "generation")
        return streamed(
            self._engine,
            seed,
            tokens=tokens,
            sampling=sampling,
            stop=stop,
            random_seed=random_seed,
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
        at_least(1, num=num)
        return self._engine.words.best(text, num=num)

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
        return self.predict(as_examples(texts))

    @overload
    def tag(self, texts: str) -> Tagging: ...  # type: ignore[overload-overlap]
    @overload
    def tag(
        self, texts: Iterable[str | Sequence[str] | Example], *, document: bool = False
    ) -> Iterator[Tagging]: ...
    def tag(
        self, texts: str | Iterable[str | Sequence[str] | Example], *, document: bool = False
    ) -> Any:
        """Tag the words of texts.

        Args:
            texts: One text, or any number of texts or lists of tokens, read as their answers are
                asked for. A text is split into words as :mod:`seqkit.tokenizers.words` says.
            document: Whether they are the sentences of one document in their order, each of which
                a model with :attr:`context` reads together with those around it. Otherwise each
                is read alone, but for examples that say where they stand.

        Returns:
            One answer, or one for each text in their order; offsets are into the text, or into
            the tokens joined by spaces.

        Raises:
            UsageError: The model does not tag.
        """
        self._require("tag", "tagging")
        if isinstance(texts, str):
            return next(self.predict([TextExample(texts, "")]))
        examples = as_examples(texts)
        return self.predict(one_document(examples) if document else examples)

    def predict(self, examples: Iterable[Example]) -> Iterator[Any]:
        """What the head's decoder answers to each example, for heads that plugins bring too.

        Args:
            examples: Texts or given tokens, read as their answers are asked for.

        Returns:
            One answer for each, in their order.

        Raises:
            UsageError: The model generates text and has no such answers.
        """
        if self.recipe.head_spec.arity == "one-to-many":
            raise no_labels(
                self.recipe, self.path, "gives no answers to texts", "Use 'seqkit generate'"
            )
        return self._answers(examples)

    def answer_block(self, block: Sequence[Example]) -> list[Any]:
        """What :meth:`predict` gives for a few examples that are run together.

        Args:
            block: Some of those that :func:`seqkit.predicting.blocks` cuts; texts or given tokens,
                in their documents by :func:`seqkit.documents.in_context` where the model reads
                those.

        Returns:
            One answer for each, in their order.
        """
        return list(self._predictor().answers(block))

    def _answers(self, examples: Iterable[Example]) -> Iterator[Any]:
        predictor = self._predictor()
        for block in blocks(in_context(examples, self.context)):
            yield from predictor.answers(block)

    def _predictor(self) -> Predictor:
        return self._engine.predictor()

    def evaluate(self, examples: Iterable[Example], *, adapting: Adapting = FIXED) -> Evaluation:
        """Score the model on labelled examples.

        Empty texts are left out and not counted, since their answer follows from no text. A model
        that was loaded for a runtime by its name is scored as that runs it, without the loss where
        the head alone knows it.

        Args:
            examples: Labelled, or texts for a generation model.
            adapting: What a generation model learns from them as it reads.

        Raises:
            DataError: There are none, or a label is missing or unknown.
            UsageError: Another model, or another runtime than torch, is to learn from them.
        """
        from seqkit.evaluating import evaluate

        return evaluate(self._engine, in_context(examples, self.context), adapting=adapting)

    def errors(self, examples: Iterable[Example], *, limit: int = 20) -> list[Mistake]:
        """What the model gets wrong, the most confident first.

        Args:
            examples: Labelled; empty ones are left out.
            limit: How many mistakes at most; 0 for all.

        Raises:
            UsageError: The model has no labels to be wrong about.
        """
        from seqkit.evaluating import worst_mistakes

        if self.recipe.head_spec.arity == "one-to-many":
            raise no_labels(
                self.recipe,
                self.path,
                "makes no mistakes that can be listed",
                "Use 'seqkit evaluate' for its loss",
            )
        placed = in_context(examples, self.context)
        return worst_mistakes(self._predictor(), placed, limit=limit)

    def explain(
        self, text: str | Sequence[str] | Example, *, label: str = "", word: int | None = None
    ) -> Explanation:
        """Which words brought a label its logit, by integrated gradients (Sundararajan 2017).

        Args:
            text: A text, or a list of tokens. A tagger splits a text as :meth:`tag` does.
            label: The label to explain; without it, the likeliest.
            word: For a tagger, which word's tag to explain, counted from 0.

        Returns:
            Each word's share, which may be below zero. Torch computes them, whatever runs the
            model otherwise.

        Raises:
            UsageError: The model has no labels, there is no such label or word, or the text is
                empty or too long.
        """
        from seqkit.attribution import likeliest  # torch

        (example,) = as_examples([text])
        explainer = self._engine.explainer
        if not label:
            # any label will do where there is none: the explainer says what is missing
            label = likeliest(next(self.predict([example])), word) or self.labels[0]
        return explainer.explain(example, label, word=word)

    def error_page(
        self,
        examples: Iterable[Example],
        *,
        limit: int = 20,
        data: str = "",
        on_progress: Progress | None = None,
    ) -> str:
        """One HTML page of what the model gets wrong, and why; it needs no other file.

        Args:
            examples: Labelled; all are held in memory, and empty ones are left out.
            limit: How many examples of each kind to show; 0 for as many as a page can hold.
            data: What to call the examples on the page.
            on_progress: Told what is being done, how much of it is done, and how much there is
                to do in all, 0 where that is not known.

        Raises:
            UsageError: The model has no labels to be wrong about.
            DataError: There are no examples, or a label is missing or unknown.
        """
        from seqkit.errorpage.page import render
        from seqkit.errorpage.survey import survey

        report = on_progress or (lambda *_: None)
        placed = in_context(examples, self.context)
        surveyed = survey(self._engine.bundle, self._predictor(), placed, limit, report)
        return render(self, surveyed, data=data, on_progress=report)

    def runtimes(self) -> Iterator[Candidate]:
        """The installed runtimes, the fastest first, and why any can't run this model."""
        return candidates(self._engine.bundle)

    def layers(self) -> list[Layer]:
        """The model's weights, tensor by tensor."""
        return [
            Layer(name=name, shape=tuple(w.shape), parameters=int(w.size))
            for name, w in self._engine.bundle.weights().items()
        ]

    def _require(self, command: str, task: str) -> None:
        require(self.recipe, self.path, command=command, task=task)
