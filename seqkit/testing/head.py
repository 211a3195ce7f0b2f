"""What every task head must do: logits of the right shape, a loss of real steps, and learning."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import torch
from torch import Tensor

from seqkit import api, lazy, registry
from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED, Encoded, ExampleEncoder
from seqkit.errors import DataError
from seqkit.examples import Example, TextExample, words_of
from seqkit.heads.base import Head
from seqkit.nn.network import Network
from seqkit.recipe import Recipe
from seqkit.testing import tiny
from seqkit.testing.contract import Contract, ContractError, NotApplicable
from seqkit.testing.fresh import run_fresh
from seqkit.testing.networks import learn, loss_of
from seqkit.testing.numbers import draw, generator, nudge, require_close, require_shape
from seqkit.testing.surroundings import random_states
from seqkit.tokenizers.base import Tokenizer
from seqkit.training.batching import Batch, collate
from seqkit.training.scoring import score_examples

_IMPORT = "import sys; from seqkit import lazy; lazy.load(sys.argv[1])"

#: Steps of training after which four examples must be known by heart.
MOST_STEPS = 300


class HeadContract(Contract):
    """The contract of :class:`seqkit.heads.base.Head` and its decoder; set ``name`` to the head's.

    Attributes:
        examples: Labelled examples to learn from; those of the built-in task of the same arity
            where there are none.
        sections: Sections of the recipe that the head needs otherwise than they are in
            :func:`seqkit.testing.tiny.tables`.
    """

    kind = "head"

    examples: ClassVar[Sequence[Example]] = ()
    sections: ClassVar[Mapping[str, Any]] = {}

    @property
    def streams(self) -> bool:
        """Whether it reads a running text."""
        return bool(self.part.spec.arity == "one-to-many")

    def given(self) -> list[Example]:
        """The examples to learn from."""
        if self.examples:
            return list(self.examples)
        tasks = {"one-to-many": "generation", "many-to-one": "classification"}
        return tiny.examples(tasks.get(self.part.spec.arity, "tagging"))

    def tables(self, corpus: tiny.TinyCorpus) -> dict[str, Any]:
        """The recipe of a tiny network with the head."""
        task = "generation" if self.streams else "classification"
        return tiny.tables(task, corpus, **{**self.sections, "head": self.table()})

    @functools.cached_property
    def recipe(self) -> Recipe:
        """The recipe, checked."""
        nowhere = tiny.TinyCorpus(Path("train.jsonl"), Path("dev.jsonl"))
        return recipes.parse(self.tables(nowhere))

    @functools.cached_property
    def learnt(self) -> tuple[Tokenizer, Decoder]:
        """The recipe's tokenizer and the head's decoder, with what they learn from the examples.

        Raises:
            NotApplicable: The contract has no examples, and those of a built-in task have no label
                that the head could learn.
        """
        part, given = self.recipe.tokenizer, self.given()
        tokenizer: Tokenizer = registry.load_target("tokenizer", part.name)(part.options)
        decoder: Decoder = lazy.load(self.part.spec.decoder)(self.checked_options())
        try:
            decoder.fit(given)
        except DataError as error:
            if self.examples:
                raise
            raise NotApplicable(
                f"a subclass must set examples, since those of a built-in task are none for it: "
                f"{error}"
            ) from error
        words = self.part.spec.arity == "many-to-many"
        tokenizer.train(t for e in given for t in ([words_of(e)] if words else decoder.texts(e)))
        decoder.use(tokenizer)
        return tokenizer, decoder

    @property
    def tokenizer(self) -> Tokenizer:
        """The recipe's tokenizer, trained on the examples."""
        return self.learnt[0]

    @property
    def decoder(self) -> Decoder:
        """The head's decoder, which knows the labels of the examples."""
        return self.learnt[1]

    def encoded(self, examples: Sequence[Example]) -> list[Encoded]:
        """Examples in numbers, with their targets."""
        encoder = ExampleEncoder(
            self.tokenizer,
            self.decoder,
            self.part.spec.arity,
            self.recipe.encoder,
            characters=self.recipe.embedding.spells,
        )
        return [encoder.encode(e, with_target=not self.streams) for e in examples]

    def batch(self, examples: Sequence[Example]) -> Batch:
        """A padded batch of examples; of a running text, each token's target is the next one."""
        batch = collate(self.encoded(examples))
        if not self.streams:
            return batch
        beyond = torch.arange(1, len(batch.ids)).unsqueeze(1) >= batch.lengths
        targets = batch.ids[1:].masked_fill(beyond, IGNORED)
        return Batch(batch.ids[:-1], batch.lengths - 1, targets=targets)

    def network(self, *, seed: int = 1) -> Network:
        """A network with the head as training begins with it."""
        made = Network(
            self.recipe,
            vocab_size=self.tokenizer.vocab_size,
            output_size=self.output_size,
            feature_buckets=self.tokenizer.feature_buckets,
        )
        made.reset_parameters(generator(seed))
        if not isinstance(made.head, Head):
            raise ContractError(
                f"{self.part.spec.target} makes a {type(made.head).__name__}; a head is a subclass "
                "of seqkit.heads.base.Head"
            )
        return made

    @property
    def output_size(self) -> int:
        """``L``, logits for each text or step."""
        return self.tokenizer.vocab_size if self.streams else self.decoder.output_size

    def test_logits_have_their_shape(self) -> None:
        """Logits are (B, L) for many-to-one and (T, B, L) otherwise, for T=1 and B=1 too."""
        if self.part.spec.arity == "sequence-to-sequence":
            raise NotApplicable("what it gives is between it and its loss")
        network = self.network().eval()
        for T, B in ((1, 1), (5, 1), (1, 3), (5, 3)):
            encoded = self._drawn(network, T, B)
            if encoded.is_floating_point():
                encoded = encoded.float()
            logits = network.head(encoded, torch.full((B,), T))
            steps = () if self.part.spec.arity == "many-to-one" else (T,)
            require_shape(f"logits for T={T} and B={B}", logits, (*steps, B, self.output_size))

    def test_loss_is_finite(self) -> None:
        """The loss is a finite scalar with the number of steps that it was summed over."""
        batch = self.batch(self.given())
        assert batch.targets is not None
        for mode in (True, False):
            network = self.network().train(mode)
            logits = network(batch.ids, batch.lengths, *batch.beside)
            total, count = network.head.loss(logits, batch.targets, batch.lengths)
            require_shape("the summed loss", total, ())
            require_shape("the number of steps", count, ())
            most = batch.targets.numel()
            if not total.isfinite() or not 0 < float(count) <= most:
                raise ContractError(
                    f"the loss is {float(total.detach()):g} over {float(count):g} steps, where "
                    f"there are {most} targets in {len(batch.lengths)} examples"
                )

    def test_certain_probabilities_are_labels(self) -> None:
        """Where it can be taught probabilities, those of 0 and 1 have the loss of labels."""
        network = self.ready()
        if not network.head.soft_targets:
            raise NotApplicable("it learns from labels alone")
        batch = self.batch(self.given())
        assert batch.targets is not None
        rows = batch.targets
        if rows.ndim == 1:
            rows = torch.nn.functional.one_hot(rows, len(self.decoder.labels))
        logits = network.head(self._features(network, batch, 0.0), batch.lengths).detach()
        for mode in (True, False):
            network.train(mode)
            total, count = network.head.loss(logits, batch.targets, batch.lengths)
            soft, same = network.head.loss(logits, rows.float(), batch.lengths)
            require_close(soft, total, "probabilities of 0 and 1 have another loss than labels")
            require_close(same, count, "probabilities of 0 and 1 have another count than labels")

    def test_padding_does_not_count(self) -> None:
        """Neither what stands in the padding nor how much of it moves loss, count or gradient."""
        batch, found = self.batch(self.given()[:4]), []
        for filling, more in ((0.0, 0), (1e30, 0), (0.0, 3), (1e30, 3)):
            network = self.ready()
            longer = self._longer(batch, more)
            x = self._features(network, longer, filling)
            total, count = self._loss(network, x, longer)
            gradient = torch.zeros(())
            if x.requires_grad:
                gradient = torch.autograd.grad(total, x)[0][: len(batch.ids)]
            found.append((f"{more} more steps of padding ({filling:g})", total, count, gradient))
        _, *wanted = found[0]
        for what, *got in found[1:]:
            for name, one, other in zip(("loss", "count", "gradient"), got, wanted, strict=True):
                require_close(one, other, f"with {what} there is another {name}")

    def test_ignored_steps_do_not_count(self) -> None:
        """A step without an answer moves neither loss nor count."""
        if self.part.spec.arity not in ("one-to-many", "many-to-many"):
            raise NotApplicable("its targets do not stand beside the steps of its input")
        batch, network = self.batch(self.given()[:4]), self.ready()
        assert batch.targets is not None
        batch.targets[1, 0] = IGNORED
        x = self._features(network, batch, 0.0)
        logits = network.head(x, batch.lengths)
        other = logits.detach().clone()
        other[1, 0] = other[1, 0].flip(0)
        (total, count), (moved, same) = (
            network.head.loss(given, batch.targets, batch.lengths) for given in (logits, other)
        )
        require_close(moved, total, "a step whose target is IGNORED moves the loss")
        require_close(same, count, "a step whose target is IGNORED moves the count")
        real = int((batch.targets != IGNORED).sum())
        if float(count) != real:
            raise ContractError(f"the loss counts {float(count):g} steps where {real} have answers")

    def test_parameters_get_gradients(self) -> None:
        """Each parameter of the head that is trained gets a finite gradient that is not zero."""
        network, batch = self.ready(), self.batch(self.given())
        trained = {n: p for n, p in network.head.named_parameters() if p.requires_grad}
        x = self._features(network, batch, 0.0)
        wanted = {"the encoder": x} if x.requires_grad else {}
        wanted |= {f"'{name}'": parameter for name, parameter in trained.items()}
        if not wanted:
            raise NotApplicable("nothing of it is learnt in steps")
        total, _ = self._loss(network, x, batch)
        gradients = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
        names = list(wanted)
        for name, gradient in zip(names, gradients, strict=True):
            if gradient is None or not gradient.any() or not gradient.isfinite().all():
                said = "none" if gradient is None else "zero or no finite number"
                raise ContractError(f"the gradient of {name} is {said}")

    def test_weights_follow_from_the_generator(self) -> None:
        """reset_parameters draws the same from the same seed, and from nothing else."""
        first, second = self.network(), self.network(seed=2)
        before = random_states()
        second.reset_parameters(generator(1))
        if any(state != before.get(owner, state) for owner, state in random_states().items()):
            raise ContractError("reset_parameters draws from a global generator")
        for name, tensor in first.head.state_dict().items():
            if not torch.equal(tensor, second.head.state_dict()[name]):
                raise ContractError(f"'{name}' differs after reset_parameters with the same seed")

    def test_learns_four_examples_by_heart(self) -> None:
        """A tiny network with the head brings the loss of four examples down to a tenth.

        What is not learnt in steps brings it down by studying them.
        """
        batch, network = self.batch(self.given()[:4]), self.network()
        if not any(parameter.requires_grad for parameter in network.parameters()):
            self._require_study(network.eval(), batch)
            return
        options = msgspec.structs.replace(self.recipe.training, learning_rate=0.05)
        losses = learn(network, batch, options, steps=MOST_STEPS, until=0.1)
        if losses[-1] > losses[0] / 10:
            raise ContractError(
                f"after {MOST_STEPS} steps on four examples the loss is {losses[-1]:.4g}, from "
                f"{losses[0]:.4g} at first; it must come down to a tenth"
            )

    def test_labels_survive_saving(self) -> None:
        """A bundle trained with it has its labels, and answers each example and an empty text."""
        given, labels = self.given(), self.decoder.labels
        with tempfile.TemporaryDirectory() as folder:
            corpus = tiny.write(given, Path(folder), "own")
            path = Path(folder, "bundle")
            with api.train(self.tables(corpus), out=path) as model:
                if model.labels != labels:
                    raise ContractError(
                        f"the bundle's labels are {model.labels}, the examples' {labels}"
                    )
                answers = [] if self.streams else list(model.predict([*given, TextExample("", "")]))
            again = open_bundle(path).decoder
        if again.labels != labels or again.output_size != self.decoder.output_size:
            raise ContractError(f"the decoder's labels, saved and loaded, are {again.labels}")
        if not self.streams and len(answers) != len(given) + 1:
            raise ContractError(f"{len(given) + 1} texts get {len(answers)} answers")

    def test_scores_have_the_metric(self) -> None:
        """The scores have the metric that picks the best epoch."""
        if self.streams:
            raise NotApplicable("it is scored by its loss")
        network = self.network().eval()
        scores = score_examples(network, self.encoded(self.given()), self.decoder, search=True)
        if self.decoder.metric not in scores.scores:
            raise ContractError(
                f"its metric is '{self.decoder.metric}', and its scores are {sorted(scores.scores)}"
            )

    def test_decoder_imports_no_torch(self) -> None:
        """The module of its decoder imports no torch, in a fresh process."""
        run_fresh(_IMPORT, self.part.spec.decoder).require_no_torch("its decoder")

    def _require_study(self, network: Network, batch: Batch) -> None:
        before = float(loss_of(network, batch))
        network.head.study(self.encoded(self.given()[:4]), generator(1))
        after = float(loss_of(network, batch))
        if not after < before:
            raise ContractError(
                f"after studying four examples the loss on them is {after:.4g}, from {before:.4g}"
            )

    def ready(self) -> Network:
        """A network as training leaves it: no parameter at zero; ready to evaluate."""
        made = self.network()
        nudge(made)
        return made.double().eval()

    def _features(self, network: Network, batch: Batch, filling: float) -> Tensor:
        """Encoded steps of a batch, with ``filling`` for the padding."""
        T, B = batch.ids.shape
        padding = torch.arange(T).unsqueeze(1) >= batch.lengths
        if self.part.spec.reads == "ids":
            return batch.ids.masked_fill(padding, int(filling > 0))
        most = torch.cat([self._drawn(network, 1, B, seed=t).double() for t in range(T)])
        return most.masked_fill(padding.unsqueeze(-1), filling).requires_grad_()

    def _drawn(self, network: Network, T: int, B: int, *, seed: int = 0) -> Tensor:
        """What the head may be given: steps ``(T, B, D)``, or ids ``(T, B)``."""
        if self.part.spec.reads == "ids":
            most = self.tokenizer.vocab_size
            return torch.randint(0, most, (T, B), generator=generator(seed))
        return draw(T, B, network.encoder.output_size, seed=seed)

    def _loss(self, network: Network, x: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        assert batch.targets is not None
        return network.head.loss(network.head(x, batch.lengths), batch.targets, batch.lengths)

    def _longer(self, batch: Batch, more: int) -> Batch:
        """The same batch with more padding."""
        targets = batch.targets
        if targets is not None and self.part.spec.arity != "many-to-one":
            targets = _below(targets, more, IGNORED)
        return Batch(_below(batch.ids, more, 0), batch.lengths, targets=targets)


def _below(tensor: Tensor, more: int, value: int) -> Tensor:
    """A tensor ``(T, B)`` with more rows of a value."""
    return torch.cat([tensor, tensor.new_full((more, tensor.shape[1]), value)])
