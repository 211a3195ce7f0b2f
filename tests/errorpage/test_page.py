"""The page as a whole: its structure, what it says, what it escapes, and how large it gets."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import pytest

from seqkit.errorpage.survey import MOST_SHOWN
from seqkit.errors import DataError, UsageError
from seqkit.examples import TextExample, TokensExample

VOID = {"meta", "br"}


class Page(HTMLParser):
    """What is on a page; made of its text, it fails where tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._caption = ""
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")
        if tag == "caption":
            self._caption = ""
        if tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        if tag in ("td", "th"):
            self.tables[self._caption][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if any(tag in self._open for tag in ("h1", "h2", "h3")):
            self.headings[-1] += data
        if "caption" in self._open:
            self._caption += data
        if "td" in self._open or ("th" in self._open and self._caption):
            self.tables[self._caption][-1][-1] += data

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def classifier(tiny, folder):
    training = {"epochs": 8, "learning_rate": 0.05}
    return tiny.train("classification", folder / "classifier", training=training)


@pytest.fixture(scope="module")
def tagger(tiny, folder):
    return tiny.train("tagging", folder / "tagger")


@pytest.fixture(scope="module")
def several(tiny, folder):
    texts = ("cat park", "cat", "park", "cat park")
    rows = [{"text": text, "label": text.split()} for text in texts]
    files = [tiny.write("several.jsonl", rows)]
    return tiny.train(
        "classification",
        folder / "several",
        corpus={"train": files, "dev": files},
        head={"multi_label": True},
    )


def labelled(model, texts, *, wrong):
    """Texts of which those whose numbers are in ``wrong`` have the other label."""
    rows = []
    for n, text in enumerate(texts):
        told = model.classify(text).label
        other = "n" if told == "y" else "y"
        rows.append(TextExample(text, f"a:{n}", (other if n in wrong else told,)))
    return rows


TEXTS = ["the cat sat on a mat", "a dog ran to the park", "my cat saw the dog", "the day is long"]


def test_of_one_label(classifier):
    rows = labelled(classifier, TEXTS, wrong={1})
    stages = []
    text = classifier.error_page(
        [*rows, TextExample(" ", "a:9", ("y",))],
        data="a.jsonl",
        on_progress=lambda *stage: stages.append(stage),
    )
    page = Page(text)
    assert page.headings[:6] == [
        "Errors of classifier", "Model", "Scores", "Confusions", "Confidence", "Slices",
    ]  # fmt: skip
    anchors = [a["href"] for a in page.of("a")]
    assert anchors == [f"#{s['id']}" for s in page.of("section")]
    facts = dict(page.tables["The model and the data"])
    assert facts["examples"] == "4"
    assert facts["left out, without a token"] == "1"
    assert facts["data of this page"] == "a.jsonl"
    assert dict(page.tables["Over all"])["accuracy"] == "0.7500"
    matrix = page.tables["Truth in rows, prediction in columns, shaded by the share of the row"]
    assert matrix[0] == ["truth \\ prediction", "n", "y"]
    counts = [[int(n) for n in row[1:]] for row in matrix[1:]]
    assert sum(map(sum, counts)) == 4
    assert counts[0][0] + counts[1][1] == 3
    assert sum(h.startswith("1. truth") for h in page.headings) == 1
    assert "1 of 1 mistake," in text
    assert stages[0] == ("labelling", 1, 5)
    assert {stage for stage, _, _ in stages} == {
        "labelling", "explaining", "looking for near-duplicates",
    }  # fmt: skip


def test_the_words_that_brought_a_mistake_about_are_coloured(classifier):
    (row,) = labelled(classifier, TEXTS[1:2], wrong={0})
    text = classifier.error_page([row])
    shares = classifier.explain(row.text).words
    top = max(shares, key=lambda w: abs(w.share))
    way = "for" if top.share > 0 else "against"
    assert f'<mark class="{way}5" title="{top.share:+.2f}">{top.text}</mark>' in text
    assert f"{classifier.explain(row.text).residual:+.4f} not accounted for" in text


def test_pictures_and_tables_speak_to_those_who_do_not_see_them(classifier):
    page = Page(classifier.error_page(labelled(classifier, TEXTS, wrong={1})))
    ids = {a["id"] for _, a in page.tags if "id" in a}
    pictures = page.of("svg")
    assert len(pictures) == 2
    for picture in pictures:
        assert picture["role"] == "img"
        assert set(picture["aria-labelledby"].split()) <= ids
    assert len(page.of("caption")) == len(page.of("table"))
    assert {a["scope"] for a in page.of("th")} == {"row", "col"}
    assert page.of("html") == [{"lang": "en"}]


def test_it_needs_nothing_else(classifier):
    page = Page(classifier.error_page(labelled(classifier, TEXTS, wrong={1})))
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    loading = [a for _, a in page.tags for name in a if name in ("src", "srcset", "data", "action")]
    assert loading == []
    policy = [a for a in page.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0]["content"].startswith("default-src 'none';")


def test_the_same_gives_the_same_page(classifier):
    rows = labelled(classifier, TEXTS, wrong={1, 2})
    assert classifier.error_page(rows) == classifier.error_page(rows)


HOSTILE = '<script>alert("x")</script> & <img src=x onerror=alert(1)> \'" --> \x00'


def test_what_comes_from_data_is_escaped(tiny, folder):
    rows = [{"text": f"{HOSTILE} cat {k}", "label": f"{HOSTILE}{k % 2}"} for k in range(6)]
    files = [tiny.write("hostile.jsonl", rows)]
    corpus = {"train": files, "dev": files}
    training = {"epochs": 1}
    model = tiny.train("classification", folder / "<b>'model", corpus=corpus, training=training)
    swapped = [TextExample(r["text"], f"{HOSTILE}:1", (f"{HOSTILE}{n % 2}",)) for n, r in
               enumerate(rows, 1)]  # fmt: skip
    text = model.error_page(swapped, data=HOSTILE)
    page = Page(text)
    assert {"script", "img"}.isdisjoint(tag for tag, _ in page.tags)
    assert not [name for _, a in page.tags for name in a if name.startswith("on")]
    assert "\x00" not in text
    assert "&lt;script&gt;" in text
    assert page.headings[0] == "Errors of <b>'model"


def test_of_tags_with_words_that_training_never_showed(tagger):
    rows = [
        TokensExample(("the", "cat", "sat"), "b:1", ("X", "V", "V")),
        TokensExample(("a", "zebra", "ran"), "b:2", ("X", "NEW", "V")),
    ]
    page = Page(tagger.error_page(rows))
    known = {row[0]: row[1] for row in page.tables["By vocabulary"]}
    assert (known["known words"], known["unknown words"]) == ("5", "1")
    lengths = page.tables["By length of the text"]
    assert [row[:2] for row in lengths[1:]] == [["3 words", "6"]]
    labels = {row[0]: row[1] for row in page.tables["By the label that the data give"]}
    assert labels["(labels that training never showed)"] == "1"
    assert any("truth NEW" in h for h in page.headings)
    assert page.of("u")


def test_doubtful_labels_are_shown_with_what_is_usual(classifier):
    chances = [classifier.classify(text).probability for text in TEXTS]
    surest = chances.index(max(chances))
    rows = labelled(classifier, 3 * TEXTS, wrong={surest})
    text = classifier.error_page(rows)
    (heading,) = [h for h in Page(text).headings if "in the data" in h]
    (label,) = rows[surest].labels
    told = classifier.classify(rows[surest].text)
    assert heading == f"1. in the data {label} by the model {told.label}"
    assert f"{label} has a probability of {told.probabilities[label]:.4f} here" in text


def test_of_several_labels(several):
    rows = [TextExample("cat", "c:1", ()), TextExample("park", "c:2", ("cat", "park"))]
    text = several.error_page(rows)
    page = Page(text)
    assert "Confusions" not in page.headings
    total = sum(int(row[1]) for row in page.tables["Probabilities and what came of them"][1:])
    assert total == 4
    assert "the probability that it gives each label" in text


def test_as_many_examples_as_asked_and_never_more_than_a_page_holds(classifier):
    rows = 100 * labelled(classifier, TEXTS[:3], wrong={0, 1, 2})
    page = Page(classifier.error_page(rows, limit=3))
    assert sum("truth" in h for h in page.headings) == 3
    assert sum("alike" in h for h in page.headings) == 3


def test_long_texts_and_names_make_no_long_page(classifier, monkeypatch):
    def refuse(*_, **__):
        raise UsageError("too long")

    monkeypatch.setattr(classifier, "explain", refuse)  # what it shows without colours
    text = "word " * 400
    rows = [TextExample(f"{k} {text}", "s" * 5000, ("y",)) for k in range(MOST_SHOWN + 20)]
    rows += [TextExample(r.text, r.source, ("n",)) for r in rows]
    whole = classifier.error_page(rows, limit=0)
    page = Page(whole)
    assert sum("truth" in h for h in page.headings) == MOST_SHOWN
    assert f"{MOST_SHOWN} of {MOST_SHOWN + 20} mistakes" in whole
    assert "Not explained: too long." in whole
    assert len(whole) < 4 * MOST_SHOWN * 1500


def test_there_must_be_something_to_look_at(classifier, tiny, folder):
    with pytest.raises(DataError, match="no example was read"):
        classifier.error_page([])
    with pytest.raises(DataError, match="no example has a token"):
        classifier.error_page([TextExample(" ", "a:1", ("y",))])
    writer = tiny.train("generation", folder / "writer", training={"epochs": 1})
    with pytest.raises(UsageError, match="has no page of errors"):
        writer.error_page([TextExample("a", "a:1")])


def test_a_reader_is_told_where_much_is_not_accounted_for(classifier, monkeypatch):
    (row,) = labelled(classifier, TEXTS[1:2], wrong={0})
    assert "take the shares as a hint" not in classifier.error_page([row])
    found = classifier.explain(row.text)
    rough = msgspec.structs.replace(found, residual=1.0)
    monkeypatch.setattr(classifier, "explain", lambda *_, **__: rough)
    assert re.search(
        r"\+1.0000 not accounted for, in \d+ steps <strong>", classifier.error_page([row])
    )
