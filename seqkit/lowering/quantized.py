"""A network's weights as whole numbers of eight bits."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from seqkit.lowering.network import Lowered

#: A note of onnxruntime's own, without which it warns that a graph was not prepared for it; there
#: is nothing to prepare, since shapes are left open and no two nodes could be one.
_PREPARED = {"onnx.quant.pre_process": "onnxruntime.quant"}


def quantized(lowered: Lowered) -> Lowered:
    """The same network with eight bits for each weight, and a scale for each of its arrays.

    What flows between its parts is rounded to eight bits where it meets them, by a scale that is
    found at each run. Embeddings, the LSTM and matrix products take part; the other cells do not.

    Args:
        lowered: A network in ONNX, which stays as it is.
    """
    model = lowered.whole()
    notes = {note.key: note.value for note in model.metadata_props}
    onnx.helper.set_model_props(model, notes | _PREPARED)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "int8.onnx")
        quantize_dynamic(model, file, weight_type=QuantType.QInt8)
        small = onnx.load(file)
    onnx.helper.set_model_props(small, notes)
    return replace(lowered, model=small, arrays={})
