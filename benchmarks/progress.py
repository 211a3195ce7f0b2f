"""Tells whoever waits how a long benchmark goes."""

from __future__ import annotations

import sys


def say(benchmark: str, message: str) -> None:
    """Write a line to standard error, so that the tables stand alone in standard output."""
    print(f"{benchmark}: {message}", file=sys.stderr, flush=True)
