"""What a person may choose about a forecaster, declared once for Python and the command line."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from seqkit.errors import UsageError

#: How values are prepared for the network; see :mod:`seqkit_forecast.scaling`.
ScalingName = Literal[
    "standard",
    "log",
    "difference",
    "log-difference",
    "seasonal-difference",
    "log-seasonal-difference",
]

#: All of them, the simplest first.
SCALINGS: tuple[ScalingName, ...] = get_args(ScalingName)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be chosen; a 0 is chosen from the data by :func:`seqkit_forecast.fit`."""

    horizon: Annotated[int, Meta(ge=1, le=1000, description="How many values to forecast.")] = 12
    season: Annotated[
        int,
        Meta(ge=0, description="Rows after which the series repeats; 1 for none, 0 to find them."),
    ] = 0
    cell: Annotated[str, Meta(description="The recurrent cell.")] = "gru"
    hidden: Annotated[int, Meta(ge=1, le=4096, description="Size of the cell's state.")] = 32
    window: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="Past rows that the network reads for a forecast; 0 for a number that "
            "suits the season.",
        ),
    ] = 0
    quantiles: Annotated[
        tuple[Annotated[float, Meta(gt=0, lt=1)], ...],
        Meta(description="Shares of values that each forecast should lie above."),
    ] = (0.1, 0.5, 0.9)
    scaling: Annotated[
        Literal["auto", ScalingName],
        Meta(
            description="How values are prepared; auto tries all that fit and keeps the one that "
            "forecasts the end of the training part best."
        ),
    ] = "auto"
    epochs: Annotated[
        int, Meta(ge=1, description="Passes over the training part at most, for each scaling.")
    ] = 100
    held_out: Annotated[
        int, Meta(ge=0, description="Rows at the end to test on; 0 for a fifth of them.")
    ] = 0
    random_seed: Annotated[
        int, Meta(ge=0, le=2**63 - 1, description="Seed of everything random.")
    ] = 0


def checked(settings: Settings) -> Settings:
    """The same settings, quantiles sorted and the median among them.

    Raises:
        UsageError: A value is of the wrong type or out of its range.
    """
    try:
        settings = msgspec.convert(msgspec.to_builtins(settings), Settings)
    except msgspec.ValidationError as error:
        raise UsageError(f"A setting of the forecaster is wrong: {error}") from error
    quantiles = tuple(sorted({*settings.quantiles, 0.5}))
    return msgspec.structs.replace(settings, quantiles=quantiles)
