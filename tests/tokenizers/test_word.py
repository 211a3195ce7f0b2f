from __future__ import annotations

import time
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.tokenizers import WordOptions
from seqkit.tokenizers.word import WordTokenizer


def trained(*texts, **options):
    tokenizer = WordTokenizer(WordOptions(**options))
    tokenizer.train(iter(texts))
    return tokenizer


def vocabulary(tokenizer):
    return [tokenizer.id_to_token(i) for i in range(3, tokenizer.vocab_size)]


def test_words_by_frequency_then_code_point():
    assert vocabulary(trained("the fox, the dog", "The end")) == ["the", ",", "dog", "end", "fox"]


def test_max_size_counts_words_alone():
    tokenizer = trained("a a a b b c", max_size=2)
    assert vocabulary(tokenizer) == ["a", "b"]
    assert tokenizer.vocab_size == 5


def test_min_count_leaves_rare_words_out():
    assert vocabulary(trained("a a a b b c", min_count=2)) == ["a", "b"]


@pytest.mark.parametrize("drafted", [False, True])
def test_words_are_taken_in_whatever_the_texts_have(drafted):
    tokenizer = WordTokenizer(WordOptions(min_count=2, max_size=1))
    tokenizer.admit(["rain", "Snow", "<unk>", "b", "rain", "a"])
    texts = ["a a a b b c rain"]
    if drafted:
        draft = tokenizer.draft()
        ids = draft.encode_ids(texts[0])
        assert draft.settle()[ids].tolist() == [3, 3, 3, 5, 5, 1, 4]
    else:
        tokenizer.train(iter(texts))
    # those of the texts first; "Snow" would be looked up as "snow"
    assert vocabulary(tokenizer) == ["a", "rain", "b"]


def test_a_word_that_the_vocabulary_lacks_is_unknown():
    tokenizer = trained("rain")
    assert tokenizer.encode_ids("rain snow") == [3, 1]
    assert tokenizer.decode([3, 1]) == "rain <unk>"


def test_case_is_kept_when_asked():
    tokenizer = trained("Rain rain", lowercase=False)
    assert tokenizer.encode_ids("Rain rain RAIN") == [3, 4, 1]


def test_tokens_and_offsets_are_those_of_the_text():
    encoding = trained("istanbul").encode("İ! ISTANBUL\u0301 I")
    assert encoding.tokens == ["İ", "!", "ISTANBUL\u0301", "I"]
    assert encoding.offsets == [(0, 1), (1, 2), (3, 12), (13, 14)]


@settings(deadline=None, max_examples=60)
@given(text=st.text(st.sampled_from("İΣςA'\u2019\u0301nt .") | st.characters()))
@pytest.mark.parametrize("split", ["unicode", "whitespace"])
def test_a_text_trained_on_has_no_unknown(split, text):
    text = text.replace("<unk>", "")
    tokenizer = trained(text, split=split)
    assert tokenizer.unk_id not in tokenizer.encode_ids(text)
    assert tokenizer.encode(text).ids == tokenizer.encode_ids(text)


def test_given_words_are_counted_and_looked_up_whole():
    tokenizer = trained(["New York", "don't", "<unk>"])
    assert vocabulary(tokenizer) == ["don't", "new york"]
    assert tokenizer.encode_words(["NEW YORK", "don't", "<unk>", "York"]) == [[4], [3], [1], [1]]


def test_white_space_alone_parts_words_when_asked():
    tokenizer = trained("the @-@ U.S. , <unk>\n the", split="whitespace")
    assert vocabulary(tokenizer) == ["the", ",", "@-@", "u.s."]
    assert tokenizer.encode_ids("the <unk>\nthe ,") == [3, 1, 3, 4]


def test_white_space_split_decodes_to_single_spaces():
    tokenizer = trained('a , b . " c', split="whitespace")
    assert tokenizer.decode(tokenizer.encode_ids('a ,\n b . " c')) == 'a , b . " c'


@pytest.mark.parametrize(
    "text",
    [
        "it's fine, isn't it? yes!",
        'she said "go on" and (then) left.',
        "well-known and/or $5.00 at 10:30...",
        "the 50% of it [sic] — \u201cquoted\u201d don\u2019t",
        "the miller's and the dogs' day",
    ],
)
def test_punctuation_attaches_when_decoded(text):
    tokenizer = trained(text)
    assert tokenizer.decode(tokenizer.encode_ids(text)) == text


def test_a_stream_that_continues_a_text_begins_with_its_space():
    tokenizer = trained("the rain .")
    the, rain, stop = tokenizer.encode_ids("the rain .")
    decoder = tokenizer.stream_decoder()
    assert [decoder.push(i) for i in (the, rain, stop, the)] == ["the", " rain", ".", " the"]
    assert decoder.flush() == ""


def test_any_word_survives_the_file(tmp_path):
    words = ["new\nline", "tab\t", "nul\0", "\u2028", "é", '"', "\ud800"]
    tokenizer = trained(words)
    tokenizer.save(tmp_path)
    loaded = WordTokenizer(WordOptions())
    loaded.load(tmp_path)
    assert loaded.encode_words(words) == tokenizer.encode_words(words)
    assert loaded.unk_id not in chain(*loaded.encode_words(words))


def test_ids_come_fast_enough():
    """25,000 reviews of 1,300 characters should take about 3 s; this is a fiftieth of them."""
    text = "The plot isn't much, but (as ever) she's a joy to watch - 9/10 from me! " * 18
    texts = [text, text.replace("a joy", "naïve")] * 250
    tokenizer = trained(text)
    start = time.process_time()
    for text in texts:
        tokenizer.encode_ids(text)
    assert time.process_time() - start < 1


def test_a_real_text_repeats_most_of_its_words(shared_data):
    path = shared_data / "tinyshakespeare" / "input.txt"
    text = path.read_text(encoding="utf-8")[:200_000]
    tokenizer = trained(text, min_count=2)
    ids = tokenizer.encode_ids(text)
    assert 0 < ids.count(tokenizer.unk_id) / len(ids) < 0.1
