"""Three English models for seqkit, the default ones of their tasks."""

from __future__ import annotations

from pathlib import Path

from seqkit import ModelSpec, hookimpl

_MODELS = Path(__file__).parent / "models"


@hookimpl
def seqkit_register_models() -> list[ModelSpec]:
    """english-text, english-sentiment, english-pos."""
    return [
        ModelSpec(
            name=name,
            path=_MODELS / name,
            task=task,
            language="en",
            default=True,
            summary=summary,
        )
        for name, task, summary in [
            ("english-text", "generation", "goes on from a seed and suggests next words"),
            ("english-sentiment", "classification", "tells whether a review is good or bad"),
            ("english-pos", "tagging", "universal parts of speech"),
        ]
    ]
