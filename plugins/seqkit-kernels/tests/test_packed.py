"""How weights are laid out for the compiled library."""

import numpy as np
import pytest
from seqkit_kernels.packed import KINDS, pack_cell, pack_product, pack_rows, padded


def test_units_fill_whole_blocks_or_rows_of_four():
    assert [padded(n, kind=KINDS["lstm", ""]) for n in (1, 16, 17)] == [16, 16, 32]
    assert [padded(n, kind=KINDS["rnn", "tanh"]) for n in (1, 64, 65)] == [64, 64, 128]


def test_the_gates_of_a_block_stand_side_by_side():
    rows = np.arange(2 * 4 * 20).reshape(2, 80)
    packed = pack_rows(rows, 4).reshape(2, 2, 4, 16)  # rows, blocks, gates, units
    assert packed.dtype == np.float32
    for gate in range(4):
        np.testing.assert_array_equal(packed[:, 0, gate], rows[:, gate * 20 : gate * 20 + 16])
        np.testing.assert_array_equal(packed[:, 1, gate, :4], rows[:, gate * 20 + 16 :][:, :4])
    assert not packed[:, 1, :, 4:].any()


def test_a_cell_reads_its_weights_by_feature_and_what_is_below_it_padded():
    rng = np.random.default_rng(0)
    W_x, W_h, b = (rng.random(shape, np.float32) for shape in ((51, 34), (51, 17), 51))
    cell = pack_cell(KINDS["gru", "after"], W_x, W_h, b, 2 * b, directions=2)
    assert (cell.problem.I, cell.problem.H) == (64, 32)
    x, h = cell.arrays["W_x"], cell.arrays["W_h"]  # (blocks, K, G * BLOCK)
    start, b_n = cell.arrays["start"], cell.arrays["b_n"]
    np.testing.assert_array_equal(x[0, :17, :16], W_x[:16, :17].T)
    np.testing.assert_array_equal(x[0, 32:49, 16:32], W_x[17:33, 17:].T)
    np.testing.assert_array_equal(h[1, :17, 0], W_h[16])
    assert not x[:, 17:32].any()
    np.testing.assert_array_equal(start[0, :16], 3 * b[:16])
    np.testing.assert_array_equal(start[0, 32:48], b[34:50])  # not that within the reset
    np.testing.assert_array_equal(b_n[:17], 2 * b[34:])


@pytest.mark.parametrize("units", [5, 64, 70])
def test_a_product_has_four_blocks_of_units_side_by_side(units):
    W = np.random.default_rng(0).random((units, 16), np.float32)
    cell = pack_product(W, W[:, 0], columns=32)
    packed = cell.arrays["W_x"].transpose(0, 2, 1).reshape(-1, 32)
    np.testing.assert_array_equal(packed[:units, :16], W)
    assert not packed[units:].any()
    assert not packed[:, 16:].any()
