"""The package as seqkit sees it."""

import re
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import seqkit_forecast
from seqkit_forecast.settings import SCALINGS

import seqkit
from seqkit import manager

PACKAGE = Path(seqkit_forecast.__file__).parents[1]
README = PACKAGE / "README.md"


def fresh(code):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    return done.stdout.strip().splitlines()[-1]


def test_it_is_admitted_with_its_command():
    (plugin,) = manager.current().others
    assert (plugin.distribution, plugin.status, plugin.reason) == ("seqkit-forecast", "ok", "")
    assert [(part.kind, part.name) for part in plugin.parts] == [("command", "forecast")]


@pytest.mark.parametrize(
    "what",
    [
        "seqkit_forecast.seqkit_register_commands()",
        "seqkit_forecast.read_series",
        "import seqkit_forecast.command as c; c.forecast.main(['--help'], standalone_mode=False)",
    ],
)
def test_registering_reading_and_help_import_no_torch(what):
    assert fresh(f"import sys, seqkit_forecast\n{what}\nprint('torch' in sys.modules)") == "False"


def test_every_public_name_is_there():
    for name in seqkit_forecast.__all__:
        assert getattr(seqkit_forecast, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        _ = seqkit_forecast.predict


def test_the_package_has_the_version_of_seqkit_and_asks_for_it():
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == seqkit.__version__
    assert project["dependencies"] == [f"seqkit>={seqkit.__version__}"]


def test_its_readme_names_every_scaling_and_part():
    text = README.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in SCALINGS)
    modules = {path.name for path in (PACKAGE / "seqkit_forecast").glob("*.py")}
    left_out = {"__init__.py", "settings.py", "results.py"}
    assert {name for name in modules - left_out if f"`{name}`" not in text} == set()


def test_the_python_of_its_readme_runs(tmp_path, monkeypatch, capsys):
    days = [datetime(2024, 1, 1) + timedelta(days=day) for day in range(120)]
    sales = [f"{day:%Y-%m-%d},{day.weekday() + day.day},{day.day},{day.month}" for day in days]
    (tmp_path / "sales.csv").write_text("\n".join(["day,shop,web,price", *sales]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqkit_forecast.plan.SCALINGS", ("standard",))
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    shop, web, forecast = capsys.readouterr().out.splitlines()
    assert (shop[:5], web[:4]) == ("shop ", "web ")
    assert forecast.startswith("('2024-04-30', '2024-05-01'")
