"""What a report says of the machine."""

from __future__ import annotations

import os

from benchmarks import machine


def test_a_processor_is_named_with_what_it_computes_in(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nmodel name\t: Zippy 9\nflags\t\t: fpu avx512f amx_bf16\n")
    assert machine.processor(file) == "Zippy 9, AVX-512, AMX bfloat16"


def test_conditions_tell_cores_threads_and_rounds():
    facts = machine.conditions(threads=2, rounds=5)
    assert f"{os.cpu_count()} cores" in facts["processor"]
    assert (facts["threads"], facts["rounds"]) == ("2", "5")
