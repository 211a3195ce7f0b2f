"""How numbers lie in a bundle: whole, in half precision, or as whole numbers of eight bits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqkit.bundle.manifest import Storage
from seqkit.errors import BundleError

#: What is added to a matrix's name for that of its scales. No parameter of torch ends so.
SCALES = ":scales"
#: Matrices of fewer numbers stay in half precision, as vectors do: there is little to save.
_FEWEST = 1024
#: A scale is for one row, or for as many as have so many numbers together.
_NUMBERS = 64
_MOST = 127
_TINY = np.finfo(np.float32).tiny
#: The largest scale, of which even -128 times is a float32.
_LARGEST = np.finfo(np.float32).max / 128


def to_stored(weights: Mapping[str, np.ndarray], how: Storage) -> dict[str, np.ndarray]:
    """Weights as a bundle stores them.

    With ``int8`` a matrix ``W`` becomes ``Q`` and scales ``s``, so that with the greatest number
    of a row (or of some narrow rows, see :func:`rows_of_a_scale`) taken for 127::

        s = max |W| / 127        Q = round(W / s)        |W - s Q| <= s / 2

    Args:
        weights: Arrays by name.
        how: What floating ones become.

    Returns:
        Arrays that lie in order, by names in order.

    Raises:
        BundleError: A number is too large for half precision, or a name is not free for scales.
    """
    result = {}
    for name in sorted(weights):
        array = np.asarray(weights[name])
        if how == "int8" and (name.endswith(SCALES) or array.dtype == np.int8):
            raise BundleError(
                f"The weights '{name}' can't be stored as int8",
                why="they would be taken for what was rounded to it",
                fix="Set bundle.weights=float16",
            )
        if how == "int8" and _is_rounded(array):
            result[name], result[name + SCALES] = _to_eight_bits(array)
        else:
            result[name] = _cast(name, array, "float32" if how == "float32" else "float16")
    return dict(sorted(result.items()))


def from_stored(stored: Mapping[str, np.ndarray], how: Storage) -> dict[str, np.ndarray]:
    """What :func:`to_stored` made, as numbers to compute with.

    Args:
        stored: Arrays by name, perhaps from a stranger.
        how: How they are stored.

    Returns:
        Arrays of their own, by names in order: float32, and whole numbers as they are.

    Raises:
        ValueError: Scales are missing, do not fit or are no scales; the message says which.
    """
    result = {}
    for name, array in sorted(stored.items()):
        if how == "int8" and name.endswith(SCALES):
            if name.removesuffix(SCALES) not in stored:
                raise ValueError(f"'{name}' are scales of nothing")
        elif how == "int8" and array.dtype == np.int8:
            result[name] = _from_eight_bits(name, array, stored.get(name + SCALES))
        elif how == "int8" and name + SCALES in stored:
            raise ValueError(f"'{name}' is {array.dtype} and has scales, which int8 alone has")
        else:
            dtype = np.float32 if array.dtype.kind == "f" else array.dtype
            result[name] = np.array(array, dtype=dtype)
    return result


def rounded(weights: Mapping[str, np.ndarray], how: Storage) -> dict[str, np.ndarray]:
    """The weights that are read from a bundle in which these were stored.

    Raises:
        BundleError: As :func:`to_stored` has it.
    """
    return from_stored(to_stored(weights, how), how)


def rows_of_a_scale(columns: int) -> int:
    """How many rows of a matrix share a scale: one, or narrow ones of 64 numbers together."""
    return max(1, _NUMBERS // columns)


def _is_rounded(array: np.ndarray) -> bool:
    return (
        array.dtype.kind == "f"
        and array.ndim == 2
        and array.size >= _FEWEST
        and bool(np.isfinite(array).all())
        and float(np.abs(array).max()) <= float(_LARGEST) * _MOST
    )


def _to_eight_bits(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers ``(R, C)`` int8 and scales ``(S,)`` float32 of ``(R, C)``."""
    rows = rows_of_a_scale(matrix.shape[1])
    greatest = np.maximum.reduceat(np.abs(matrix).max(axis=1), np.arange(0, len(matrix), rows))
    scales = (greatest.astype(np.float64) / _MOST).astype(np.float32)
    # that of zeros alone may be anything; of denormal numbers it must be one to divide by
    scales = np.where(greatest > 0, np.maximum(scales, _TINY), 0).astype(np.float32)
    divisors = _by_row(scales, matrix.shape).astype(np.float64)
    quotients = np.divide(matrix, divisors, out=np.zeros(matrix.shape), where=divisors > 0)
    return np.clip(np.rint(quotients), -_MOST, _MOST).astype(np.int8, order="C"), scales


def _from_eight_bits(name: str, whole: np.ndarray, scales: np.ndarray | None) -> np.ndarray:
    if scales is None:
        raise ValueError(f"'{name}' is int8 and has no scales")
    if whole.ndim != 2 or not whole.size:
        raise ValueError(f"'{name}' is int8 and no matrix, but of the shape {whole.shape}")
    wanted = -(-len(whole) // rows_of_a_scale(whole.shape[1]))
    if scales.dtype != np.float32 or scales.shape != (wanted,):
        raise ValueError(
            f"'{name}' of {len(whole):,} rows needs {wanted:,} scales in float32, but has "
            f"{scales.dtype} of the shape {scales.shape}"
        )
    # false for what is no number too
    if not ((scales >= 0) & (scales <= _LARGEST)).all():
        raise ValueError(f"a scale of '{name}' is not a finite number from 0")
    matrix = whole.astype(np.float32)
    matrix *= _by_row(scales, whole.shape)
    return matrix


def _by_row(scales: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Each row's scale, ``(R, 1)``."""
    rows, columns = shape
    return np.repeat(scales, rows_of_a_scale(columns))[:rows, np.newaxis]


def _cast(name: str, array: np.ndarray, dtype: str) -> np.ndarray:
    wanted = np.dtype(dtype) if array.dtype.kind == "f" else array.dtype
    with np.errstate(over="ignore"):
        # safetensors copies memory as it lies, so it must lie in order
        stored = array.astype(wanted, order="C")
    if not np.array_equal(np.isfinite(stored), np.isfinite(array)):
        raise BundleError(
            f"The weights '{name}' can't be stored as {dtype}",
            why=f"one is {np.abs(array).max():.4g}, and the largest is {np.finfo(wanted).max}",
            fix="Set bundle.weights=float32",
        )
    return stored
