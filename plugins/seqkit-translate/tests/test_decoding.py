"""Target sentences as ids, ids as translations, and their scores."""

import math

import numpy as np
import pytest
import sacrebleu
from seqkit_translate import TranslationOptions
from seqkit_translate.decoding import TOKEN, TranslationDecoder, normalised
from seqkit_translate.metrics import signatures

from seqkit.errors import BundleError, DataError, RecipeError, UsageError
from seqkit.examples import TextExample, TokensExample
from seqkit.tokenizers import SentencePieceOptions, WordOptions
from seqkit.tokenizers.base import EOS
from seqkit.tokenizers.sentencepiece import SentencePieceTokenizer
from seqkit.tokenizers.word import WordTokenizer

FRENCH = ["le chat est là", "un chien court", "le chien est là", "où est le chat ?"]
EXAMPLES = [TextExample("x", f"a.tsv:{n}", (text,)) for n, text in enumerate(FRENCH, 1)]


@pytest.fixture
def decoder():
    made = TranslationDecoder(TranslationOptions(vocab_size=300, length_penalty=0.5))
    made.fit(EXAMPLES)
    return made


def found(ids, nats=-0.25):
    return np.array([(i, nats) for i in ids], dtype=TOKEN)


def test_a_target_is_the_translation_and_its_end(decoder):
    target = decoder.target(EXAMPLES[3])
    assert (target.dtype, target[-1], EOS in target[:-1]) == (np.int64, EOS, False)
    assert decoder.text(target) == "où est le chat ?"
    assert target.max() < decoder.output_size <= 300


def test_what_was_found_is_read(decoder):
    ids = decoder.target(EXAMPLES[1])
    answer = decoder.decode(found(ids), "b.txt:7")
    assert (answer.source, answer.text, answer.complete) == ("b.txt:7", "un chien court", True)
    assert answer.tokens == len(ids)
    assert answer.score == pytest.approx(-0.25 * len(ids) / ((5 + len(ids)) / 6) ** 0.5)
    assert answer.alternatives == ()


def test_a_translation_without_an_end_was_cut(decoder):
    answer = decoder.decode(found(decoder.target(EXAMPLES[1])[:-1]), "b.txt:7")
    assert (answer.text, answer.complete) == ("un chien court", False)


def test_nothing_is_translated_as_nothing(decoder):
    answer = decoder.decode_empty("b.txt:1")
    assert (answer.text, answer.tokens, answer.complete) == ("", 0, True)


def test_a_length_penalty_of_zero_is_none():
    assert normalised(-3.0, 7, 0.0) == -3.0
    assert normalised(-3.0, 7, 1.0) == -1.5  # (5 + 7) / 6


def test_scores_are_those_of_sacrebleu(decoder):
    said = ["le chat est là", "un chat court vite", "le chien", "où est le chat ?"]
    texts = [TextExample("x", "", (text,)) for text in said]
    logits = [found(decoder.target(example)) for example in texts]
    scores = decoder.score(logits, [decoder.target(example) for example in EXAMPLES])
    assert scores == {
        "bleu": pytest.approx(sacrebleu.corpus_bleu(said, [FRENCH]).score),
        "chrf": pytest.approx(sacrebleu.corpus_chrf(said, [FRENCH]).score),
    }
    assert 20 < scores["bleu"] < 100


def test_a_mistake_is_another_translation_than_the_datas(decoder):
    target = decoder.target(EXAMPLES[0])
    assert decoder.mistakes(found(target), target) == ()
    (wrong,) = decoder.mistakes(found(decoder.target(EXAMPLES[2])), target)
    assert (wrong.step, wrong.truth, wrong.prediction) == (None, FRENCH[0], FRENCH[2])
    tokens = len(decoder.target(EXAMPLES[2]))
    assert wrong.probability == pytest.approx(math.exp(-0.25 * tokens))


def test_there_must_be_something_to_score(decoder):
    with pytest.raises(DataError, match="nothing to score"):
        decoder.score([], [])


def test_the_signatures_say_how():
    assert signatures()["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert signatures()["chrf"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


@pytest.mark.parametrize(
    ("example", "found"),
    [
        (TextExample("a", "f.tsv:3"), "none"),
        (TextExample("a", "f.tsv:3", ("b", "c")), "2"),
        (TextExample("a", "f.tsv:3", (" ",)), "an empty one"),
        (TokensExample(("a",), "f.tsv:3", ("N",)), "none"),
    ],
)
def test_an_example_has_one_translation(decoder, example, found):
    with pytest.raises(DataError, match=f"f.tsv:3: expected one translation, found {found}"):
        decoder.target(example)


def test_its_vocabulary_is_kept(decoder, tmp_path):
    decoder.save(tmp_path)
    again = TranslationDecoder(decoder.options)
    again.load(tmp_path)
    assert again.target(EXAMPLES[0]).tolist() == decoder.target(EXAMPLES[0]).tolist()
    assert again.output_size == decoder.output_size


def test_a_damaged_or_missing_vocabulary_is_refused(decoder, tmp_path):
    with pytest.raises(BundleError, match=r"sentencepiece.model is missing"):
        decoder.load(tmp_path / "head")
    (tmp_path / "sentencepiece.model").write_bytes(b"not a model")
    with pytest.raises(BundleError, match=r"sentencepiece.model can't be used"):
        decoder.load(tmp_path)


class TestShared:
    @pytest.fixture
    def decoder(self):
        return TranslationDecoder(TranslationOptions(shared_vocabulary=True))

    def test_the_tokenizer_learns_from_both_sides(self, decoder):
        assert list(decoder.texts(TextExample("a cat", "", ("un chat",)))) == ["a cat", "un chat"]

    def test_it_is_the_models_own(self, decoder, tmp_path):
        decoder.fit(EXAMPLES)
        with pytest.raises(UsageError, match="no tokenizer yet"):
            decoder.target(EXAMPLES[0])
        tokenizer = SentencePieceTokenizer(SentencePieceOptions(vocab_size=300))
        tokenizer.train(FRENCH)
        decoder.use(tokenizer)
        assert decoder.target(EXAMPLES[0]).tolist() == [*tokenizer.encode_ids(FRENCH[0]), EOS]
        assert decoder.output_size == tokenizer.vocab_size
        decoder.save(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_unknown_words_could_not_be_read(self, decoder):
        with pytest.raises(RecipeError, match=r"tokenizer of words.*tokenizer.name=sentencepiece"):
            decoder.use(WordTokenizer(WordOptions()))


def test_a_vocabulary_of_its_own_leaves_the_sentences_to_the_tokenizer(decoder):
    assert list(decoder.texts(TextExample("a cat", "", ("un chat",)))) == ["a cat"]
