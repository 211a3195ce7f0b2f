"""How a language model may learn from the text that it is scored on, as it reads it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from seqkit.specs import Options


class Adapting(Options, frozen=True, kw_only=True):
    """Each token is told before it is learnt from; the defaults learn nothing."""

    cache: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="For generation, tokens that a continuous cache remembers, what came after "
            "states like the present one (Grave, Joulin and Usunier 2017); 0 for none.",
        ),
    ] = 0
    cache_theta: Annotated[
        float,
        Meta(
            ge=0,
            description="With a cache, how much more alike states count than others.",
        ),
    ] = 4.0
    cache_lambda: Annotated[
        float,
        Meta(gt=0, lt=1, description="With a cache, its share of each token's probability."),
    ] = 0.2
    dynamic: Annotated[
        float,
        Meta(
            ge=0,
            description="For generation, the rate of a step of gradient descent after every few "
            "tokens, on these (dynamic evaluation, Krause et al. 2018); 0 for none.",
        ),
    ] = 0.0

    @property
    def learns(self) -> bool:
        """Whether anything is learnt."""
        return self.cache > 0 or self.dynamic > 0


#: Learns nothing.
FIXED = Adapting()
