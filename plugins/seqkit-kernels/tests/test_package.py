"""The package as seqkit sees it."""

import subprocess
import sys

import seqkit_kernels
from seqkit_kernels import compiled

from seqkit import lazy
from seqkit.nn.kernels import CellKernel, EmbeddingKernel
from seqkit.runtimes import RUNTIMES
from seqkit.runtimes.base import Runtime


def test_it_registers_a_kernel_of_the_lstm_and_one_of_embeddings(monkeypatch):
    monkeypatch.setattr(seqkit_kernels, "available", lambda: True)
    specs = seqkit_kernels.seqkit_register_kernels()
    assert {s.part: s.name for s in specs} == {"lstm": "lstm-cpu", "embedding": "embedding-cpu"}
    assert [s.problem() for s in specs] == ["", ""]
    assert issubclass(lazy.load(specs[0].target), CellKernel)
    assert issubclass(lazy.load(specs[1].target), EmbeddingKernel)


def test_where_it_was_not_compiled_it_registers_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    assert seqkit_kernels.seqkit_register_kernels() == []
    assert seqkit_kernels.seqkit_register_runtimes() == []


def test_it_registers_a_runtime_that_is_taken_before_seqkits_own_and_one_after_them(monkeypatch):
    monkeypatch.setattr(seqkit_kernels, "available", lambda: True)
    exact, rounded = seqkit_kernels.seqkit_register_runtimes()
    assert [spec.name for spec in (exact, rounded)] == ["compiled", "compiled-int8"]
    assert [spec.problem() for spec in (exact, rounded)] == ["", ""]
    assert exact.rank > max(own.rank for own in RUNTIMES)
    assert rounded.rank < min(own.rank for own in RUNTIMES)
    for spec in (exact, rounded):
        assert issubclass(lazy.load(spec.target), Runtime)


def test_registering_imports_no_torch():
    code = (
        "import sys, seqkit_kernels\n"
        "seqkit_kernels.seqkit_register_kernels()\n"
        "seqkit_kernels.seqkit_register_runtimes()\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    assert done.stdout.strip() == "False"
