"""Runs ``seqkit`` in this process, and what became of it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did.

    Attributes:
        command: The words, as they would be typed.
        status: The exit status.
        output: Standard output.
        errors: Standard error.
    """

    command: str
    status: int
    output: str
    errors: str

    def assert_success(self) -> None:
        """Make sure that it ended with status 0.

        Raises:
            AssertionError: It did not; the message has what it said.
        """
        if self.status:
            raise AssertionError(f"{self.command}: status {self.status}\n{self._said()}")

    def assert_failure(self, status: int = 2) -> None:
        """Make sure that it ended with a status: 2 where the user is at fault.

        Raises:
            AssertionError: It did not; the message has what it said.
        """
        if self.status != status:
            raise AssertionError(
                f"{self.command}: status {self.status}, not {status}\n{self._said()}"
            )

    def json(self) -> Any:
        """Standard output as JSON: its value, or a list of one for each line of several."""
        try:
            return json.loads(self.output)
        except json.JSONDecodeError:
            return [json.loads(line) for line in self.output.splitlines()]

    def _said(self) -> str:
        return f"{self.errors}{self.output}".strip()


def run(*words: str | Path, input: str | bytes = b"") -> Outcome:  # noqa: A002 -- as it is called
    """Run a command as the ``seqkit`` program does, without a process of its own.

    Args:
        words: What would be typed after ``seqkit``.
        input: Standard input, text as UTF-8.
    """
    # commands are what costs, and the plugin of pytest must cost nothing until it is used
    from seqkit.cli.main import cli

    arguments = [str(word) for word in words]
    with _streams(input.encode() if isinstance(input, str) else input) as (output, errors):
        try:
            cli.main(arguments)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    command = " ".join(["seqkit", *arguments])
    said = [stream.getvalue().decode("utf-8", "replace") for stream in (output, errors)]
    return Outcome(command, status, *said)


@contextmanager
def _streams(content: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Put streams in memory in the place of the standard ones, for a while."""
    before = sys.stdin, sys.stdout, sys.stderr
    output, errors = io.BytesIO(), io.BytesIO()
    opened = [io.TextIOWrapper(b, encoding="utf-8") for b in (io.BytesIO(content), output, errors)]
    sys.stdin, sys.stdout, sys.stderr = opened
    try:
        yield output, errors
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for stream in opened[1:]:
            stream.flush()
            # else it would be closed with its wrapper, and what it holds be gone
            stream.detach()
