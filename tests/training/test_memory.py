from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from seqkit.training import memory

#: Frees a buffer of 64 MiB and tells how much of it stays in the process, in MiB.
_PROGRAM = """
import ctypes
from seqkit.training import memory

{call}
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
buffer = libc.malloc(64 << 20)
ctypes.memset(buffer, 1, 64 << 20)
libc.free(buffer)
resident = next(line for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(int(resident.split()[1]) // 1024)
"""


def resident(call: str) -> int:
    program = _PROGRAM.format(call=call)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_large_buffer_stays_for_the_next_step() -> None:
    assert resident("assert memory.keep_large_buffers()") >= resident("") + 60


@pytest.mark.parametrize("name", ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"])
def test_the_users_own_setting_goes_first(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1000000")
    assert not memory.keep_large_buffers()


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not memory.keep_large_buffers()
