"""Pictures of attention."""

import sys

import numpy as np
import pytest
from seqkit_translate import pictures
from seqkit_translate.translator import AttentionMap

from seqkit.errors import MissingDependency


def test_a_map_is_drawn_a_token_a_row(tmp_path):
    pytest.importorskip("matplotlib")
    short = AttentionMap(["▁a", "$x$", "\n"], ["un", "$"], np.full((2, 3), 1 / 3))
    long = AttentionMap(["▁a"] * 3, ["un"] * 9, np.full((9, 3), 1 / 3))
    pictures.write(short, "a.txt:1", tmp_path)
    heights = []
    for data in ((tmp_path / "a.txt-1.png").read_bytes(), pictures.draw(long)):
        assert data.startswith(b"\x89PNG\r\n")
        heights.append(int.from_bytes(data[20:24], "big"))
    assert heights[0] < heights[1]


def test_names_stay_in_the_folder():
    assert pictures.file_name("text.txt:12") == "text.txt-12.png"
    assert pictures.file_name("-:3") == "stdin-3.png"
    assert pictures.file_name("../../etc/a b.txt:1") == "etc-a-b.txt-1.png"
    assert pictures.file_name(f"{'x' * 300}/a.txt:7").endswith("-a.txt-7.png")
    assert len(pictures.file_name("x" * 300)) < 120


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r"pip install 'seqkit-translate\[plots\]'"):
        pictures.check()
