"""Reports as Markdown and JSON."""

from __future__ import annotations

import json

from benchmarks.report import Report, Table, spread


def test_a_table_is_markdown_with_aligned_columns():
    table = Table(
        header=("who", "seconds"), rows=(("seqkit", "1.5"), ("x", "12.0")), caption="How long."
    )
    assert table.markdown().splitlines() == [
        "How long.",
        "",
        "| who    | seconds |",
        "|--------|--------:|",
        "| seqkit |     1.5 |",
        "| x      |    12.0 |",
    ]


def test_a_report_is_saved_as_markdown_and_json(tmp_path):
    table = Table(header=("who", "n"), rows=(("a", "1"),))
    report = Report(
        title="Steps",
        conditions={"threads": "2"},
        tables=(table,),
        data={"a": [1.0, None]},
        notes=("b is slow.",),
    )
    path = report.save(tmp_path / "results", "steps")
    assert path == tmp_path / "results" / "steps.md"
    assert path.read_text() == (
        "# Steps\n\n- threads: 2\n\n| who |   n |\n|-----|----:|\n| a   |   1 |\n\n- b is slow.\n"
    )
    assert json.loads((tmp_path / "results" / "steps.json").read_text()) == {
        "title": "Steps",
        "conditions": {"threads": "2"},
        "notes": ["b is slow."],
        "data": {"a": [1.0, None]},
    }


def test_a_picture_is_saved_beside_and_shown(tmp_path):
    report = Report(title="Steps", conditions={}, tables=(), data=None, picture="<svg/>")
    path = report.save(tmp_path, "steps")
    assert (tmp_path / "steps.svg").read_text() == "<svg/>"
    assert path.read_text() == "# Steps\n\n![Steps](steps.svg)\n"
    assert report.markdown() == "# Steps\n"


def test_a_spread_that_shows_nothing_is_left_out():
    assert spread(1.5, 1.25, 2, ".2f") == "1.50 (1.25 to 2.00)"
    assert spread(1.501, 1.502, 1.499, ".1f") == "1.5"
