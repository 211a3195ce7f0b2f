import numpy as np
from seqkit_forecast.terminal import chart


def drawn(history, median, low, high, **options):
    arrays = [np.array(part, dtype=float) for part in (history, median, low, high)]
    return chart(*arrays, labels=("first", "now", "last"), **options)


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right():
    lines = drawn([0, 1, 2], [3], [3], [3], width=15, height=3)
    assert lines == [
        "  3 │      ┊⡠⠔⠊",
        "1.5 │   ⣀⠤⠒⠉",
        "  0 │⡠⠔⠊   ┊",
        "     first last",
    ]


def test_the_interval_is_grey_where_the_line_is_not():
    lines = drawn([5] * 20, [5] * 10, [0] * 10, [10] * 10, width=40, height=5)
    assert lines[0].endswith("░░")
    assert lines[4].endswith("░░")
    assert "░" not in "".join(line[:24] for line in lines)


def test_a_constant_is_drawn_and_every_line_fits():
    lines = drawn([7] * 4, [7, 7], [7, 7], [7, 7], width=30, height=4)
    assert max(map(len, lines)) <= 30
    assert any("⣀" in line for line in lines)


def test_labels_stand_below_where_there_is_room():
    (*_, labels) = drawn(range(9), [9] * 6, [9] * 6, [9] * 6, width=60, height=3)
    assert labels.split() == ["first", "now", "last"]
    (*_, labels) = drawn([1, 2], [3], [3], [3], width=15, height=3)
    assert labels.split() == ["first", "last"]
