from __future__ import annotations

import pytest

from seqkit.errors import BundleError
from seqkit.tokenizers import CharOptions
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.vocabulary import write_tokens


def trained(*texts, **options):
    tokenizer = CharTokenizer(CharOptions(**options))
    tokenizer.train(texts)
    return tokenizer


def test_characters_follow_the_bytes_by_frequency_then_code_point():
    tokenizer = trained("bbb", "dac")
    assert tokenizer.names[259:] == ["b", "a", "c", "d"]
    assert tokenizer.encode_ids("bad") == [259, 260, 262]


def test_an_unknown_character_is_its_bytes():
    tokenizer = trained("ab")
    assert tokenizer.encode_ids("aé") == [259, 3 + 0xC3, 3 + 0xA9]
    assert tokenizer.encode("aé").tokens == ["a", "<0xC3>", "<0xA9>"]
    assert tokenizer.encode("éa").offsets == [(0, 1), (0, 1), (1, 2)]


def test_max_size_counts_characters_alone():
    assert trained("aaabbc", max_size=2).vocab_size == 259 + 2


def test_min_count_leaves_rare_characters_out():
    assert trained("aaabbc", min_count=2).names[259:] == ["a", "b"]


def test_untrained_text_is_bytes():
    tokenizer = CharTokenizer(CharOptions())
    assert tokenizer.decode(tokenizer.encode_ids("né")) == "né"
    assert tokenizer.vocab_size == 259


def test_a_surrogate_is_never_a_character():
    assert trained("a\ud800\udfff").vocab_size == 260


def test_given_tokens_bring_the_space_between_them():
    assert trained(["a", "b"]).names[259:] == [" ", "a", "b"]


@pytest.mark.parametrize("token", ["", "ab", "\ud800"])
def test_a_file_with_other_than_characters_is_refused(tmp_path, token):
    write_tokens(tmp_path / "characters.jsonl", ["a", token])
    with pytest.raises(BundleError, match="not one character"):
        CharTokenizer(CharOptions()).load(tmp_path)
