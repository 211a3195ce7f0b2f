from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import BundleError, DataError, RecipeError, UsageError
from seqkit.tokenizers import SentencePieceOptions
from seqkit.tokenizers import sentencepiece as module
from seqkit.tokenizers.sentencepiece import SentencePieceTokenizer


def trained(texts, **options):
    tokenizer = SentencePieceTokenizer(SentencePieceOptions(**{"vocab_size": 360, **options}))
    tokenizer.train(iter(texts))
    return tokenizer


@pytest.fixture(scope="module")
def unigram(sentences):
    return trained(sentences)


@pytest.fixture(scope="module")
def folding(sentences):
    return trained(sentences, lowercase=True)


def test_frequent_words_are_pieces(unigram):
    encoding = unigram.encode("by the rain")
    assert encoding.tokens[-2:] == ["▁the", "▁rain"]
    assert encoding.offsets[-2:] == [(2, 6), (6, 11)]


def test_what_was_never_seen_is_bytes(unigram):
    encoding = unigram.encode("the ʭ\n")
    assert encoding.tokens[-3:] == ["<0xCA>", "<0xAD>", "<0x0A>"]
    assert encoding.offsets[-3:] == [(4, 5), (4, 5), (5, 6)]


def test_given_words_have_the_pieces_that_they_have_in_a_text(unigram):
    words = unigram.encode_words(["by", "the", "rain"])
    assert list(chain(*words)) == unigram.encode_ids(" by the rain")


def test_byte_pair_encoding_is_another_model(sentences):
    assert trained(sentences, model="bpe").names != trained(sentences).names


@settings(deadline=None, max_examples=60)
@given(text=st.text(st.sampled_from("İIiΣ\n\u2581 aB") | st.characters(codec="utf-8")))
def test_folding_gives_lower_case_at_the_same_offsets(folding, text):
    lower = text.replace("İ", "i").lower()
    encoding = folding.encode(text)
    assert len(lower) == len(text)
    assert folding.decode(encoding.ids) == lower.encode("utf-8", "replace").decode()
    for i, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
        assert folding.pieces[i] in lower[start:end].encode("utf-8", "surrogatepass")


def test_folding_never_changes_the_length(folding):
    every = "".join(map(chr, range(0x110000)))
    assert len(folding.fold(every)) == len(every)


def test_a_small_corpus_gives_a_smaller_vocabulary():
    for model in ("unigram", "bpe"):
        assert 259 < trained(["the rain the rain"], vocab_size=8000, model=model).vocab_size < 300


def test_a_vocabulary_too_small_for_the_characters_says_how_many_there_are():
    alphabet = "".join(map(chr, range(0x4E00, 0x4E64)))
    with pytest.raises(RecipeError, match=r"vocab_size = 300 .* alone are 359"):
        trained([alphabet] * 3, vocab_size=300, character_coverage=1.0)


@pytest.mark.parametrize("texts", [[], ["", "\n\u2581\n"]])
def test_no_text_is_an_error(texts):
    with pytest.raises(DataError, match="no text"):
        trained(texts)


@pytest.mark.parametrize("sample", [0, 1000])
def test_an_error_of_the_reader_comes_through(sample):
    def broken():
        yield "one line"
        raise DataError("corpus.txt:2: not UTF-8")

    with pytest.raises(DataError, match=r"^corpus\.txt:2: not UTF-8\.$"):
        trained(broken(), sample=sample)


def test_training_writes_nothing_to_the_terminal(capfd, sentences):
    trained(sentences)
    assert capfd.readouterr() == ("", "")


def test_training_on_a_sample_is_the_same_every_time(sentences):
    texts = [f"{text} {i}" for i, text in enumerate(sentences)]
    first, second = trained(texts, sample=9), trained(texts, sample=9)
    assert first._model == second._model != trained(texts)._model


def test_a_sample_is_drawn_from_all_of_the_corpus():
    lines = [str(i) for i in range(1000)]
    sample = module._sample(iter(lines), 100)
    assert len(set(sample)) == 100
    assert 400 < sum(map(int, sample)) / 100 < 600


def test_fewer_lines_than_the_sample_are_all_taken():
    assert module._sample(iter(["a", "b"]), 5) == ["a", "b"]


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.sampled_from("ab \n\u2581")),
    st.integers(0, 1500),
    st.sampled_from(["word ", "é", " "]),
)
def test_long_lines_are_cut_for_training_and_nothing_is_lost(text, count, unit):
    text += unit * count
    parts = list(module._sentences(text))
    assert all(0 < len(part) <= 1000 for part in parts)
    assert "".join(parts) == text.replace("\n", "").replace("\u2581", "")


def test_cut_lines_go_on_with_the_space():
    parts = list(module._sentences("word " * 500))
    assert all(part.startswith(" word") for part in parts[1:])


def test_a_long_line_is_learnt_from():
    assert "▁heron" in trained([" heron" * 5000 + " grey pond"]).names


def test_without_training_there_is_no_vocabulary():
    with pytest.raises(UsageError, match="Train it or load it first"):
        SentencePieceTokenizer(SentencePieceOptions()).encode("a")


def test_another_layout_of_ids_is_refused(tmp_path, sentences):
    import io

    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=written, vocab_size=60, minloglevel=2
    )
    (tmp_path / "sentencepiece.model").write_bytes(written.getvalue())
    with pytest.raises(BundleError, match="not where they belong"):
        SentencePieceTokenizer(SentencePieceOptions()).load(tmp_path)


def test_a_model_that_changes_the_text_is_found_out(sentences, monkeypatch):
    tokenizer = trained(sentences)
    monkeypatch.setattr(tokenizer, "encode_ids", lambda text: [259])
    with pytest.raises(BundleError, match="do not add up"):
        tokenizer.encode("the rain")
