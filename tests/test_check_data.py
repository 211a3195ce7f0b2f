from pathlib import Path

import pytest

from seqkit import check_data, corpora, recipe
from seqkit.check_data import DataReport, report
from seqkit.errors import DataError


def check(
    folder: Path,
    *,
    train: str,
    dev: str = "",
    suffix: str = "csv",
    head: dict[str, object] | None = None,
    skip_bad: bool = False,
    **sections: object,
) -> DataReport:
    """Report on files with this content."""
    section = {}
    for name, content in (("train", train), ("dev", dev)):
        if content:
            (folder / f"{name}.{suffix}").write_text(content)
            section[name] = [f"{name}.{suffix}"]
    tables = {"head": head or {"name": "classification"}, "corpus": section, **sections}
    parsed = recipe.parse(tables)
    return report(corpora.sources(parsed, base=folder), parsed, skip_bad=skip_bad, rare_below=1)


TRAIN = "text,label\na fine day,good\nso bad,poor\nwell done,good\n"


def test_examples_labels_and_lengths_are_counted(tmp_path: Path) -> None:
    found = check(tmp_path, train=TRAIN, dev="text,label\nnot so bad,poor\n")

    train, dev = found.splits
    assert (train.name, train.examples, train.labels) == ("train", 3, {"good": 2, "poor": 1})
    assert (dev.name, dev.examples, dev.labels) == ("dev", 1, {"poor": 1})
    assert train.lengths is not None
    assert (train.lengths.unit, train.lengths.total) == ("words", 7)
    assert (train.lengths.shortest, train.lengths.median, train.lengths.longest) == (2, 2, 3)
    assert found.dev_fraction == 0
    assert found.problems == ()


def test_without_dev_files_the_share_held_out_is_told(tmp_path: Path) -> None:
    assert check(tmp_path, train=TRAIN).dev_fraction == 0.1


def test_quantiles_are_exact(tmp_path: Path) -> None:
    rows = "".join(f"{'x' * n},l\n" for n in range(1, 101))

    lengths = (
        check(tmp_path, train=f"text,label\n{rows}", tokenizer={"name": "char"}).splits[0].lengths
    )

    assert lengths is not None
    assert lengths.unit == "characters"
    assert (lengths.shortest, lengths.low, lengths.median) == (1, 5, 50)
    assert (lengths.high, lengths.longest, lengths.total) == (95, 100, 5050)


def test_given_tokens_are_counted_as_they_are(tmp_path: Path) -> None:
    found = check(
        tmp_path, train="I PRON\nran VERB\n\nwe PRON\n\n", suffix="conll", head={"name": "tagging"}
    )

    [train] = found.splits
    assert train.lengths is not None
    assert (train.lengths.unit, train.lengths.total, train.examples) == ("tokens", 3, 2)
    assert train.labels == {"PRON": 2, "VERB": 1}


def test_duplicates_are_found_within_and_across_splits(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        train=TRAIN + "so bad,poor\nso bad,good\n",
        dev="text,label\na fine day,good\nnew,good\n",
    )

    within, across = found.duplicates
    assert (within.split, within.earlier, within.count, within.conflicting) == (
        "train",
        "train",
        2,
        1,
    )
    train, dev = tmp_path / "train.csv", tmp_path / "dev.csv"
    assert within.sources == ((f"{train}:5", f"{train}:3"), (f"{train}:6", f"{train}:3"))
    assert (across.split, across.earlier, across.count) == ("dev", "train", 1)
    assert across.sources == ((f"{dev}:2", f"{train}:2"),)
    assert any("dev: 1 example with a text that is in train too" in p for p in found.problems)
    assert any("1 of these have other labels" in p for p in found.problems)


def test_the_order_of_tags_tells_sentences_apart_and_that_of_labels_does_not(
    tmp_path: Path,
) -> None:
    rows = '{"text": "t", "label": ["a", "b"]}\n{"text": "t", "label": ["b", "a"]}\n'
    labels = check(
        tmp_path, train=rows, suffix="jsonl", head={"name": "classification", "multi_label": True}
    )
    tags = check(
        tmp_path, train="x A\nx B\n\nx B\nx A\n\n", suffix="conll", head={"name": "tagging"}
    )

    assert labels.duplicates[0].conflicting == 0
    assert tags.duplicates[0].conflicting == 1


def test_only_so_many_texts_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_data, "_REMEMBERED", 2)

    found = check(tmp_path, train=TRAIN + "so bad,poor\nwell done,good\n")

    assert (found.compared, found.duplicates[0].count) == (2, 1)
    assert found.problems[-1].startswith("Only the first 2 different texts")


def test_labels_that_training_lacks_are_named(tmp_path: Path) -> None:
    found = check(tmp_path, train=TRAIN, dev="text,label\nhm,mixed\noh,mixed\n")

    assert found.unseen == {"dev": {"mixed": 2}}
    assert found.problems == (
        "dev: train never shows 'mixed' (2), so no model can get them right.",
    )


def test_rare_labels_are_named(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(TRAIN)
    parsed = recipe.parse({"head": {"name": "classification"}, "corpus": {"train": ["train.csv"]}})

    found = report(corpora.sources(parsed, base=tmp_path), parsed, rare_below=2)

    assert found.rare == {"poor": 1}
    assert found.problems == ("train has very few examples of 'poor' (1).",)


def test_empty_texts_are_counted_and_are_no_duplicates(tmp_path: Path) -> None:
    found = check(tmp_path, train=TRAIN + '"",good\n"  ",good\n')

    [train] = found.splits
    assert train.empty == 2
    assert train.empty_sources == (f"{tmp_path / 'train.csv'}:5", f"{tmp_path / 'train.csv'}:6")
    assert found.duplicates == ()
    assert "train: 2 examples without any text" in found.problems[0]


def test_missing_labels_are_counted(tmp_path: Path) -> None:
    found = check(tmp_path, train=TRAIN + "who knows,\n")

    assert found.splits[0].unlabelled == 1
    assert found.problems == ("train: 1 example without a label.",)


def test_several_labels_ask_for_multi_label(tmp_path: Path) -> None:
    rows = '{"text": "one", "label": ["a", "b"]}\n{"text": "two", "label": "a"}\n'

    single = check(tmp_path, train=rows, suffix="jsonl")
    multi = check(
        tmp_path, train=rows, suffix="jsonl", head={"name": "classification", "multi_label": True}
    )

    assert single.splits[0].several == 1
    assert "set head.multi_label=true" in single.problems[0]
    assert multi.problems == ()


def test_a_single_label_is_nothing_to_learn(tmp_path: Path) -> None:
    found = check(tmp_path, train="text,label\nx,same\ny,same\n")

    assert found.problems == ("train has one label only, 'same'.",)


def test_a_bad_row_stops_unless_it_may_be_skipped(tmp_path: Path) -> None:
    bad = TRAIN + "one,two,three\n"

    with pytest.raises(DataError, match=r"train\.csv:5: expected 2 columns, found 3"):
        check(tmp_path, train=bad)

    found = check(tmp_path, train=bad, skip_bad=True)
    assert (found.splits[0].examples, found.splits[0].bad) == (3, 1)
    assert "train.csv:5" in found.splits[0].bad_rows[0]
    assert "1 row can't be read" in found.problems[0]


def test_a_column_that_holds_no_labels_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_data, "_MOST_LABELS", 3)

    with pytest.raises(DataError, match=r"train\.csv:5: there are more than 3 different labels"):
        check(tmp_path, train="text,label\na,1\nb,2\nc,3\nd,4\n")


def test_a_reader_that_does_not_suit_the_head_is_named(tmp_path: Path) -> None:
    found = check(tmp_path, train=TRAIN, head={"name": "tagging"})

    assert (
        "The reader 'csv' gives nothing that the tagging head can learn from" in found.problems[0]
    )


def test_a_head_learns_from_what_another_of_its_decoder_does(tmp_path: Path) -> None:
    found = check(tmp_path, train=TRAIN, head={"name": "nbsvm"})

    assert not any("gives nothing" in problem for problem in found.problems)


def test_running_text_has_no_labels_and_may_repeat_itself(tmp_path: Path) -> None:
    found = check(
        tmp_path,
        train="again\n\nagain\n",
        suffix="txt",
        head={"name": "generation"},
        reader={"name": "text", "unit": "line"},
    )

    assert (found.splits[0].empty, found.duplicates[0].count, found.problems) == (1, 1, ())


@pytest.mark.parametrize("name", ["tiny-reviews", "tiny-topics", "tiny-tales"])
def test_a_small_corpus_has_no_problems(name: str) -> None:
    parsed = recipe.load(corpora.recipe_path(f"{name}/lstm"))

    found = report(corpora.sources(parsed, base=Path()), parsed)

    assert (found.corpus, found.licence, found.problems) == (name, "CC0-1.0", ())


def test_a_real_corpus_is_counted(shared_data: Path) -> None:
    parsed = recipe.parse({"head": {"name": "tagging"}, "corpus": {"name": "wnut17"}})

    found = report(corpora.sources(parsed, base=Path(), data=shared_data), parsed)

    train, dev = found.splits
    assert (train.examples, dev.examples) == (3_394, 1_009)
    assert train.lengths is not None
    assert train.lengths.total == 62_730
    assert found.duplicates[0].count == 103
    assert found.unseen == {}
