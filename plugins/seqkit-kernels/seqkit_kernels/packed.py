"""Weights as the compiled library reads them to predict; ``src/inference.h`` says how they lie."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

#: Units that stand together.
BLOCK = 16
#: The kinds of cells, by the cell's name and what its option says.
KINDS = {("lstm", ""): 0, ("gru", "after"): 1, ("rnn", "tanh"): 2, ("rnn", "relu"): 3}
#: A product alone.
PRODUCT = 4


class CellProblem(ctypes.Structure):
    """``struct Cell``."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("kind", "I", "H")),
        *((name, ctypes.c_void_p) for name in ("W_x", "W_h", "start")),
        ("row", ctypes.c_int64),
        ("b_n", ctypes.c_void_p),
    ]


class ReadingProblem(ctypes.Structure):
    """``struct Reading``."""

    _fields_: ClassVar = [
        *((n, ctypes.c_int64) for n in ("B", "threads", "directions", "pooling", "by_id")),
        *((n, ctypes.c_void_p) for n in ("first", "lengths", "ids", "x", "y", "pooled")),
        ("cells", CellProblem * 2),
    ]


class StepProblem(ctypes.Structure):
    """``struct Step``."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("T", "B", "V", "threads", "layers", "products")),
        *((n, ctypes.c_void_p) for n in ("ids", "lengths", "x")),
        *((n, ctypes.c_void_p) for n in ("before", "after", "between", "logits")),
        ("cells", ctypes.POINTER(CellProblem)),
    ]


@dataclass(frozen=True, slots=True)
class PackedCell:
    """One cell's arrays, which live as long as the problem that points to them.

    Attributes:
        problem: What the library is given, with the bias alone to start from.
        arrays: What it points to.
    """

    problem: CellProblem
    arrays: tuple[np.ndarray, ...]

    def from_table(self, table: np.ndarray) -> PackedCell:
        """The same cell, whose input is a row of a table in place of features.

        Args:
            table: What the gates' sums start with, of :func:`pack_rows`.
        """
        problem = CellProblem.from_buffer_copy(self.problem)
        problem.I, problem.start, problem.row = 0, address(table), table.shape[1]
        # All arrays, for a call that has begun still reads those of the cell as it was
        return PackedCell(problem, (*self.arrays, table))


def address(array: np.ndarray) -> int:
    """Where an array's numbers stand, which the library takes for contiguous."""
    assert array.flags.c_contiguous
    return int(array.__array_interface__["data"][0])


def gates_of(kind: int) -> int:
    """How many rows of weights there are for a unit."""
    return {0: 4, 1: 3}.get(kind, 1)


def padded(units: int, *, kind: int) -> int:
    """How many units there are once the last block, or row of four blocks, is full."""
    whole = BLOCK if gates_of(kind) > 1 else 4 * BLOCK
    return -(-units // whole) * whole


def starting_bias(kind: int, b_x: np.ndarray, b_h: np.ndarray) -> np.ndarray:
    """What the gates' sums start with: both biases, but a GRU's within the reset."""
    b: np.ndarray = b_x + b_h
    if kind == KINDS["gru", "after"]:
        new = 2 * len(b) // 3
        b[new:] = b_x[new:]
    return b


def pack_cell(
    kind: int,
    W_x: np.ndarray,
    W_h: np.ndarray,
    b_x: np.ndarray,
    b_h: np.ndarray,
    *,
    directions: int = 0,
) -> PackedCell:
    """Pack a cell.

    Args:
        kind: One of :data:`KINDS`.
        W_x: ``(G*H, I)``.
        W_h: ``(G*H, H)``.
        b_x: ``(G*H,)``.
        b_h: ``(G*H,)``.
        directions: Where the input is another cell's output, in how many directions: it is
            padded as that is; 0 for one that is not.
    """
    gates = gates_of(kind)
    H = len(b_x) // gates
    P = padded(H, kind=kind)
    b_n = np.zeros(P, np.float32)
    if kind == KINDS["gru", "after"]:
        b_n[:H] = b_h[2 * H :]
    if directions:
        parts = np.split(W_x, directions, axis=1)
        W_x = np.concatenate([_wide(part, P) for part in parts], axis=1)
    start = pack_rows(starting_bias(kind, b_x, b_h)[np.newaxis], gates)
    return _packed(kind, P, _pack(W_x, gates), start, _pack(_wide(W_h, P), gates), b_n)


def pack_product(W: np.ndarray, b: np.ndarray, *, columns: int) -> PackedCell:
    """Pack a product, whose input is padded.

    Args:
        W: ``(N, I)``.
        b: ``(N,)``.
        columns: ``I`` with the padding.
    """
    P = padded(len(b), kind=PRODUCT)
    return _packed(PRODUCT, P, _pack(_wide(W, columns), 1), pack_rows(b[np.newaxis], 1))


def _packed(kind: int, P: int, W_x: np.ndarray, start: np.ndarray, *more: np.ndarray) -> PackedCell:
    W_h, b_n = (address(array) for array in more) if more else (None, None)
    problem = CellProblem(
        kind=kind,
        I=W_x.shape[1],
        H=P,
        W_x=address(W_x),
        W_h=W_h,
        start=address(start),
        row=0,
        b_n=b_n,
    )
    return PackedCell(problem, (W_x, start, *more))


def pack_rows(rows: np.ndarray, gates: int) -> np.ndarray:
    """Sums of gates ``(N, G*H)`` as ``(N, blocks * G * BLOCK)``."""
    N, H = len(rows), rows.shape[1] // gates
    P = padded(H, kind=0 if gates > 1 else PRODUCT)
    wide = _wide(rows.reshape(N, gates, H), P)
    packed = wide.reshape(N, gates, P // BLOCK, BLOCK).swapaxes(1, 2)
    return np.ascontiguousarray(packed, dtype=np.float32).reshape(N, gates * P)


def _pack(W: np.ndarray, gates: int) -> np.ndarray:
    """``(G*H, K)`` as ``(blocks, K, G * BLOCK)``, or with four blocks in place of one gate."""
    H, K = len(W) // gates, W.shape[1]
    P = padded(H, kind=0 if gates > 1 else PRODUCT)
    side = gates if gates > 1 else 4
    blocks = P * gates // (side * BLOCK)
    packed = np.zeros((blocks, K, side, BLOCK), np.float32)
    for gate in range(gates):
        part = np.zeros((P, K), np.float32) if P > H else W[gate * H : (gate + 1) * H]
        if P > H:
            part[:H] = W[gate * H : (gate + 1) * H]
        if gates > 1:  # (blocks, BLOCK, K)
            packed[:, :, gate] = part.reshape(blocks, BLOCK, K).swapaxes(1, 2)
        else:
            packed[:] = part.reshape(blocks, side, BLOCK, K).transpose(0, 3, 1, 2)
    return packed.reshape(blocks, K, side * BLOCK)


def _wide(array: np.ndarray, columns: int) -> np.ndarray:
    """An array with zeros in its last axis up to so many columns."""
    spare = [(0, 0)] * (array.ndim - 1) + [(0, columns - array.shape[-1])]
    return np.pad(array, spare) if columns > array.shape[-1] else array
