"""An ONNX graph in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

#: Bytes from which numbers stand beside the graph.
_LARGE = 4096
#: The newest version of the operators that is used here, and a format that knows it.
OPSET, IR_VERSION = 18, 9


class Graph:
    """Nodes are added one after the other; every value is known by its name.

    Attributes:
        arrays: The large constants by name. They stand beside the graph, which names them alone,
            so that whoever runs it in this process needs no copy of them.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dtype: type[np.generic], shape: Sequence[str | int]) -> str:
        """Declare an input.

        Args:
            name: What callers feed it as.
            dtype: Its numbers' type.
            shape: Its axes; a name stands for any length, the same wherever it is used.
        """
        self._inputs.append(_value(name, dtype, shape))
        return name

    def output(self, name: str, value: str, shape: Sequence[str | int]) -> None:
        """Declare a float32 value as an output of the given name."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_value(name, np.float32, shape))

    def constant(self, array: np.ndarray | Sequence[int] | int | float) -> str:
        """Numbers that stand in the graph: an array's, or whole numbers as int64."""
        # in order, for what is transposed; not by ascontiguousarray, which knows no single number
        value = np.asarray(np.float32(array) if isinstance(array, float) else array, order="C")
        name = f"constant_{len(self._constants)}"
        if value.nbytes < _LARGE:
            self._constants.append(numpy_helper.from_array(value, name))
        else:
            self.arrays[name] = value
            self._constants.append(_elsewhere(value, name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one output; the name of that."""
        (output,) = self.add_many(operator, inputs, 1, **attributes)
        return output

    def add_many(
        self, operator: str, inputs: Sequence[str], outputs: int, **attributes: Any
    ) -> list[str]:
        """Add a node of several outputs; their names.

        Args:
            operator: As the ONNX documentation calls it.
            inputs: Values; the empty string leaves an optional one out.
            outputs: How many of its outputs are named.
            attributes: The operator's.
        """
        number = len(self._nodes)
        names = [f"{operator.lower()}_{number}_{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names

    def model(self, notes: Mapping[str, str]) -> onnx.ModelProto:
        """The finished model, without :attr:`arrays`.

        Args:
            notes: What it says of itself, as metadata.
        """
        graph = helper.make_graph(
            self._nodes, "seqkit", self._inputs, self._outputs, self._constants
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="seqkit",
        )
        helper.set_model_props(model, dict(notes))
        return model


def embed(model: onnx.ModelProto, arrays: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """A copy of a model with the arrays that stand beside it inside."""
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    for constant in whole.graph.initializer:
        if constant.name in arrays:
            constant.CopyFrom(numpy_helper.from_array(arrays[constant.name], constant.name))
    return whole


def _elsewhere(array: np.ndarray, name: str) -> onnx.TensorProto:
    constant = onnx.TensorProto(name=name, dims=array.shape)
    constant.data_type = helper.np_dtype_to_tensor_dtype(array.dtype)
    constant.data_location = onnx.TensorProto.EXTERNAL
    constant.external_data.add(key="location", value=name)
    return constant


def _value(name: str, dtype: type[np.generic], shape: Sequence[str | int]) -> onnx.ValueInfoProto:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, list(shape))
