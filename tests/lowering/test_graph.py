"""Graphs in the making: single numbers stay single, and large arrays stand beside."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from seqkit.lowering.graph import Graph, embed


def run(graph: Graph, **feeds: np.ndarray) -> np.ndarray:
    model = embed(graph.model({}), graph.arrays)
    onnx.checker.check_model(model, full_check=True)
    (output,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    return output


@pytest.mark.parametrize(
    ("value", "shape", "dtype"),
    [
        (3, (), np.int64),
        (0.5, (), np.float32),
        ([1, 2], (2,), np.int64),
        (np.zeros((2, 3), np.float32).T, (3, 2), np.float32),
    ],
)
def test_a_constant_keeps_its_shape_and_type(value, shape, dtype):
    graph = Graph()
    name = graph.constant(value)
    (constant,) = graph.model({}).graph.initializer
    array = onnx.numpy_helper.to_array(constant)
    assert constant.name == name
    assert (array.shape, array.dtype) == (shape, dtype)
    np.testing.assert_array_equal(array, value)


def test_a_large_array_is_not_copied_and_gets_into_the_whole_model():
    graph = Graph()
    table = np.arange(4000, dtype=np.float32).reshape(40, 100)
    ids = graph.input("ids", np.int64, ["n"])
    name = graph.constant(table)
    graph.output("rows", graph.add("Gather", name, ids), ["n", 100])
    assert list(graph.arrays) == [name]
    assert graph.arrays[name] is table
    assert graph.model({}).ByteSize() < 1000
    np.testing.assert_array_equal(run(graph, ids=np.array([3, 1])), table[[3, 1]])


def test_one_node_may_give_several_values():
    graph = Graph()
    x = graph.input("x", np.float32, [2, "n"])
    first, second = graph.add_many("Split", [x], 2, axis=0, num_outputs=2)
    graph.output("difference", graph.add("Sub", first, second), [1, "n"])
    x = np.array([[5, 7, 9], [1, 2, 3]], dtype=np.float32)
    np.testing.assert_array_equal(run(graph, x=x), [[4, 5, 6]])
