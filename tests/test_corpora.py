from collections import Counter
from pathlib import Path

import pytest

from seqkit import corpora, recipe, registry
from seqkit.errors import DataError, RecipeError, SeqkitError, UsageError
from seqkit.readers.files import read
from seqkit.recipe import Recipe

SMALL = ("tiny-names", "tiny-reviews", "tiny-tags", "tiny-tales", "tiny-topics")
REAL = (
    "english",
    "goemotions",
    "imdb",
    "smsspam",
    "tinyshakespeare",
    "ud-english-ewt",
    "ud-french-sequoia",
    "wikitext-2",
    "wnut17",
)


@pytest.fixture(autouse=True)
def _nothing_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SEQKIT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def a_recipe(head: str = "classification", **sections: object) -> Recipe:
    return recipe.parse({"head": {"name": head}, **sections})


def count(paths: tuple[Path, ...], sources: corpora.Sources) -> tuple[int, Counter[str]]:
    """How many examples, and how often each label or tag."""
    answers: Counter[str] = Counter()
    examples = 0
    for example in read(paths, reader=sources.reader):
        examples += 1
        answers.update(getattr(example, "labels", None) or getattr(example, "tags", ()))
    return examples, answers


def test_all_corpora_are_known_by_name() -> None:
    assert [manifest.name for manifest in corpora.known()] == sorted(SMALL + REAL)


@pytest.mark.parametrize("name", SMALL + REAL)
def test_a_manifest_is_whole(name: str) -> None:
    manifest = corpora.find(name)

    assert manifest.licence
    assert manifest.language in ("en", "fr")
    assert corpora.reader_of(manifest).name == manifest.reader["name"]
    assert bool(manifest.files) == (name in REAL)
    assert bool(manifest.homepage and manifest.citation) == (name in REAL)


@pytest.mark.parametrize("name", [n for m in corpora.known() for n in corpora.recipes(m)])
def test_a_shipped_recipe_parses_and_trains_on_its_corpus(name: str) -> None:
    loaded = recipe.load(corpora.recipe_path(name))
    manifest = corpora.find(name.partition("/")[0])

    assert loaded.corpus.name == manifest.name
    # or it is a language model of the corpus's texts, for others to begin from
    own = registry.find("head", manifest.task).spec.command
    assert loaded.head_spec.command in (own, "generate")


@pytest.mark.parametrize("name", SMALL)
def test_each_small_corpus_has_a_recipe(name: str) -> None:
    assert f"{name}/lstm" in corpora.recipes(corpora.find(name))


@pytest.mark.parametrize(
    ("name", "train", "dev", "answers"),
    [
        ("tiny-reviews", 200, 40, {"positive": 100, "negative": 100}),
        ("tiny-topics", 85, 21, {"food": 23, "sport": 22, "money": 22, "science": 22, "music": 21}),
        ("tiny-tags", 100, 20, {"NOUN": 133, "VERB": 109, "PUNCT": 109, "DET": 95}),
        ("tiny-names", 51, 13, {"O": 332, "B-LOC": 35, "B-PER": 27, "B-ORG": 21}),
        ("tiny-tales", 1, 0, {}),
    ],
)
def test_a_small_corpus_reads_with_no_download(
    name: str, train: int, dev: int, answers: dict[str, int]
) -> None:
    task = corpora.find(name).task
    sources = corpora.sources(a_recipe(task, corpus={"name": name}), base=Path("/nowhere"))

    examples, found = count(sources.train, sources)

    assert examples == train
    assert count(sources.dev, sources)[0] == dev
    assert answers.items() <= found.items()
    assert (sources.name, sources.licence) == (name, "CC0-1.0")


def test_no_text_of_a_small_corpus_is_in_train_and_dev() -> None:
    for name in SMALL:
        task = corpora.find(name).task
        sources = corpora.sources(a_recipe(task, corpus={"name": name}), base=Path())
        texts = [
            {getattr(e, "text", None) or e.tokens for e in read(paths, reader=sources.reader)}
            for paths in (sources.train, sources.dev)
        ]
        assert not texts[0] & texts[1]


@pytest.mark.parametrize(
    ("name", "train", "dev", "answers"),
    [
        ("ud-english-ewt", 12_544, 2_001, {"NOUN": 34_751}),
        ("ud-french-sequoia", 2_231, 412, {"NOUN": 10_888}),
        ("wnut17", 3_394, 1_009, {"B-person": 660}),
        ("goemotions", 43_410, 5_426, {"neutral": 14_219}),
        ("smsspam", 5_574, 0, {"ham": 4_827, "spam": 747}),
        ("tinyshakespeare", 1, 0, {}),
        ("wikitext-2", 36_718, 3_760, {}),
    ],
)
def test_a_real_corpus_reads_from_the_data_variable(
    shared_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    train: int,
    dev: int,
    answers: dict[str, int],
) -> None:
    monkeypatch.setenv("SEQKIT_DATA", str(shared_data))
    task = corpora.find(name).task

    sources = corpora.sources(a_recipe(task, corpus={"name": name}), base=Path())

    examples, found = count(sources.train, sources)
    assert examples == train
    assert count(sources.dev, sources)[0] == dev
    assert answers.items() <= found.items()
    assert sources.test == ()


def test_imdb_is_found_in_its_archive(shared_data: Path) -> None:
    sources = corpora.sources(
        a_recipe(corpus={"name": "imdb"}), base=Path(), data=shared_data / "imdb"
    )

    assert sources.train == (shared_data / "imdb" / "aclImdb_train.tar.gz" / "aclImdb" / "train",)
    assert (sources.dev, sources.test, sources.dev_fraction) == ((), (), 0.2)
    assert sources.reader.options.labels == ("neg", "pos")


@pytest.mark.parametrize("name", REAL)
def test_a_local_copy_has_the_sums_of_the_manifest(shared_data: Path, name: str) -> None:
    import hashlib

    manifest = corpora.find(name)
    for file in manifest.files:
        local = shared_data / name / file.path
        if file.sha256 and local.exists():
            assert hashlib.sha256(local.read_bytes()).hexdigest() == file.sha256
            assert file.bytes in (0, local.stat().st_size)


def test_an_unknown_corpus_offers_the_near_match() -> None:
    with pytest.raises(UsageError, match="Did you mean 'tiny-reviews'"):
        corpora.find("tiny-review")


def imdb_in(folder: Path) -> Path:
    """A folder that looks like the unpacked corpus, with one review of each kind."""
    for label in ("neg", "pos"):
        (folder / "aclImdb" / "train" / label).mkdir(parents=True)
        (folder / "aclImdb" / "train" / label / "0_1.txt").write_text("so so")
    return folder


def test_the_data_option_may_hold_the_corpus_or_be_it(tmp_path: Path) -> None:
    folder = imdb_in(tmp_path / "imdb")
    manifest = corpora.find("imdb")

    assert corpora.data_folder(manifest, folder) == folder
    assert corpora.data_folder(manifest, tmp_path) == folder


def test_the_data_option_is_the_only_place_looked_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQKIT_DATA", str(imdb_in(tmp_path / "shared")))
    (tmp_path / "empty").mkdir()

    with pytest.raises(DataError, match=r"aclImdb_v1.* is not in .*empty\. .*--data FOLDER"):
        corpora.data_folder(corpora.find("imdb"), tmp_path / "empty")


def test_the_data_variable_goes_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = corpora.find("imdb")
    cached = imdb_in(corpora.cache_folder(manifest))
    assert cached == tmp_path / "cache" / "seqkit" / "corpora" / "imdb"
    assert corpora.data_folder(manifest) == cached

    shared = imdb_in(tmp_path / "shared" / "imdb")
    monkeypatch.setenv("SEQKIT_DATA", str(tmp_path / "shared"))
    assert corpora.data_folder(manifest) == shared


def test_a_data_variable_without_the_corpus_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQKIT_DATA", str(tmp_path))

    assert corpora.data_folder(corpora.find("tiny-tags")) == corpora.root() / "tiny-tags"


def test_missing_files_say_how_to_get_them() -> None:
    with pytest.raises(DataError, match=r"seqkit corpora fetch imdb.*--data FOLDER"):
        corpora.data_folder(corpora.find("imdb"))


def test_the_cache_is_in_the_home_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))

    folder = corpora.cache_folder(corpora.find("imdb"))

    assert folder == tmp_path / ".cache" / "seqkit" / "corpora" / "imdb"


def test_own_files_are_relative_to_the_base_and_choose_their_reader(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nfine,good\n")
    (tmp_path / "b.csv").write_text("text,label\nbad,poor\n")

    sources = corpora.sources(
        a_recipe(corpus={"train": ["a.csv"], "dev": ["b.*"], "encoding": "latin-1"}), base=tmp_path
    )

    assert (sources.train, sources.dev) == ((tmp_path / "a.csv",), (tmp_path / "b.csv",))
    assert (sources.reader.name, sources.encoding) == ("csv", "latin-1")
    assert (sources.name, sources.licence, sources.dev_fraction) == ("", "", 0.1)


def test_the_data_option_takes_the_place_of_the_base(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nfine,good\n")

    sources = corpora.sources(
        a_recipe(corpus={"train": ["a.csv"]}), base=Path("/nowhere"), data=tmp_path
    )

    assert sources.train == (tmp_path / "a.csv",)


def test_the_keys_of_a_recipe_go_before_those_of_its_corpus() -> None:
    own = a_recipe(
        corpus={"name": "tiny-reviews", "train": ["dev.csv"], "dev_fraction": 0.3},
        reader={"name": "csv", "label": "label"},
    )

    sources = corpora.sources(own, base=Path("/nowhere"))

    folder = corpora.root() / "tiny-reviews"
    assert (sources.train, sources.dev) == ((folder / "dev.csv",), (folder / "dev.csv",))
    assert sources.dev_fraction == 0.3
    assert sources.reader is own.reader


def test_a_misspelt_file_of_a_recipe_is_an_error_for_every_split(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nfine,good\n")

    for split in ("train", "dev", "test"):
        section = {"train": ["a.csv"], split: ["aa.csv"]}
        with pytest.raises(DataError, match=r"There is no .*aa\.csv"):
            corpora.sources(a_recipe(corpus=section), base=tmp_path)


def test_a_recipe_without_training_data_is_an_error() -> None:
    with pytest.raises(RecipeError, match=r"no training data.*corpus\.train"):
        corpora.sources(a_recipe(), base=Path())


@pytest.mark.parametrize(
    "text", ["tiny-tags/lstm", "corpora/tiny-tags/lstm.toml", "tiny-tags/lstm.toml"]
)
def test_a_shipped_recipe_is_found_from_anywhere(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert corpora.recipe_path(text) == corpora.root() / "tiny-tags" / "lstm.toml"


def test_a_file_goes_before_a_shipped_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny-tags").mkdir()
    (tmp_path / "tiny-tags" / "lstm").write_text("")
    monkeypatch.chdir(tmp_path)

    assert corpora.recipe_path("tiny-tags/lstm") == Path("tiny-tags/lstm")


def test_an_unknown_recipe_offers_the_near_match() -> None:
    with pytest.raises(RecipeError, match="Did you mean 'tiny-tags/lstm'"):
        corpora.recipe_path("tiny-tag/lstm")


def test_a_manifest_is_no_recipe() -> None:
    with pytest.raises(RecipeError):
        corpora.recipe_path("tiny-tags/corpus")


MANIFEST = """
name = "mine"
summary = "my own"
task = "generation"
language = "en"
licence = "CC0-1.0"
reader = {name = "text"}
splits = {train = ["a.txt"]}
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("licence", "license"), "license|licence"),
        (('"CC0-1.0"', '""'), "licence"),
        (('["a.txt"]', "[]"), r"splits\.train"),
        (('"mine"', '"other"'), "not the name of its folder"),
        (('"en"', '"en"\nfiles = [{url = "ftp://x/y", path = "y"}]'), r"files\[0\]\.url"),
        (('"en"', '"en"\nfiles = [{url = "http://x/y", path = "y", sha256 = "1"}]'), "sha256"),
        (('"en"', '"en"\ndev_fraction = 1'), "dev_fraction"),
        (("name =", "name"), "not valid TOML"),
    ],
)
def test_a_bad_manifest_names_the_key(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "corpus.toml").write_text(MANIFEST)
    assert corpora.read_manifest(folder / "corpus.toml").name == "mine"

    (folder / "corpus.toml").write_text(MANIFEST.replace(*change, 1))
    with pytest.raises(SeqkitError, match=rf"corpus\.toml.*({problem})"):
        corpora.read_manifest(folder / "corpus.toml")


def test_texts_without_labels_are_read_where_a_recipe_asks_for_them(tmp_path: Path) -> None:
    folder = tmp_path / "aclImdb" / "train"
    for label in ("neg", "pos", "unsup"):
        (folder / label).mkdir(parents=True)
        (folder / label / "1.txt").write_text(label)
    teacher = {"models": ["m"]}
    tables = {"corpus": {"name": "imdb", "unlabelled": "all"}, "teacher": teacher}
    found = corpora.sources(a_recipe("classification", **tables), base=Path(), data=tmp_path)
    assert found.unlabelled == (folder / "unsup",)
    own = {**tables, "corpus": {"name": "imdb", "unlabelled": ["aclImdb/train/pos"]}}
    found = corpora.sources(a_recipe("classification", **own), base=Path(), data=tmp_path)
    assert found.unlabelled == (folder / "pos",)
    plain = {"corpus": {"name": "imdb"}}
    found = corpora.sources(a_recipe("classification", **plain), base=Path(), data=tmp_path)
    assert found.unlabelled == ()
    (folder / "unsup" / "1.txt").unlink()
    (folder / "unsup").rmdir()
    with pytest.raises(DataError, match=r"no texts without labels here.*train/unsup is not in"):
        corpora.sources(a_recipe("classification", **tables), base=Path(), data=tmp_path)
    tables["corpus"] = {"name": "tiny-reviews", "unlabelled": "all"}
    with pytest.raises(DataError, match="its manifest names none"):
        corpora.sources(a_recipe("classification", **tables), base=Path())
