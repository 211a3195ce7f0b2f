"""Which machines compute in bfloat16."""

from __future__ import annotations

import pytest
import torch

from seqkit.errors import UsageError
from seqkit.training.precision import check_bfloat16


@pytest.fixture
def listed(monkeypatch, tmp_path):
    """Have the machine list such abilities."""

    def listed(text: str) -> None:
        path = tmp_path / "cpuinfo"
        path.write_text(text)
        monkeypatch.setattr("seqkit.training.precision._LISTED", path)

    return listed


@pytest.mark.parametrize(
    "text", ["flags\t\t: fpu avx2 avx512_bf16 vaes\n", "Features\t: fp asimd bf16\n"]
)
def test_a_processor_that_has_it(listed, text):
    listed(text)
    check_bfloat16(torch.device("cpu"))


def test_a_processor_that_has_not_is_told_so_and_a_gpu_is_not_asked(listed):
    listed("flags\t\t: fpu avx2 avx512f\n")
    with pytest.raises(UsageError, match=r"bfloat16.*no instructions.*precision=float32"):
        check_bfloat16(torch.device("cpu"))
    check_bfloat16(torch.device("cuda"))


def test_a_run_asks_before_it_begins(listed, tiny, tmp_path):
    listed("")
    with pytest.raises(UsageError, match="no instructions"):
        tiny.train("generation", tmp_path / "m", training={"precision": "bfloat16"})
    assert not (tmp_path / "m").exists()
