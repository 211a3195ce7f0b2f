"""Power laws fitted to times made up."""

from __future__ import annotations

import pytest

from benchmarks.exponents import fit, upper


def test_a_power_law_is_found_again():
    law = fit({size: [3.0 * size**1.5] for size in (4, 8, 16, 32)})
    assert law.middle == pytest.approx(1.5)
    assert law.low == pytest.approx(1.5)
    assert law.high == pytest.approx(1.5)
    assert law.constant == pytest.approx(3.0)
    assert law.sizes == (8, 16, 32)


def test_the_small_sizes_do_not_count():
    times = {size: [7.0] for size in (1, 2, 4)} | {size: [float(size)] for size in (8, 16, 32, 64)}
    law = fit(times)
    assert law.sizes == (8, 16, 32, 64)
    assert law.middle == pytest.approx(1.0)


def test_the_spread_is_that_of_the_rounds():
    law = fit({size: [size, size**2, size**1.25] for size in (2, 4, 8)})
    assert (law.middle, law.low, law.high) == pytest.approx((1.25, 1.0, 2.0))


def test_one_noisy_size_is_averaged_by_least_squares():
    # log2 of the times is 0, 1, 5: the least squares' slope over 0, 1, 2 is (5 - 0) / 2
    assert fit({1: [1.0], 2: [2.0], 4: [32.0]}).middle == pytest.approx(2.5)


def test_a_single_size_has_no_law():
    assert fit({1: [0.5, 0.6]}) is None


def test_two_sizes_have_the_law_through_both():
    law = fit({1: [2.0], 2: [1.0]})
    assert law.middle == pytest.approx(-1.0)
    assert law.sizes == (1, 2)


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [((8, 2, 4), (2, 4, 8)), ((1, 2, 3, 4, 5, 6, 7), (4, 5, 6, 7)), ((1, 2), (1, 2))],
    ids=str,
)
def test_the_upper_range_has_half_of_the_sizes_and_at_least_three(sizes, kept):
    assert upper(sizes) == kept
