"""A vocabulary: tokens ranked by frequency, kept as one file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from seqkit.errors import BundleError, UsageError

#: The largest vocabulary file that is written or read, in bytes.
MAX_BYTES = 1 << 28


def rank(counts: Mapping[str, int], *, max_size: int = 0, min_count: int = 1) -> list[str]:
    """The tokens to keep, the most frequent first.

    Tokens of equal count stand in the order of their code points, so that the order in which texts
    were read does not matter.

    Args:
        counts: How often each token was seen.
        max_size: Most tokens kept, special symbols not counted; 0 keeps all.
        min_count: Tokens seen fewer times are left out.
    """
    kept = [token for token, count in counts.items() if count >= min_count]
    kept.sort(key=lambda token: (-counts[token], token))
    return kept[:max_size] if max_size else kept


def write_tokens(path: Path, tokens: Sequence[str]) -> None:
    """Write tokens as UTF-8 JSON lines: first how many there are, then one string a line.

    JSON escapes line ends, tabs and NUL, so any token is safe; a lone surrogate, which UTF-8 can't
    hold, is written as the escape that JSON has for it.

    Raises:
        UsageError: The file would be larger than :func:`read_tokens` reads.
    """
    lines = [str(len(tokens)), *(json.dumps(token, ensure_ascii=False) for token in tokens), ""]
    data = "\n".join(lines).encode("utf-8", "backslashreplace")
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"a vocabulary of {len(tokens):,} tokens takes {len(data):,} bytes",
            why=f"at most {MAX_BYTES:,} can be saved",
            fix="Lower max_size or raise min_count",
        )
    path.write_bytes(data)


def read_tokens(path: Path) -> list[str]:
    """Read what :func:`write_tokens` wrote.

    Raises:
        BundleError: The file is missing, damaged or too large.
    """
    head, _, body = read_file(path, MAX_BYTES).partition(b"\n")
    *lines, rest = body.split(b"\n")
    try:
        tokens = json.loads(b"[" + b",".join(lines) + b"]")
        whole = not rest and head == b"%d" % len(tokens)
    except (ValueError, RecursionError):
        whole = False
    if not whole or not all(isinstance(token, str) for token in tokens):
        raise damaged(path, "it is not a count and then as many lines of one JSON string each")
    if len(set(tokens)) < len(tokens):
        raise damaged(path, "a token stands in it twice")
    return list(tokens)


def read_file(path: Path, limit: int) -> bytes:
    """Read a file of a bundle whole.

    Args:
        path: A plain file; a link is refused, because it may lead out of the bundle.
        limit: The most bytes that it may hold.

    Raises:
        BundleError: The file is missing, unreadable, a link, or larger than ``limit``.
    """
    if path.is_symlink():
        raise damaged(path, "it is a link")
    if not path.is_file():
        raise BundleError(
            f"{path} is missing",
            why="the tokenizer keeps its vocabulary there",
            fix="Take the bundle from its source again, or train it again",
        )
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise damaged(path, str(error)) from error
    if len(data) > limit:
        raise damaged(path, f"it is larger than {limit:,} bytes")
    return data


def damaged(path: Path, why: str) -> BundleError:
    """The error for a file that :func:`read_file` found but that can't be used."""
    return BundleError(
        f"{path} can't be used",
        why=why,
        fix="Take the bundle from its source again, or train it again",
    )
