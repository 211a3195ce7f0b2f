"""Splits that share no source sentence, the same each time."""

import pytest
from click.testing import CliRunner
from seqkit_translate import PairsOptions
from seqkit_translate.split import SPLITS, main, normalised, split, split_of

from seqkit.errors import DataError, UsageError

ROWS = [f"Sentence {n // 3}{'.!?'[n % 3]}\tphrase {n}" for n in range(600)]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{row}\n" for row in ROWS), encoding="utf-8")
    return path


def rows(folder):
    return {name: (folder / f"{name}.tsv").read_text("utf-8").splitlines() for name in SPLITS}


def test_no_sentence_stands_in_two_splits_and_no_row_is_lost(file, tmp_path):
    counts = split(file, tmp_path / "out", PairsOptions(), dev=0.2, test=0.2)
    found = rows(tmp_path / "out")
    assert sorted(row for name in SPLITS for row in found[name]) == sorted(ROWS)
    assert counts == {**{name: len(found[name]) for name in SPLITS}, "left out": 0}
    sentences = [{normalised(row.split("\t")[0]) for row in found[name]} for name in SPLITS]
    assert not sentences[0] & sentences[1]
    assert not sentences[0] & sentences[2]
    assert not sentences[1] & sentences[2]
    assert 80 < counts["dev"] < 160 > counts["test"] > 80


def test_a_row_stays_where_it_is_when_others_come_or_go(file, tmp_path):
    split(file, tmp_path / "all", PairsOptions(), dev=0.2, test=0.2)
    file.write_text("".join(f"{row}\n" for row in reversed(ROWS[::2])), encoding="utf-8")
    split(file, tmp_path / "half", PairsOptions(), dev=0.2, test=0.2)
    everything, half = rows(tmp_path / "all"), rows(tmp_path / "half")
    for name in SPLITS:
        assert half[name] == [row for row in reversed(everything[name]) if row in ROWS[::2]]


def test_spelling_does_not_part_sentences():
    assert normalised("\N{LATIN SMALL LIGATURE FI}nd  it, Tom!") == normalised("Find it Tom.")
    assert normalised("?!") == "?!"
    assert split_of("Go!", dev=0.4, test=0.3) == split_of(" go ", dev=0.4, test=0.3)


def test_long_pairs_are_left_out_of_training_alone(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"n {n}\t{'mot ' * (1 + n % 3)}\n" for n in range(90)), "utf-8")
    counts = split(path, tmp_path / "out", PairsOptions(), dev=0.2, test=0.2, longest=2)
    found = rows(tmp_path / "out")
    assert max(row.count("mot") for row in found["train"]) == 2
    assert max(row.count("mot") for row in found["dev"]) == 3
    assert counts["left out"] > 0
    assert sum(counts.values()) == 90


def test_other_columns(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("1\tVa !\tGo.\n2\tPars !\tGo!\n", "utf-8")
    options = PairsOptions(source_column=3, target_column=2)
    counts = split(path, tmp_path / "out", options, dev=0.3, test=0.3)
    assert sorted(counts.values()) == [0, 0, 0, 2]  # both in one


def test_a_bad_line_leaves_nothing_behind(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\nc\n", "utf-8")
    with pytest.raises(DataError, match=r"pairs.tsv:2: expected 2 columns"):
        split(path, tmp_path / "out", PairsOptions(), dev=0.1, test=0.1)
    assert list((tmp_path / "out").iterdir()) == []


def test_something_must_be_left_to_train_on(file, tmp_path):
    with pytest.raises(UsageError, match=r"--dev 0.5 and --test 0.5 leave nothing to train on"):
        split(file, tmp_path / "out", PairsOptions(), dev=0.5, test=0.5)


def test_the_command_counts_and_tells_errors(file, tmp_path):
    result = CliRunner().invoke(main, [str(file), "--out", str(tmp_path / "out"), "--dev", "0"])
    train, dev, test = (len(found) for found in rows(tmp_path / "out").values())
    assert (result.exit_code, dev) == (0, 0)
    assert result.output == f"train: {train} pairs\ndev: 0 pairs\ntest: {test} pairs\n"
    result = CliRunner().invoke(main, [str(tmp_path / "none"), "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {tmp_path / 'none'} can't be opened.")
