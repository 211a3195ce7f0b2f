"""Whether products may be computed in half precision here."""

from __future__ import annotations

from pathlib import Path

import torch

from seqkit.errors import UsageError

#: Where Linux lists what its processors can do, and the words for products in bfloat16.
_LISTED = Path("/proc/cpuinfo")
_WORDS = {"avx512_bf16", "amx_bf16", "bf16", "svebf16"}
#: The first processor's entry is in it; there may be hundreds.
_LIMIT = 1 << 16


def check_bfloat16(device: torch.device) -> None:
    """Make sure that products in bfloat16 are faster here than those in single precision.

    Raises:
        UsageError: This is a processor that has no instructions for them, or does not say so.
    """
    if device.type != "cpu" or _WORDS & _abilities():
        return
    raise UsageError(
        "training.precision is bfloat16",
        why="this processor has no instructions for it (AVX512-BF16, AMX or Arm's BF16), so that "
        "it would be slower",
        fix="Set training.precision=float32",
    )


def _abilities() -> set[str]:
    try:
        with _LISTED.open(encoding="utf-8", errors="replace") as file:
            return set(file.read(_LIMIT).split())
    except OSError:
        return set()
