"""What every runtime must do: give torch's numbers, and go on from states as torch does."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np

from seqkit import api
from seqkit.bundle.load import Bundle, open_bundle
from seqkit.bundle.manifest import WEIGHTS
from seqkit.errors import BundleError
from seqkit.runtimes.base import Runtime
from seqkit.specs import RuntimeSpec
from seqkit.testing import parity, tiny
from seqkit.testing.contract import Contract, ContractError, NotApplicable


class RuntimeContract(Contract):
    """The contract of :class:`seqkit.runtimes.base.Runtime`; set ``name`` to the runtime's.

    How far a logit may lie from torch's, the runtime's spec says.
    """

    kind = "runtime"

    @property
    def tolerance(self) -> float:
        """The spec's."""
        return cast("RuntimeSpec", self.part.spec).tolerance

    def bundles(self) -> Iterator[Path]:
        """A bundle of each task that it can run.

        Raises:
            NotApplicable: It can run none.
        """
        told = []
        for task in tiny.TASKS:
            path = jolted(task)
            if obstacle := self.load().obstacle(open_bundle(path)):
                told.append(f"{task}: {obstacle}")
            else:
                yield path
        if len(told) == len(tiny.TASKS):
            raise NotApplicable(f"it can run none of the tiny bundles ({'; '.join(told)})")

    def streams(self) -> tuple[Runtime, Bundle]:
        """A generator to feed tokens to.

        Raises:
            NotApplicable: It can't run one.
        """
        bundle = open_bundle(jolted("generation"))
        if obstacle := self.load().obstacle(bundle):
            raise NotApplicable(f"it can't run the tiny generator: {obstacle}")
        return parity.make(self.name, bundle), bundle

    def test_equals_torch(self) -> None:
        """Logits are torch's within the tolerance, at several lengths and sizes of a batch."""
        for path in self.bundles():
            parity.require_equal_to_torch(self.name, path, tolerance=self.tolerance)

    def test_writes_the_same_text_as_torch(self) -> None:
        """The same seed gives the same text as with torch."""
        self.streams()
        texts = []
        for name in (self.name, "torch"):
            with api.load(jolted("generation"), runtime=name, threads=1) as model:
                texts.append(
                    [g.text for g in model.generate("the ", tokens=60, num=3, random_seed=4)]
                )
        if texts[0] != texts[1]:
            raise ContractError(f"it writes {texts[0]} where torch writes {texts[1]}")

    def test_advance_leaves_its_state_alone(self) -> None:
        """Fed the same tokens from the same state again, it gives the same logits."""
        runtime, bundle = self.streams()
        ids, ones = _tokens(bundle, 2, 3), np.ones(3, dtype=np.int64)
        _, state = runtime.advance(ids[:1], ones, runtime.initial_state(3))
        first, _ = runtime.advance(ids[1:], ones, state)
        second, _ = runtime.advance(ids[1:], ones, state)
        if not np.array_equal(first, second):
            raise ContractError("advance changes the state that it is given")

    def test_select_and_join(self) -> None:
        """Selected and joined states go on as the sequences that they belong to."""
        runtime, bundle = self.streams()
        ids, ones = _tokens(bundle, 2, 3), np.ones(3, dtype=np.int64)
        _, state = runtime.advance(ids[:1], ones, runtime.initial_state(3))
        whole, _ = runtime.advance(ids[1:], ones, state)
        for what, rows, chosen in (
            ("select", [2, 0, 0], runtime.select(state, [2, 0, 0])),
            (
                "join",
                [1, 2, 0],
                runtime.join([runtime.select(state, [1]), runtime.select(state, [2, 0])]),
            ),
        ):
            got, _ = runtime.advance(ids[1:, rows], ones, chosen)
            where = f"after {what} of the sequences {rows}, the logits"
            parity.require_close(got, whole[rows], where, self.tolerance, "the same ones'")

    def test_batch_equals_singles(self) -> None:
        """What else stands in a batch moves no logit beyond the tolerance."""
        for path in self.bundles():
            bundle = open_bundle(path)
            if bundle.recipe.head_spec.arity == "one-to-many":
                continue
            runtime, texts = parity.make(self.name, bundle), parity.texts(bundle, (5, 1, 9, 2))
            if runtime.logits([]):
                raise ContractError("logits of no texts are not empty")
            for index, got in enumerate(runtime.logits(texts)):
                (alone,) = runtime.logits([texts[index]])
                where = f"the logits of text {index} in a batch of {len(texts)}"
                parity.require_close(got, alone, where, self.tolerance, "its own alone")

    def test_serves_several_threads(self) -> None:
        """Calls from several threads at once give what they give one after the other."""
        for path in self.bundles():
            bundle = open_bundle(path)
            if bundle.recipe.head_spec.arity == "one-to-many":
                continue
            runtime = parity.make(self.name, bundle)
            batches = [parity.texts(bundle, (n, 3)) for n in range(1, 9)]
            wanted = [runtime.logits(batch) for batch in batches]
            with ThreadPoolExecutor(4) as pool:
                found = list(pool.map(runtime.logits, batches))
            for got, apart in zip(found, wanted, strict=True):
                for one, other in zip(got, apart, strict=True):
                    where = "logits from four threads at once"
                    parity.require_close(one, other, where, self.tolerance, "those of one thread")

    def test_obstacle_reads_no_weights(self) -> None:
        """Whether it can run a bundle is told in words, without reading the weights."""
        with tempfile.TemporaryDirectory() as folder:
            path = shutil.copytree(jolted("classification"), Path(folder, "bundle"))
            (path / WEIGHTS).unlink()
            told = self.load().obstacle(open_bundle(path))
        if not isinstance(told, str):
            raise ContractError(f"obstacle gives {told!r}; it must be a string, empty for none")

    def test_damaged_weights_are_an_error(self) -> None:
        """Weights that are cut short raise BundleError."""
        with tempfile.TemporaryDirectory() as folder:
            path = shutil.copytree(next(self.bundles()), Path(folder, "bundle"))
            content = (path / WEIGHTS).read_bytes()
            (path / WEIGHTS).write_bytes(content[: len(content) // 2])
            try:
                parity.make(self.name, open_bundle(path))
            except BundleError:
                return
        raise ContractError("it opens a bundle whose weights are cut short; raise BundleError")


@functools.cache
def jolted(task: str) -> Path:
    """A tiny bundle of a task with weights that are far from zero; not to be written to."""
    path = tiny.bundle(task)
    other = Path(shutil.copytree(path, path.with_name(f"{task}-jolted")))
    tiny.jolt(other)
    return other


def _tokens(bundle: Bundle, T: int, B: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(3, bundle.tokenizer.vocab_size, (T, B), dtype=np.int64)
