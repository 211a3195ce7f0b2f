"""Weights as the compiled library reads them to predict; ``src/inference.h`` says how they lie."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqkit_kernels.eight_bits import interleaved, shorten

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
        *(
            (name, ctypes.c_void_p)
            for name in ("b_n", "Q_x", "Q_h", "scale", "table_16", "offset_x", "offset_h")
        ),
    ]


class ReadingProblem(ctypes.Structure):
    """``struct Reading``."""

    _fields_: ClassVar = [
        *((n, ctypes.c_int64) for n in ("B", "threads", "directions", "pooling", "by_id")),
        *((n, ctypes.c_void_p) for n in ("first", "lengths", "ids", "x", "y", "pooled")),
        *((n, ctypes.c_void_p) for n in ("before", "after")),
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


class ProductProblem(ctypes.Structure):
    """``struct Product``."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("rows", "threads")),
        *((name, ctypes.c_void_p) for name in ("x", "y")),
        ("cell", ctypes.POINTER(CellProblem)),
    ]


@dataclass(frozen=True, slots=True)
class PackedCell:
    """One cell's arrays, which live as long as the problem that points to them.

    Attributes:
        problem: What the library is given, with the bias alone to start from.
        bias: That bias, ``(G*H,)``.
        arrays: What the problem points to, by the names that it has there.
    """

    problem: CellProblem
    bias: np.ndarray
    arrays: Mapping[str, np.ndarray]

    def from_table(self, table: np.ndarray) -> PackedCell:
        """The same cell, of an input of no features, with a row of a table for each word.

        Args:
            table: What the gates' sums start with, of :func:`pack_rows`.
        """
        problem = CellProblem.from_buffer_copy(self.problem)
        problem.row = table.shape[1]
        arrays = dict(self.arrays)
        if "scale" in arrays:  # of a cell of eight bits, which half precision exceeds by far
            most = np.finfo(np.float16).max  # where a gate has long been open or closed
            arrays["table_16"] = np.clip(table, -most, most).astype(np.float16)
            problem.table_16 = address(arrays["table_16"])
        else:
            arrays["start"] = table
            problem.start = address(table)
        return PackedCell(problem, self.bias, arrays)


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


def pack_cell(
    kind: int,
    W_x: np.ndarray,
    W_h: np.ndarray,
    b_x: np.ndarray,
    b_h: np.ndarray,
    *,
    directions: int = 0,
    eight: bool = False,
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
        eight: Whether weights are rounded to eight bits.
    """
    gates = gates_of(kind)
    H = len(b_x) // gates
    P = padded(H, kind=kind)
    if directions:
        W_x = widened(W_x, P, directions)
    arrays = _weights(gates, eight=eight, x=W_x, h=_wide(W_h, P))
    b_n = np.zeros(P, np.float32)
    bias = b_x + b_h
    if kind == KINDS["gru", "after"]:  # its bias within the reset stands by itself
        b_n[:H] = b_h[2 * H :]
        bias[2 * H :] = b_x[2 * H :]
    return _packed(kind, W_x.shape[1], P, bias, b_n=b_n, **arrays)


def pack_product(W: np.ndarray, b: np.ndarray, *, columns: int, eight: bool = False) -> PackedCell:
    """Pack a product, whose input is padded.

    Args:
        W: ``(N, I)``.
        b: ``(N,)``.
        columns: ``I`` with the padding.
        eight: Whether weights are rounded to eight bits.
    """
    arrays = _weights(1, eight=eight, x=_wide(W, columns))
    return _packed(PRODUCT, columns, padded(len(b), kind=PRODUCT), b, **arrays)


def widened(W: np.ndarray, P: int, directions: int) -> np.ndarray:
    """Weights ``(rows, directions * H)`` of outputs that are padded to ``P`` in each direction."""
    parts = np.split(W, directions, axis=1)
    return np.concatenate([_wide(part, P) for part in parts], axis=1)


def _weights(gates: int, *, eight: bool, **parts: np.ndarray) -> dict[str, np.ndarray]:
    """Weights by the names that a problem has for them; ``parts`` are those of x and of h."""
    if not eight:
        return {f"W_{name}": _pack(W, gates) for name, W in parts.items()}
    short = shorten(*parts.values())
    arrays = {"scale": pack_rows(short.scale[np.newaxis], gates)}
    for name, whole, offset in zip(parts, short.parts, short.offsets, strict=True):
        arrays[f"Q_{name}"] = interleaved(_pack(whole, gates))
        rows = pack_rows(offset[np.newaxis], gates)
        arrays[f"offset_{name}"] = np.rint(rows).astype(np.int32)
    return arrays


def _packed(kind: int, depth: int, P: int, bias: np.ndarray, **arrays: np.ndarray) -> PackedCell:
    arrays["start"] = pack_rows(bias[np.newaxis], gates_of(kind))
    addresses = {name: address(array) for name, array in arrays.items()}
    problem = CellProblem(kind=kind, I=depth, H=P, row=0, **addresses)
    return PackedCell(problem, bias, arrays)


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
