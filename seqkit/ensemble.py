"""Several models that answer as one, by the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.decoding.adapting import FIXED, Adapting
from seqkit.documents import in_context
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.errors import UsageError
from seqkit.examples import Example
from seqkit.model import TextModel
from seqkit.predicting import Predictor
from seqkit.reports import Evaluation, Layer
from seqkit.runtimes.choice import AUTO, Candidate


class Ensemble(TextModel):
    """What :func:`seqkit.load` gives for several models.

    Each label's probability is the mean of those that the members give (Hansen and Salamon 1990,
    "Neural network ensembles"): what they have learnt adds up, and errors that they do not share
    cancel out. Members may differ in everything but the task and the labels. The first is the
    model that the others are averaged with: whatever else is asked is answered from its recipe.

    Args:
        bundles: Open bundles, at least one.
        runtime: As :class:`seqkit.model.TextModel` has it, for each member.
        threads: The same.

    Attributes:
        members: The models by themselves.

    Raises:
        UsageError: A member is for another task or has other labels, or the task has no
            probabilities to average.
    """

    def __init__(self, bundles: Sequence[Bundle], *, runtime: str = AUTO, threads: int = 0) -> None:
        super().__init__(bundles[0], runtime=runtime, threads=threads)
        for other in bundles[1:]:
            _check_fits(bundles[0], other)
        self._members = tuple(TextModel(b, runtime=runtime, threads=threads) for b in bundles)

    @property
    def members(self) -> tuple[TextModel, ...]:
        """The models by themselves."""
        return self._members

    @property
    def context(self) -> int:
        """The most words that a member reads on either side of a sentence."""
        return max(member.context for member in self._members)

    def close(self) -> None:
        """Let go of all members; see :meth:`seqkit.model.TextModel.close`."""
        super().close()
        for member in self._members:
            member.close()

    def evaluate(self, examples: Iterable[Example], *, adapting: Adapting = FIXED) -> Evaluation:
        """Score the mean on labelled examples; there is no loss, which is each member's own.

        Args:
            examples: Labelled.
            adapting: What a generation model learns from them, which none of these is.

        Raises:
            DataError: There are no examples, or a label is missing or unknown.
            UsageError: Something is to be learnt.
        """
        from seqkit.evaluating import check_adapting, evaluate_labelled, some

        if adapting.learns:
            check_adapting(self._engine.bundle, AUTO)
        predictor = self._predictor()
        placed = some(in_context(examples, self.context))
        return evaluate_labelled(predictor.runtime, predictor.decoder, predictor.encoder, placed)

    def runtimes(self) -> Iterator[Candidate]:
        """Refused: each member has its own.

        Raises:
            UsageError: Always.
        """
        raise self._ask_members("runtimes")

    def layers(self) -> list[Layer]:
        """Refused: each member has its own.

        Raises:
            UsageError: Always.
        """
        raise self._ask_members("layers")

    def _ask_members(self, what: str) -> UsageError:
        return UsageError(
            f"Several models together have no {what}", fix=f"Ask each: model.members[0].{what}()"
        )

    def _predictor(self) -> Predictor:
        predictors = [member._predictor() for member in self._members]
        first = predictors[0]
        decoder = first.decoder.of_mean()
        return Predictor(_Mean(predictors), _Encoders(predictors), decoder, first.words)


def _check_fits(first: Bundle, other: Bundle) -> None:
    """Make sure that two models' probabilities can be averaged."""
    what = f"{other.path} can't be averaged with {first.path}"
    tasks = first.manifest.task, other.manifest.task
    if first.recipe.head_spec.command != other.recipe.head_spec.command:
        raise UsageError(what, why=f"it is for {tasks[1]}, and the other for {tasks[0]}")
    kinds = first.decoder.distribution, other.decoder.distribution
    if not all(kinds):
        raise UsageError(what, why=f"a {tasks[0]} model gives no probabilities that have a mean")
    if len(set(kinds)) > 1:
        raise UsageError(what, why=f"it gives a text {kinds[1]}, and the other {kinds[0]}")
    if apart := sorted(set(first.manifest.labels) ^ set(other.manifest.labels)):
        named = ", ".join(f"'{label}'" for label in apart[:5])
        raise UsageError(
            what,
            why=f"their labels differ: only one of them has {named}"
            + (f" and {len(apart) - 5:,} more" if len(apart) > 5 else ""),
            fix="Train them on the same labels",
        )


@dataclass(frozen=True, slots=True)
class _Together(Encoded):
    """An example as each member reads it; its ids are the first member's.

    Attributes:
        each: By member.
    """

    each: tuple[Encoded, ...] = ()

    def __len__(self) -> int:
        """Tokens of the member that finds the most, so that only what none can read is empty."""
        return max(map(len, self.each))


class _Encoders(ExampleEncoder):
    """Encodes examples for all members; the target is the first one's."""

    def __init__(self, predictors: Sequence[Predictor]) -> None:
        first = predictors[0].encoder
        super().__init__(first.tokenizer, first.decoder, first.arity, first.limits)
        self._each = [predictor.encoder for predictor in predictors]

    def encode(self, example: Example, *, with_target: bool) -> _Together:
        """One example in each member's numbers."""
        target = self.decoder.target(example) if with_target else None
        each = tuple(encoder.encode(example, with_target=False) for encoder in self._each)
        return _Together(each[0].ids, target=target, each=each)


class _Mean:
    """Gives logits of the mean of the members' probabilities."""

    def __init__(self, predictors: Sequence[Predictor]) -> None:
        self._predictors = predictors
        self._decoder = predictors[0].decoder
        #: Where each of the first member's labels stands among each one's own.
        self._orders = [
            [predictor.decoder.indices[label] for label in self._decoder.labels]
            for predictor in predictors
        ]

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's, of the members for which it is not empty."""
        given: list[list[np.ndarray]] = [[] for _ in examples]
        for number, (predictor, order) in enumerate(
            zip(self._predictors, self._orders, strict=True)
        ):
            own = [e.each[number] for e in examples if isinstance(e, _Together)]
            for probabilities, logits in zip(given, predictor.logits(own), strict=True):
                if logits is not None:
                    probabilities.append(predictor.decoder.probabilities(logits)[..., order])
        return [self._decoder.logits_of(np.mean(each, axis=0)) for each in given]
