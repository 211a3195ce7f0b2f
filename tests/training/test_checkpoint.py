"""Checkpoints: whole or not at all, without pickle, and exact."""

from __future__ import annotations

import errno
import os

import pytest
import torch

from seqkit.errors import BundleError, TrainingError
from seqkit.recipe.training import Training
from seqkit.training import checkpoint
from seqkit.training.checkpoint import Progress
from seqkit.training.optimizers import make_optimizer

PROGRESS = Progress(recipe="[head]\n", data="d", epoch=3, step=2, loss=0.1, best_scores={"f1": 0.1})


def test_tensors_and_progress_come_back_bit_for_bit(tmp_path):
    path = tmp_path / "c.safetensors"
    tensors = {
        "w": torch.randn(3, 2, generator=torch.Generator().manual_seed(0)).t(),
        "bytes": torch.Generator().manual_seed(1).get_state(),
        "scalar": torch.tensor(7.0),
        "empty": torch.zeros(0),
    }
    checkpoint.write(path, tensors, PROGRESS)
    read, progress = checkpoint.read(path)
    assert progress == checkpoint.read_progress(path) == PROGRESS
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensors[name]) for name in tensors)


def test_shared_tensors_are_written_by_each_name(tmp_path):
    shared = torch.ones(2)
    checkpoint.write(tmp_path / "c", {"a": shared, "b": shared}, PROGRESS)
    assert checkpoint.read(tmp_path / "c")[0]["b"].tolist() == [1, 1]


@pytest.mark.parametrize("at", ["write", "flush"])
def test_a_full_disk_leaves_the_older_one_whole(tmp_path, monkeypatch, at):
    path = tmp_path / "c.safetensors"
    checkpoint.write(path, {"w": torch.zeros(2)}, PROGRESS)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if at == "flush":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(type(path), "open", full)
    with pytest.raises(TrainingError, match=r"No space left on device.*Make room.*--resume"):
        checkpoint.write(path, {"w": torch.ones(2)}, PROGRESS)
    monkeypatch.undo()
    assert checkpoint.read(path)[0]["w"].tolist() == [0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "c.safetensors"
    if content is not None:
        path.write_bytes(content)
    for read in (checkpoint.read, checkpoint.read_progress):
        with pytest.raises(BundleError, match=r"no checkpoint.*--overwrite"):
            read(path)


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "c.safetensors"
    checkpoint.write(path, {"w": torch.ones(100)}, PROGRESS)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BundleError, match="no checkpoint"):
        checkpoint.read(path)


def test_a_file_of_tensors_alone_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2)}, tmp_path / "c")
    with pytest.raises(BundleError, match="no checkpoint"):
        checkpoint.read(tmp_path / "c")


@pytest.mark.parametrize(
    "options",
    [{"optimizer": "adam"}, {"optimizer": "adamw"}, {"optimizer": "sgd", "momentum": 0.9}],
)
def test_an_optimiser_goes_on_as_if_nothing_had_happened(options):
    def begin():
        weight = torch.nn.Parameter(torch.ones(3))
        return weight, make_optimizer([weight], Training(**options))

    def step(weight, optimizer, seed):
        weight.grad = torch.randn(3, generator=torch.Generator().manual_seed(seed))
        optimizer.step()

    weight, optimizer = begin()
    step(weight, optimizer, 0)
    other, restored = begin()
    other.data.copy_(weight.data)
    tensors = {k: t.clone() for k, t in checkpoint.optimizer_tensors(optimizer).items()}
    checkpoint.restore_optimizer(restored, {**tensors, "generator": torch.zeros(1)})
    for seed in (1, 2):
        step(weight, optimizer, seed)
        step(other, restored, seed)
    assert torch.equal(weight, other)


def test_clearing_removes_the_folder_alone(tmp_path):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / checkpoint.LATEST).write_bytes(b"x")
    (tmp_path / "metrics.jsonl").write_bytes(b"x")
    assert set(checkpoint.files(tmp_path)) == {f"training/{checkpoint.LATEST}"}
    for _ in range(2):
        checkpoint.clear(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]
