"""seqkit's LSTM by the compiled library, and its gradient."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqkit.cells.base import Cell, State
from seqkit.cells.lstm import LSTM
from seqkit.nn.kernels import CellKernel
from seqkit_kernels import compiled

#: Fewer steps, of all sequences together, than this are not worth packing the weights for.
FEWEST_STEPS = 64
#: Bytes of weights that a core's cache holds beside the rest, and up to which this is faster than
#: torch, whose products spread larger ones better.
MOST_WEIGHTS = 512 << 10
#: What the library is given, as src/lstm.h names it, in the order of :class:`_Run`'s arguments.
GIVEN = ("lengths", "x", "W_hx", "W_hh", "b", "h_0", "c_0")


class LSTMKernel(CellKernel):
    """Runs :class:`seqkit.cells.lstm.LSTM` on processors."""

    def fits(self, cell: Cell, x: Tensor) -> bool:
        """Whether ``x`` is ids, or features in single or double precision, and long enough.

        And whether all is in memory, and the weights that are multiplied by at each step are small
        enough, :data:`MOST_WEIGHTS`.
        """
        if type(cell) is not LSTM or x.device.type != "cpu":
            return False
        by_id = not x.is_floating_point()
        W = cell.W_hx
        features = W.shape[0] if by_id else W.shape[1]
        return (
            compiled.takes(W.dtype if by_id else x.dtype)
            and len(x) > 1
            and x.shape[0] * x.shape[1] >= FEWEST_STEPS
            and (W.shape[0] * features + cell.W_hh.numel()) * W.element_size() <= MOST_WEIGHTS
        )

    def run(
        self, cell: Cell, x: Tensor, lengths: Tensor, state: State, *, reverse: bool
    ) -> tuple[Tensor, State]:
        """Each sequence to its own end; see :meth:`seqkit.nn.kernels.CellKernel.run`."""
        assert isinstance(cell, LSTM)
        # the library reads and writes wherever they say
        assert 0 <= int(lengths.min()) <= int(lengths.max()) <= len(x)
        W_hx: Tensor = cell.W_hx
        if not x.is_floating_point():
            # A one-hot step adds a column of the weights to the gates' sums. Looked up, columns
            # are features that nothing needs to be done to. Forward and backward together this
            # took 0.7 of the time of torch's loop over the steps, at T=250, B=128 and H=32.
            x, W_hx = F.embedding(x, W_hx.t()), torch.eye(len(W_hx), dtype=W_hx.dtype)
        given = (lengths, x, W_hx, cell.W_hh, cell.b_x + cell.b_h, *state)
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in given):
            y, h_n, c_n = _Run.apply(reverse, *given)
        else:
            y, h_n, c_n = _forward(dict(zip(GIVEN, given, strict=True)), {}, reverse=reverse)
        return y, (h_n, c_n)


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, reverse: bool, *tensors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        given = dict(zip(GIVEN, tensors, strict=True))
        (T, B, _), H = given["x"].shape, given["h_0"].shape[1]
        new = given["x"].new_empty
        kept = {"c": new(T, B, H), "gates": new(T, B, 4 * H)}
        y, h_n, c_n = _forward(given, kept, reverse=reverse)
        ctx.save_for_backward(*tensors, y, *kept.values())
        ctx.reverse = reverse
        return y, h_n, c_n

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, dh_n: Tensor, dc_n: Tensor) -> tuple[Tensor | None, ...]:
        given = dict(zip((*GIVEN, "y", "c", "gates"), ctx.saved_tensors, strict=True))
        given |= {"dy": dy, "dh_n": dh_n, "dc_n": dc_n}
        found = {f"d{name}": torch.empty_like(given[name]) for name in ("h_0", "c_0")}
        if _whole(given["h_0"]):
            names = ("x", "W_hx", "W_hh", "b")
            found |= {f"d{name}": torch.empty_like(given[name]) for name in names}
            _call("backward", given | found, reverse=ctx.reverse)
        else:
            da = torch.empty_like(given["gates"])
            _call("backward", given | found | {"da": da}, reverse=ctx.reverse)
            found |= _products(da, given, reverse=ctx.reverse)
        return None, None, *(found[f"d{name}"] for name in GIVEN[1:])


def _whole(h: Tensor) -> bool:
    """Whether units fill vectors in every instruction set: then the library sums gradients up."""
    return h.shape[1] * h.element_size() % 64 == 0


def _products(da: Tensor, given: dict[str, Tensor], *, reverse: bool) -> dict[str, Tensor]:
    """The gradients of the input and the weights from those of the gates' sums, ``(T, B, 4*H)``."""
    flat = da.flatten(0, 1)
    h = _before(given["y"], given["h_0"], given["lengths"], reverse=reverse)
    return {
        "dx": (flat @ given["W_hx"]).view_as(given["x"]),
        "dW_hx": flat.t() @ given["x"].flatten(0, 1),
        "dW_hh": flat.t() @ h.flatten(0, 1),
        "db": flat.sum(dim=0),
    }


def _before(y: Tensor, h_0: Tensor, lengths: Tensor, *, reverse: bool) -> Tensor:
    """Each step's ``h`` before it, ``(T, B, H)``."""
    if not reverse:
        return torch.cat([h_0.unsqueeze(0), y[:-1]])
    before = torch.cat([y[1:], torch.zeros_like(y[:1])])
    rows = torch.arange(len(lengths))[lengths > 0]
    before[lengths[rows] - 1, rows] = h_0[rows]
    return before


def _forward(
    given: dict[str, Tensor], kept: dict[str, Tensor], *, reverse: bool
) -> tuple[Tensor, Tensor, Tensor]:
    x, h_0 = given["x"], given["h_0"]
    y = x.new_empty(*x.shape[:2], h_0.shape[1])
    found = {"y": y, "h_n": torch.empty_like(h_0), "c_n": torch.empty_like(h_0)}
    _call("forward", given | kept | found, reverse=reverse)
    return y, found["h_n"], found["c_n"]


def _call(way: str, arrays: dict[str, Tensor], *, reverse: bool) -> None:
    """Call the library; what it fills is contiguous already, being new."""
    arrays = {name: tensor.contiguous() for name, tensor in arrays.items()}
    x, h_0 = arrays["x"], arrays["h_0"]
    problem = compiled.LSTMProblem(
        *(*x.shape, h_0.shape[1]),
        reverse=reverse,
        threads=torch.get_num_threads(),
        **{name: tensor.data_ptr() for name, tensor in arrays.items()},
    )
    compiled.call(f"lstm_{way}", problem, x.dtype)
