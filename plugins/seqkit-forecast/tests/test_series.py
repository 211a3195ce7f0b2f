import gzip

import pytest
from seqkit_forecast import read_series

from seqkit.errors import DataError, UsageError

MONTHS = ("month,y,x", "2020-01,1,5", "2020-02,2,6", "2020-03,4,7")


def test_columns_and_dates_are_read(table):
    series = read_series(table(*MONTHS), ["y"], date="month", exogenous=["x"])
    assert series.values.tolist() == [[1], [2], [4]]
    assert series.exogenous.tolist() == [[5], [6], [7]]
    assert [series.label(row) for row in range(5)] == [
        "2020-01",
        "2020-02",
        "2020-03",
        "2020-04",
        "2020-05",
    ]


def test_line_ends_quotes_and_a_mark_at_the_beginning_make_no_difference(table):
    quoted = ['"month","y"', '"2020-01",1.5', '"2020-02","-2e1"']
    quoted[0] = "\ufeff" + quoted[0]
    series = read_series(table(*quoted, end="\r\n"), ["y"], date="month")
    assert series.values[:, 0].tolist() == [1.5, -20]


def test_a_packed_file_and_one_of_tabs_are_read(tmp_path):
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(gzip.compress(b"t\ty\n1\t3\n2\t4\n"))
    assert read_series(path, ["y"]).values[:, 0].tolist() == [3, 4]


def test_without_dates_rows_are_called_by_their_numbers(table):
    series = read_series(table(*MONTHS), ["y", "x"])
    assert series.values.shape == (3, 2)
    assert (series.label(0), series.label(3)) == ("1", "4")


def test_dates_of_another_form_are_read_as_the_form_says(table):
    path = table("d,y", "31.01.2020,1", "01.02.2020,2", "02.02.2020,3")
    series = read_series(path, ["y"], date="d", date_format="%d.%m.%Y")
    assert series.label(3) == "03.02.2020"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ("d,y", "2020-01,1", "2020-02,1", "2020-04,3", "2020-05,3"),
            r"table.csv:4: expected the date 2020-03, found 2020-04; 1 row is missing\. Add",
        ),
        (
            ("d,y", "2020-01,1", "2020-02,2", "2020-02,3"),
            r"table.csv:4: the date 2020-02 stands in line 3 too",
        ),
        (
            ("d,y", "2020-01,1", "2020-03,2", "2020-02,3", "2020-04,4"),
            r"table.csv:4: the date 2020-02 comes after 2020-03.*Sort the rows",
        ),
        (
            ("d,y", "2020-01-01,1", "2020-01-03,2", "2020-01-05,3", "2020-01-08,4"),
            r"table.csv:5: expected the date 2020-01-07, found 2020-01-08",
        ),
        (("d,y", "2020-01,1", "2020-02,two"), r"table.csv:3: expected a number in column 'y'"),
        (("d,y", "2020-01,1", "2020-02,inf"), r"table.csv:3: expected a number .* found 'inf'"),
        (("d,y", "2020-01,1", "2020-02,1_0"), r"table.csv:3: expected a number .* found '1_0'"),
        (("d,y", "2020-01,1", "2020-02,"), r"table.csv:3: the cell of column 'y' is empty"),
        (("d,y", "2020-01,1", "2020-02,NA"), r"table.csv:3: the cell of column 'y' is empty"),
        (("d,y", "2020-01,1", "2020-02,2,3"), r"table.csv:3: expected 2 cells, found 3"),
        (("d,y", "2020-01,1", "2020-02-01,2"), r"table.csv:3: expected a date written %Y-%m, "),
        (("d,y", "1/2/20,1"), r"table.csv:2: expected a date written .*--date-format"),
        (("d,y", "2020-01,1"), r"1 dated row"),
        (("d,y",), r"table.csv:2: expected a row of values"),
        (("d,y,y", "2020-01,1,2"), r"more than one column is named 'y'"),
        ((), r"table.csv:1: expected a row that names the columns"),
    ],
)
def test_a_bad_row_is_named_by_its_line(table, lines, said):
    with pytest.raises(DataError, match=said):
        read_series(table(*lines), ["y"], date="d")


def test_many_gaps_are_counted_and_the_first_listed(table):
    days = [day for day in range(1, 32) if day % 4]
    with pytest.raises(DataError, match=r"csv:5: .*and at 2 more places\. 7 rows are missing"):
        read_series(table("d,y", *(f"2020-01-{d:02},1" for d in days)), ["y"], date="d")


def test_gaps_are_filled_on_a_line_and_counted(table):
    path = table("d,y,x", "2020-01,1,1", "2020-02,2,1", "2020-05,8,1", "2020-06,,1", "2020-07,6,1")
    series = read_series(path, ["y"], date="d", exogenous=["x"], gaps="fill")
    assert series.values[:, 0].tolist() == [1, 2, 4, 6, 8, 7, 6]
    assert series.filled == 3  # two rows and a cell
    assert series.label(3) == "2020-04"


def test_an_empty_end_is_not_made_up(table):
    with pytest.raises(DataError, match="column 'y' is empty at its end"):
        read_series(table("y", "1", "2", "NA"), ["y"], gaps="fill")


def test_dates_so_far_apart_that_most_rows_would_be_made_up_are_refused(table):
    path = table("d,y", "2020-01-01,1", "2020-01-02,1", "2025-01-03,1")
    with pytest.raises(DataError, match=r"lacks 1,827 rows and has 3"):
        read_series(path, ["y"], date="d", gaps="fill")


def test_a_wrong_name_brings_the_near_one(table):
    with pytest.raises(DataError, match=r"no column 'Month'\. Did you mean 'month'\?"):
        read_series(table(*MONTHS), ["y"], date="Month")


def test_a_column_has_one_part(table):
    with pytest.raises(UsageError, match="'y' is named twice"):
        read_series(table(*MONTHS), ["y"], exogenous=["y"])
    with pytest.raises(UsageError, match="No column is named"):
        read_series(table(*MONTHS), [])
