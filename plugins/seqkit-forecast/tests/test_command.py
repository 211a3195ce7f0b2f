"""The command through seqkit's own group."""

import csv
import io
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from seqkit.cli.main import cli
from seqkit.testing import CommandContract

QUICK = ["--horizon", "3", "--hidden", "4", "--epochs", "2", "--season", "12"]


class TestForecast(CommandContract):
    name = "forecast"


@pytest.fixture(scope="session")
def run():
    def run(*words):
        return CliRunner().invoke(cli, ["forecast", *map(str, words)])

    return run


@pytest.fixture
def monthly(table):
    rows = np.arange(96)
    noise = np.random.default_rng(0).normal(size=96)
    values = 20 + 5 * np.sin(2 * np.pi * rows / 12) + noise
    lines = [
        f"{2000 + m // 12}-{m % 12 + 1:02},{v:.3f},{v + 100:.3f}" for m, v in enumerate(values)
    ]
    return table("month,y,z", *lines, end="\r\n")


def test_a_forecast_is_tested_shown_and_drawn(run, monthly):
    result = run(monthly, "--column", "y", "--date", "month", "--scaling", "standard", *QUICK)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "y: 96 rows, 2000-01 to 2007-12, season 12"
    assert lines[1] == "gru of 4 units, reads 12 rows; scaling standard"
    assert lines[3] == ("tested on 2006-06 to 2007-12: the next 3 values, forecast from 17 rows")
    methods = [line.split()[0] for line in lines[4:9]]
    assert methods == ["method", "gru", "naive", "seasonal-naive", "drift"]
    rows = [line.split() for line in lines if re.match(r"2008-0\d ", line)]
    assert [row[0] for row in rows] == ["2008-01", "2008-02", "2008-03"]
    assert all(float(low) <= float(middle) <= float(high) for _, middle, low, high in rows)
    assert lines[-1].split() == ["2005-01", "2008-03"]
    assert "trained with standard: loss" in result.stderr


def test_a_network_that_does_not_beat_a_baseline_says_so(run, table):
    # a random walk, of which nothing better than the last value is known
    walk = np.random.default_rng(3).normal(size=200).cumsum()
    path = table("y", *(f"{value:.4f}" for value in walk))
    result = run(path, "--column", "y", *QUICK[:-1], "1", "--scaling", "standard")
    assert result.exit_code == 0, result.stderr
    assert re.search(r"gru does NOT beat (naive|drift): MASE \S+ against \S+\.", result.stdout)


def test_csv_has_a_row_for_each_value_of_each_column(run, monthly, tmp_path):
    out = tmp_path / "next.csv"
    options = ["--scaling", "standard", "--quantiles", "0.05,0.95", "--out", out]
    result = run(monthly, "--column", "y", "--column", "z", "--date", "month", *QUICK, *options)
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert list(rows[0]) == ["date", "column", "forecast", "q0.05", "q0.95"]
    assert [(row["date"], row["column"]) for row in rows] == [
        (f"2008-0{month}", column) for column in "yz" for month in (1, 2, 3)
    ]
    # z is y and a hundred, each on its own scale
    assert float(rows[3]["forecast"]) == pytest.approx(float(rows[0]["forecast"]) + 100, abs=1e-2)
    assert result.stdout == ""
    assert "beat" in result.stderr


def test_json_has_everything(run, monthly):
    options = ["--scaling", "standard", "--format", "json", "--exogenous", "z"]
    result = run(monthly, "--column", "y", "--date", "month", *QUICK, *options)
    found = json.loads(result.stdout)
    assert (found["rows"], found["filled"], found["scaling"]) == (96, 0, "standard")
    assert found["settings"]["season"] == 12
    assert [s["method"] for s in found["evaluation"]["columns"][0]["scores"]] == [
        "gru",
        "naive",
        "seasonal-naive",
        "drift",
    ]
    assert found["forecasts"][0]["at"] == ["2008-01", "2008-02", "2008-03"]


def test_a_saved_forecaster_forecasts_the_same_and_tests_itself_on_new_rows(run, monthly, tmp_path):
    model, form = tmp_path / "model", ["--format", "csv"]
    words = [monthly, "--date", "month", "--column", "y"]
    trained = run(*words, *QUICK, "--scaling", "standard", "--save", model, *form)
    assert trained.exit_code == 0, trained.stderr
    again = run(monthly, "--date", "month", "--model", model, *form)
    assert again.stdout == trained.stdout
    assert "not tested" in again.stderr
    later = monthly.read_bytes() + b"".join(b"2008-0%d,20,0\r\n" % month for month in range(1, 7))
    monthly.write_bytes(later)
    shown = run(monthly, "--date", "month", "--model", model, "--horizon", "2")
    assert "tested on 2008-01 to 2008-06: the next 3 values, forecast from 4 rows" in shown.stdout
    assert [line[:7] for line in shown.stdout.splitlines() if re.match(r"20\d\d-\d\d ", line)] == [
        "2008-07",
        "2008-08",
    ]


def test_a_picture_is_written(run, monthly, tmp_path):
    words = [monthly, "--column", "y", *QUICK, "--scaling", "standard", "--plot"]
    result = run(*words, tmp_path / "y.png")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "y.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--column", "Y"], "there is no column 'Y'. Did you mean 'y'?"),
        ([], "No column is named. Name the one to forecast, as in --column NAME."),
        (["--column", "y", "--season", "often"], "'often' is no season"),
        (["--column", "y", "--quantiles", "0.5,1"], "'0.5,1' are no quantiles"),
        (["--column", "y", "--cell", "gruu"], "There is no cell 'gruu'. Did you mean 'gru'?"),
        (["--column", "y", "--horizon", "60"], "too few to forecast 60"),
        (["--column", "y", "--model", "m", "--cell", "gru"], "--cell can't be given with --model"),
        (["--column", "y", "--model", "m"], "There is no folder m"),
        (["--column", "y", "--out", "nowhere/next.csv"], "There is no folder nowhere"),
    ],
)
def test_a_mistake_is_one_line_of_error_and_status_2(run, monthly, words, said):
    result = run(monthly, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert result.stdout == ""


def test_a_gap_is_named_by_its_line_before_anything_is_trained(run, table):
    path = table("d,y", "2020-01-01,1", "2020-01-02,2", "2020-01-04,3")
    result = run(path, "--column", "y", "--date", "d")
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {path}:4: expected the date 2020-01-03, found 2020-01-04; 1 row is missing. "
        "Add them, or have them filled linearly with --gaps fill.\n"
    )


def test_gaps_are_filled_where_that_is_asked_for_and_counted(run, monthly):
    lines = monthly.read_bytes().splitlines(keepends=True)
    monthly.write_bytes(b"".join(lines[:40] + lines[42:]))
    words = [monthly, "--column", "y", "--date", "month", *QUICK, "--scaling", "standard"]
    assert "2003-04, found 2003-06; 2 rows are missing" in run(*words).stderr
    shown = run(*words, "--gaps", "fill").stdout.splitlines()
    assert shown[0].startswith("y: 96 rows, ")
    assert shown[1] == "filled in linearly: 2 rows and cells"


def test_a_folder_in_the_way_is_told_before_anything_is_trained(run, monthly, tmp_path):
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "notes").write_text("")
    result = run(monthly, "--column", "y", "--save", tmp_path / "busy")
    assert result.exit_code == 2
    assert "it holds 'notes'" in result.stderr
    assert "trained" not in result.stderr
