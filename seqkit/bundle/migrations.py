"""Brings the manifest of an older bundle up to date, one numbered pure function a format.

``MIGRATIONS[n]`` takes the decoded manifest of format ``n`` and returns that of format ``n + 1``.
The table is never thinned out: a bundle of any earlier format stays readable, and one of each is
kept in ``tests/golden``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Migration = Callable[[dict[str, Any]], dict[str, Any]]

#: The step from each older format to the next. Format 1 is the first.
MIGRATIONS: Mapping[int, Migration] = {}


def migrate(document: Mapping[str, Any], target: int) -> dict[str, Any]:
    """Apply every step from the document's ``format_version`` up to ``target``.

    Args:
        document: The decoded manifest, of format 1 to ``target``; not changed.
        target: The format to reach.

    Returns:
        The manifest in format ``target``.
    """
    result = dict(document)
    for version in range(result["format_version"], target):
        result = MIGRATIONS[version](dict(result))
        result["format_version"] = version + 1
    return result
