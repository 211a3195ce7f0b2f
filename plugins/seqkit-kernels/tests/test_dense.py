"""A head's product of many rows."""

import numpy as np
import pytest
from seqkit_kernels.dense import Dense


@pytest.mark.parametrize("shape", [(1, 16, 3), (97, 32, 64), (500, 48, 65)])
@pytest.mark.parametrize("threads", [1, 3])
def test_it_is_the_product_with_the_bias(level, shape, threads):
    rows, depth, size = shape
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(size, depth)), rng.normal(size=size)
    x = rng.normal(size=(rows, depth)).astype(np.float32)
    got = Dense(W.astype(np.float32), b.astype(np.float32))(x, threads=threads)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, x @ W.T + b, rtol=1e-4, atol=1e-4)
