"""What code shares with all other code of its process, and must leave as it was."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path

from seqkit import environment, manager


def random_states() -> dict[str, object]:
    """The state of each global generator whose library is imported, by the library's name."""
    states: dict[str, object] = {"random": random.getstate()}
    if "numpy" in sys.modules:
        import numpy as np

        _, keys, *rest = np.random.get_state(legacy=True)
        states["numpy"] = (np.asarray(keys).tobytes(), *rest)
    if "torch" in sys.modules:
        import torch

        states["torch"] = bytes(torch.get_rng_state().numpy())
    return states


def snapshot() -> dict[str, object]:
    """What a test must leave as it was, each by what messages call it.

    Torch's settings are among it where torch is imported. What seqkit itself sets before it imports
    torch is not.
    """
    variables = {k: v for k, v in os.environ.items() if k not in _NOT_OURS}
    found: dict[str, object] = {
        "environment variables": variables,
        "working directory": Path.cwd(),
        "plugin manager": manager.current(),
        **{f"{owner}'s global generator": state for owner, state in random_states().items()},
    }
    if "torch" in sys.modules:
        import torch

        found |= {
            "torch's threads": torch.get_num_threads(),
            "torch's default dtype": torch.get_default_dtype(),
        }
    return found


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """In words, what differs; libraries that were imported in between do not count."""
    return [
        f"{what}: {_difference(value, after[what])}"
        for what, value in before.items()
        if what in after and value != after[what]
    ]


#: Set by pytest for each phase of a test, and by seqkit before torch is imported.
_NOT_OURS = ("PYTEST_CURRENT_TEST", *environment.NAMES)


def _difference(before: object, after: object) -> str:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = sorted(k for k in {*before, *after} if before.get(k) != after.get(k))
        return ", ".join(f"{n} was {before.get(n)!r} and is {after.get(n)!r}" for n in names)
    if isinstance(before, int | str | Path) or type(before).__name__ == "dtype":
        return f"was {before} and is {after}"
    return "is another one now"
