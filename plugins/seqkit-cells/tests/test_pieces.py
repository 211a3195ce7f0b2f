"""Every cell reads a text piece by piece as it reads it at once, forwards and backwards."""

from __future__ import annotations

import pytest
import seqkit_cells
import torch

from seqkit import lazy
from seqkit.nn.encoder import Encoder

SPECS = {spec.name: spec for spec in seqkit_cells.seqkit_register_cells()}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_state_is_carried_from_piece_to_piece(spec):
    def cell(features, units):
        return lazy.load(spec.target)(features, units, spec.options())

    encoder = Encoder(cell, 4, 6, bidirectional=True)
    encoder.reset_parameters(torch.Generator().manual_seed(0))
    encoder.eval().requires_grad_(False)
    x = torch.randn(9, 1, 4, generator=torch.Generator().manual_seed(1))
    whole, ends = encoder.run(x, torch.tensor([9]))
    forward, backward = encoder.initial_state(1)
    pieces = [x[:4], x[4:5], x[5:]]
    outputs = []
    for piece in pieces:
        y, forward = encoder.run_cell(0, piece, forward)
        outputs.append(y)
    behind = []
    for piece in reversed(pieces):
        y, backward = encoder.run_cell(1, piece, backward)
        behind.insert(0, y)
    torch.testing.assert_close(torch.cat(outputs), whole[:, :, :6])
    torch.testing.assert_close(torch.cat(behind), whole[:, :, 6:])
    torch.testing.assert_close((forward, backward), ends)
