"""A trained translation model at work, with what a recipe leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import numpy as np
import torch

from seqkit.bundle.load import Bundle
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.errors import UsageError
from seqkit.examples import Example, text_of
from seqkit.runtimes.padding import alike, pad
from seqkit.runtimes.torch import TorchRuntime
from seqkit.tokenizers.base import Tokenizer
from seqkit_translate import Search
from seqkit_translate.beam import Found, search
from seqkit_translate.decoding import TranslationDecoder
from seqkit_translate.head import TranslationHead
from seqkit_translate.predictions import Alternative, Translation


@dataclass(frozen=True, slots=True)
class AttentionMap:
    """Where each token of a translation looked.

    Attributes:
        source: The tokens of the sentence.
        target: Those of its translation, without the end symbol.
        weights: ``(target, source)``; each row sums to one.
    """

    source: Sequence[str]
    target: Sequence[str]
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class Translated:
    """What came of a sentence.

    Attributes:
        translation: The answer.
        attention: Where the best translation looked; none unless asked for, and for nothing.
    """

    translation: Translation
    attention: AttentionMap | None = None


class Translator:
    """Translates.

    Args:
        bundle: An open bundle.
        threads: Processor threads to compute with at most; 0 for as many as there are cores.

    Raises:
        UsageError: The model is for something else.
        BundleError: Its weights are damaged.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        check_task(bundle)
        self.decoder = cast("TranslationDecoder", bundle.decoder)
        self._source: Tokenizer = bundle.tokenizer
        self._encoder = ExampleEncoder(
            bundle.tokenizer,
            bundle.decoder,
            bundle.recipe.head_spec.arity,
            bundle.recipe.encoder,
            characters=bundle.recipe.embedding.spells,
        )
        self._network = TorchRuntime(bundle, threads=threads).network
        self._options = bundle.recipe.head.options

    def searching(self, changes: Mapping[str, Any] = {}) -> Search:
        """How the model's recipe says to search, with some fields of :class:`Search` otherwise."""
        own = {name: getattr(self._options, name) for name in Search.__struct_fields__}
        return msgspec.convert({**own, **changes}, Search)

    def translate(
        self,
        examples: Sequence[Example],
        searching: Search | None = None,
        *,
        num: int = 1,
        attention: bool = False,
    ) -> list[Translated]:
        """Translate some sentences, those of like length side by side.

        Args:
            examples: The sentences; what is nothing but white space stays empty.
            searching: How to search; as the recipe says if none.
            num: Translations of each, at most as many as the beam is wide.
            attention: Whether to tell where each token of the best one looked.

        Returns:
            One answer for each, in their order.

        Raises:
            UsageError: ``num`` is more than the beam's width.
        """
        searching = searching or self.searching()
        encoded = {
            place: one
            for place, example in enumerate(examples)
            if text_of(example).strip()
            and len(one := self._encoder.encode(example, with_target=False))
        }
        places, numbers = list(encoded), list(encoded.values())
        found: dict[int, list[Found]] = {}
        for batch in alike(numbers):
            chosen = [numbers[i] for i in batch]
            results = self._search(chosen, searching, num=num, attention=attention)
            found |= {places[i]: result for i, result in zip(batch, results, strict=True)}
        return [
            self._translated(example.source, encoded[place], found[place])
            if place in found
            else Translated(self.decoder.decode_empty(example.source))
            for place, example in enumerate(examples)
        ]

    @torch.no_grad()
    def _search(
        self, examples: Sequence[Encoded], searching: Search, *, num: int, attention: bool
    ) -> list[list[Found]]:
        network, padded = self._network, pad(examples)
        features = padded.features
        lengths = torch.from_numpy(padded.lengths)
        output = network(
            torch.from_numpy(padded.ids),
            lengths,
            None if features is None else torch.from_numpy(features),
            None if padded.spelling is None else padded.spelling.map(torch.from_numpy),
        )
        head = cast("TranslationHead", network.head)
        return search(head, output, lengths, searching, num=num, attention=attention)

    def _translated(self, source: str, encoded: Encoded, found: Sequence[Found]) -> Translated:
        best, *others = found
        translation = msgspec.structs.replace(
            self.decoder.decode(best.tokens, source),
            score=best.score,  # by the search's own length penalty
            alternatives=tuple(
                Alternative(text=self.decoder.text(other.tokens["id"]), score=other.score)
                for other in others
            ),
        )
        if best.attention is None:
            return Translated(translation)
        end = len(best.tokens) - translation.complete
        target = self.decoder.tokenizer
        return Translated(
            translation,
            AttentionMap(
                source=[self._source.id_to_token(i) for i in encoded.ids.tolist()],
                target=[target.id_to_token(i) for i in best.tokens["id"][:end].tolist()],
                weights=best.attention[:end],
            ),
        )


def check_task(bundle: Bundle) -> None:
    """Make sure that a model translates.

    Raises:
        UsageError: It does something else.
    """
    spec = bundle.recipe.head_spec
    if spec.command != "translate":
        raise UsageError(
            f"The model {bundle.path} is for {spec.name}, not for translation",
            fix=f"Use it with 'seqkit {spec.command}', or name another model",
        )
