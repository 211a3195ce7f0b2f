"""What the numbers depend on that no contender decides."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def conditions(*, threads: int, rounds: int) -> dict[str, str]:
    """The machine, and how it was used.

    Args:
        threads: Threads that each contender may use.
        rounds: How often each was measured.
    """
    facts = {
        "machine": f"{platform.system()} {platform.machine()}, {memory() / 2**30:.0f} GiB memory",
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "threads": str(threads),
        "python": platform.python_version(),
        "rounds": str(rounds),
    }
    if hasattr(os, "getloadavg"):
        # what else ran meanwhile can be told from it: an idle machine begins near 0
        facts["load before"] = f"{os.getloadavg()[0]:.1f}"
    return facts


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, and whether it computes in AVX-512 and bfloat16."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    flags = set(facts.get("flags", "").split())
    known = {"avx512f": "AVX-512", "avx512_bf16": "AVX-512 bfloat16", "amx_bf16": "AMX bfloat16"}
    named = [name for flag, name in known.items() if flag in flags]
    return ", ".join([facts.get("model name") or platform.machine(), *named])


def memory() -> int:
    """Bytes of main memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0
