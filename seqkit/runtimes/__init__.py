"""Runtimes: what runs a bundle's network to predict. One file a runtime, and the choice of one."""

from __future__ import annotations

from seqkit.specs import RuntimeSpec

RUNTIMES = [
    RuntimeSpec(
        name="torch",
        target="seqkit.runtimes.torch:TorchRuntime",
        summary="the network as it was trained; knows every cell and head, and starts slowly",
        rank=0,
    ),
    RuntimeSpec(
        name="onnx",
        target="seqkit.runtimes.onnx:OnnxRuntime",
        summary="the network as an ONNX graph; starts quickly, and needs no torch",
        rank=10,
        requires=("onnx", "onnxruntime"),
    ),
]
