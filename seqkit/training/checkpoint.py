"""Checkpoints: everything that an exact resume needs, in one file without pickle."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from seqkit.bundle.manifest import CHECKPOINTS
from seqkit.errors import BundleError, TrainingError

#: Names of the files in the folder of a bundle that holds checkpoints.
LATEST = "checkpoint.safetensors"
BEST = "best.safetensors"


class Progress(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where training stands.

    Attributes:
        recipe: The resolved recipe as TOML, so that a run resumes only what it began.
        data: A digest of the encoded corpus, for the same reason.
        epoch: The epoch in progress, counted from 0.
        step: Batches of that epoch that are done.
        loss: Loss summed over them, in nats.
        count: Real steps that it was summed over.
        seconds: Time that they took.
        tokens: Tokens in them.
        total_seconds: Time of the whole run so far.
        best_epoch: The best epoch so far, counted from 1; 0 before the first was scored.
        best_scores: Its finite scores.
        since_best: Epochs since.
    """

    recipe: str
    data: str
    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    count: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    total_seconds: float = 0.0
    best_epoch: int = 0
    best_scores: dict[str, float] = msgspec.field(default_factory=dict)
    since_best: int = 0


def write(path: Path, tensors: Mapping[str, Tensor], progress: Progress) -> None:
    """Replace the file at ``path`` in one step; it is either the old one or the new one whole.

    Raises:
        TrainingError: The disk is full or can't be written; the old file is still there.
    """
    # shared storage (tied weights) is stored once by each name
    flat = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    content = save(flat, metadata={"progress": msgspec.json.encode(progress).decode()})
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise TrainingError(
            f"The checkpoint {path} can't be written",
            why=f"{error.strerror or error} ({len(content):,} bytes)",
            fix="Make room and go on with --resume from the checkpoint before it, which is kept",
        ) from error


def read(path: Path) -> tuple[dict[str, Tensor], Progress]:
    """Read what :func:`write` wrote.

    Raises:
        BundleError: The file is missing or damaged.
    """
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
        return tensors, _progress(file)


def read_progress(path: Path) -> Progress:
    """Where training stood, without reading the tensors.

    Raises:
        BundleError: The file is missing or damaged.
    """
    with _opened(path) as file:
        return _progress(file)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError, KeyError, msgspec.DecodeError) as error:
        raise damaged(path, str(error)) from error


def _progress(file: Any) -> Progress:
    return msgspec.json.decode((file.metadata() or {})["progress"], type=Progress)


def damaged(path: Path, why: str) -> BundleError:
    """The error for a file that holds no whole checkpoint."""
    return BundleError(
        f"{path} is no checkpoint that training can resume from",
        why=why,
        fix="Train anew with --overwrite",
    )


def files(bundle: Path) -> dict[str, Path]:
    """The checkpoints in a bundle's directory, by their path in it."""
    found = {f"{CHECKPOINTS}/{name}": bundle / CHECKPOINTS / name for name in (LATEST, BEST)}
    return {name: path for name, path in found.items() if path.is_file()}


def clear(bundle: Path) -> None:
    """Remove the checkpoints in a bundle's directory, if there are any."""
    if (bundle / CHECKPOINTS).exists():
        shutil.rmtree(bundle / CHECKPOINTS)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as named tensors."""
    return {
        f"optimizer.{index}.{key}": torch.as_tensor(value)
        for index, state in optimizer.state_dict()["state"].items()
        for key, value in state.items()
        if value is not None
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what :func:`optimizer_tensors` gave."""
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
