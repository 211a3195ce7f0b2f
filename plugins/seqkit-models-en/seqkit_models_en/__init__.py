"""English models for seqkit, three of them the default ones of their tasks."""

from __future__ import annotations

from pathlib import Path

from seqkit import ModelSpec, hookimpl

_MODELS = Path(__file__).parent / "models"


@hookimpl
def seqkit_register_models() -> list[ModelSpec]:
    """english-text, english-sentiment, english-pos, and english-words, which is no default."""
    return [
        ModelSpec(
            name=name,
            path=_MODELS / name,
            task=task,
            language="en",
            default=name != "english-words",
            summary=summary,
        )
        for name, task, summary in [
            ("english-text", "generation", "goes on from a seed and suggests next words"),
            ("english-sentiment", "classification", "tells whether a review is good or bad"),
            ("english-pos", "tagging", "universal parts of speech"),
            ("english-words", "generation", "suggests whole words, as articles have them"),
        ]
    ]
