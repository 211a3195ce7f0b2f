"""Ids by what stands between white space: the same as those of the whole text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.tokenizers import WordOptions
from seqkit.tokenizers.base import UNK
from seqkit.tokenizers.chunks import ChunkIds
from seqkit.tokenizers.word import WordTokenizer
from seqkit.tokenizers.words import find_words, split_words

#: Characters that some rule of splitting or folding is about.
TELLING = "aN\u0130\u017f'\u2019ts\xe9.,-\u0301\u200d3:/ \n\t\x1c\x85\u3000<unk>U.S"
TEXTS = st.lists(st.text() | st.text(TELLING), max_size=6)
OPTIONS = st.builds(
    WordOptions,
    max_size=st.integers(0, 4),
    min_count=st.integers(1, 2),
    lowercase=st.booleans(),
    split=st.sampled_from(["unicode", "whitespace"]),
)


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_no_token_crosses_white_space_and_none_knows_of_what_is_beyond(texts):
    text = " ".join(texts)
    whole = find_words(text)
    assert [word for chunk in text.split() for word in find_words(chunk)] == whole
    assert [text[a:b] for a, b in split_words(text)] == whole


@settings(deadline=None, max_examples=300)
@given(TEXTS, OPTIONS)
def test_ids_are_those_of_the_words_of_the_whole_text(texts, options):
    tokenizer = WordTokenizer(options)
    tokenizer.train(texts)
    for text in [*texts, *texts]:
        assert tokenizer.encode_ids(text) == tokenizer.encode(text).ids


@settings(deadline=None, max_examples=300)
@given(TEXTS, OPTIONS)
def test_a_draft_gives_what_two_passes_give(texts, options):
    trained, drafted = WordTokenizer(options), WordTokenizer(options)
    trained.train(texts)
    draft = drafted.draft()
    numbers = [draft.encode_ids(text) for text in texts]
    table = draft.settle()
    names = [[t.id_to_token(i) for i in range(t.vocab_size)] for t in (trained, drafted)]
    assert names[0] == names[1]
    assert [table[n].tolist() for n in numbers] == [trained.encode_ids(t) for t in texts]
    assert table[:3].tolist() == [0, 1, 2]


def test_affixes_need_the_words_themselves():
    assert WordTokenizer(WordOptions(affixes=1)).draft() is None


def test_few_chunks_are_remembered_and_no_long_ones():
    asked = []

    def look_up(chunk: str) -> list[int]:
        asked.append(chunk)
        return [len(chunk), UNK]

    ids = ChunkIds(look_up, most=2)
    assert ids.of("a bb a").tolist() == [1, UNK, 2, UNK, 1, UNK]
    assert asked == ["a", "bb"]
    assert ids.of("ccc bb").tolist() == [3, UNK, 2, UNK]
    assert asked == ["a", "bb", "ccc", "bb"]
    long = "x" * 100
    ids.of(f"{long} {long}")
    assert asked[4:] == [long, long]
    assert len(ids) == 2
