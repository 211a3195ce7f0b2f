"""Arrays handed out by name: whatever does not fit the recipe is a damaged bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqkit.errors import BundleError
from seqkit.lowering.weights import Weights

FILE = Path("m/weights.safetensors")


def weights(**arrays: np.ndarray) -> Weights:
    return Weights({name.replace("_", "."): array for name, array in arrays.items()}, FILE)


def test_an_array_is_taken_by_its_whole_name_or_below_a_part_of_it():
    array = np.ones((2, 3), np.float32)
    held = weights(head_output=array)
    assert held.take("head.output", 2, 3) is array
    assert held.below("he").below("ad.").take("output", 2, 3) is array


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.ones((3, 2), np.float32), "size mismatch for head.output: it is float32 (3, 2)"),
        (np.ones((2, 3), np.int64), "size mismatch for head.output: it is int64 (2, 3)"),
    ],
)
def test_another_shape_or_type_is_told(array, said):
    with pytest.raises(BundleError) as caught:
        weights(head_output=array).below("head.").take("output", 2, 3)
    assert caught.value.what == f"{FILE} is damaged"
    assert caught.value.why == f"it does not fit recipe.toml: {said}"


def test_a_missing_array_is_told():
    with pytest.raises(BundleError, match=r"does not fit recipe.toml: head.bias is missing"):
        weights().below("head.").take("bias", 2)


def test_arrays_without_a_use_are_told_all_at_once():
    one = np.ones(1, np.float32)
    held = weights(a=one, b=one, c=one)
    held.below("b").take("", 1)
    with pytest.raises(BundleError, match=r"nothing is called a, c"):
        held.check_all_taken()
    held.take("a", 1)
    held.take("c", 1)
    held.check_all_taken()
