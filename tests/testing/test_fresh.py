"""Code in fresh interpreters."""

from __future__ import annotations

import pytest

from seqkit.testing import ContractError
from seqkit.testing.fresh import run_fresh

pytestmark = pytest.mark.usefixtures("_light_torch")


def test_output_arguments_and_variables():
    code = "import os, sys; print(sys.argv[1:], os.environ['KIT'], '\N{SNOWMAN}')"
    fresh = run_fresh(code, "a", "b c", KIT="set")
    assert (fresh.output, fresh.torch) == ("['a', 'b c'] set \N{SNOWMAN}\n", "")
    fresh.require_no_torch("it")


def test_torch_is_told_with_the_line_that_imports_it():
    fresh = run_fresh("import heavy_commands")
    assert fresh.torch.endswith("heavy_commands.py:6")
    with pytest.raises(ContractError, match=r"its help imports torch, at .*heavy_commands.py:6;"):
        fresh.require_no_torch("its help")


def test_asking_whether_torch_is_there_imports_nothing():
    assert run_fresh("import importlib.util; importlib.util.find_spec('torch')").torch == ""


def test_an_error_ends_with_its_last_line():
    with pytest.raises(ContractError, match="status 1: ValueError: no good"):
        run_fresh("raise ValueError('no good')")
