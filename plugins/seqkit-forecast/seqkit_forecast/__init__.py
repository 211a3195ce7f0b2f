"""Forecasts of numbers with seqkit's recurrent cells: series in, the next values out.

The names below are loaded when first used, so that registering the command costs almost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqkit import CommandSpec, hookimpl

if TYPE_CHECKING:
    from seqkit_forecast.fitting import fit, refit
    from seqkit_forecast.forecaster import Forecaster
    from seqkit_forecast.results import Evaluation, Forecast
    from seqkit_forecast.series import Series, read_series
    from seqkit_forecast.settings import Settings

_WHERE = {
    "Evaluation": "seqkit_forecast.results",
    "Forecast": "seqkit_forecast.results",
    "Forecaster": "seqkit_forecast.forecaster",
    "Series": "seqkit_forecast.series",
    "Settings": "seqkit_forecast.settings",
    "fit": "seqkit_forecast.fitting",
    "refit": "seqkit_forecast.fitting",
    "read_series": "seqkit_forecast.series",
}

__all__ = [
    "Evaluation",
    "Forecast",
    "Forecaster",
    "Series",
    "Settings",
    "fit",
    "read_series",
    "refit",
    "seqkit_register_commands",
]


@hookimpl
def seqkit_register_commands() -> list[CommandSpec]:
    """``seqkit forecast``."""
    return [
        CommandSpec(
            name="forecast",
            target="seqkit_forecast.command:forecast",
            short_help="Learn series of numbers and forecast their next values.",
        )
    ]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        import importlib

        value = getattr(importlib.import_module(_WHERE[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'seqkit_forecast' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
