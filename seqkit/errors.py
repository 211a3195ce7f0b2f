"""What seqkit raises: one base class, one kind for each party that can be at fault.

Every message says what is wrong, why, and what to do about it; the command line prints it as
``error: what. why. do this.`` and nothing else. Code that imports seqkit catches
:class:`SeqkitError` for all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SeqkitError(Exception):
    """Base of everything that seqkit raises on purpose.

    Args:
        what: What is wrong, with the offending value.
        why: The reason or the rule that was broken, where it isn't plain from ``what``.
        fix: What the user can do about it.
    """

    #: Exit status of a command that ends with this error: 2 is the user's to mend, 1 is ours.
    exit_status = 2

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        self.what, self.why, self.fix = what, why, fix
        super().__init__(" ".join(_sentence(part) for part in (what, why, fix) if part))


class UsageError(SeqkitError):
    """An option or argument that does not make sense."""


class RecipeError(SeqkitError):
    """A recipe key that is unknown, missing or out of range; the message names its path."""


class DataError(SeqkitError):
    """A corpus, or a row of one, that can't be read; the message begins with ``file:line``."""


class BundleError(SeqkitError):
    """A bundle that is missing, damaged, too new, or not made for what is asked of it."""


class PluginError(SeqkitError):
    """A plugin that is missing, ambiguous or broken."""


class MissingDependency(SeqkitError):  # noqa: N818 -- reads as what it is
    """A feature that needs a package which is not installed."""


class TrainingError(SeqkitError):
    """Training that can't go on, such as a loss that is no number any more."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, and list the rest.

    Args:
        name: The name that was not found.
        known: The names that exist.

    Returns:
        ``Did you mean 'x'? There are: x, y, z``, without the question when nothing is near.
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.6)
    meant = next((n for n in names if near and n.lower() == near[0]), None)
    listing = f"There are: {', '.join(names)}" if names else "There are none"
    return f"Did you mean '{meant}'? {listing}" if meant else listing


def at_least(least: int, **arguments: int) -> None:
    """Refuse numbers that are too small, each by its argument's name.

    Raises:
        UsageError: One is below ``least``.
    """
    for name, value in arguments.items():
        if value < least:
            raise UsageError(f"{name} is {value}", why=f"it must be at least {least}")


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text.rstrip('.')}."
