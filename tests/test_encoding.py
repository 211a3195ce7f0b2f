"""Examples in numbers: what is cut, where tokens are complete, what has no target."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.classification import ClassificationDecoder
from seqkit.decoding.tagging import TaggingDecoder
from seqkit.encoding import IGNORED, Encoded, ExampleEncoder
from seqkit.errors import DataError
from seqkit.examples import TextExample, TokensExample, text_of, words_of
from seqkit.heads import ClassificationOptions, TaggingOptions
from seqkit.recipe.sections import Encoder
from seqkit.spelling import Speller
from seqkit.tokenizers import CharOptions, WordOptions
from seqkit.tokenizers.base import EOS
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.word import WordTokenizer

TEXT = "one two three four five"


def words(**options) -> WordTokenizer:
    tokenizer = WordTokenizer(WordOptions(**options))
    tokenizer.train([TEXT])
    return tokenizer


def classifier(tokenizer, *, characters: bool = False, **limits) -> ExampleEncoder:
    decoder = ClassificationDecoder(ClassificationOptions(), ("no", "yes"))
    limited = Encoder(**limits)
    return ExampleEncoder(tokenizer, decoder, "many-to-one", limited, characters=characters)


def tagger(tokenizer, *, characters: bool = False, **limits) -> ExampleEncoder:
    decoder = TaggingDecoder(TaggingOptions(), ("A", "B"))
    limited = Encoder(**limits)
    return ExampleEncoder(tokenizer, decoder, "many-to-many", limited, characters=characters)


def tokens_of(tokenizer, encoded: Encoded) -> list[str]:
    return [tokenizer.id_to_token(i) for i in encoded.ids.tolist()]


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        ({}, "one two three four five"),
        ({"max_tokens": 2}, "four five"),
        ({"max_tokens": 2, "keep": "start"}, "one two"),
        ({"max_tokens": 5, "keep": "start"}, "one two three four five"),
        ({"max_tokens": 99}, "one two three four five"),
    ],
)
@pytest.mark.parametrize("affixes", [0, 2])
def test_a_text_is_cut_to_its_limit(limits, kept, affixes):
    tokenizer = words(affixes=affixes)
    encoded = classifier(tokenizer, **limits).encode(TextExample(TEXT, "a"), with_target=False)
    assert tokens_of(tokenizer, encoded) == kept.split()
    assert (len(encoded), encoded.ids.dtype) == (len(kept.split()), np.int32)
    if affixes:
        np.testing.assert_array_equal(encoded.features, tokenizer.features(kept.split()))
    else:
        assert encoded.features is None


def test_features_are_those_of_the_text_and_not_of_the_vocabulary():
    tokenizer = words(affixes=1)
    encoded = classifier(tokenizer).encode(TextExample("ONE unheard", "a"), with_target=False)
    np.testing.assert_array_equal(encoded.features, tokenizer.features(["ONE", "unheard"]))


def test_a_text_with_its_target():
    encoder = classifier(words())
    encoded = encoder.encode(TextExample("one", "a", ("yes",)), with_target=True)
    assert (encoded.target.tolist(), encoded.steps) == (1, None)
    assert encoder.encode(TextExample("one", "a"), with_target=False).target is None


def test_a_label_that_the_model_does_not_know_is_an_error():
    with pytest.raises(DataError, match=r"a:3: the label 'yess'.*Did you mean 'yes'"):
        classifier(words()).encode(TextExample("one", "a:3", ("yess",)), with_target=True)


def test_a_token_is_complete_at_its_last_piece():
    tokenizer = CharTokenizer(CharOptions())
    tokenizer.train(["abc"])
    example = TokensExample(("ab", "c", "bca"), "a", ("A", "B", "B"))
    encoded = tagger(tokenizer).encode(example, with_target=True)
    assert tokens_of(tokenizer, encoded) == list("abcbca")
    assert encoded.steps.tolist() == [1, 2, 5]
    assert encoded.step_targets().tolist() == [IGNORED, 0, 1, IGNORED, IGNORED, 1]


def test_a_token_of_which_nothing_is_left_still_has_a_step():
    encoded = tagger(words()).encode(TokensExample(("one", "", "two"), "a"), with_target=False)
    assert len(encoded) == len(encoded.steps) == 3


def test_a_tag_that_training_never_showed_has_no_target():
    example = TokensExample(("one", "two"), "a", ("new", "B"))
    encoded = tagger(words()).encode(example, with_target=True)
    assert encoded.step_targets().tolist() == [IGNORED, 1]


def test_each_piece_of_a_token_has_the_tokens_features():
    class Pairs(WordTokenizer):
        def encode_words(self, words):
            return [[1] * len(word) for word in words]

    tokenizer = Pairs(WordOptions(affixes=1))
    encoded = tagger(tokenizer).encode(TokensExample(("abc", "d"), "a"), with_target=False)
    first, second = tokenizer.features(["abc", "d"])
    np.testing.assert_array_equal(encoded.features, [first, first, first, second])


@pytest.mark.parametrize("affixes", [0, 1])
def test_characters_are_those_of_the_text_and_not_of_the_vocabulary(affixes):
    encoder = classifier(words(affixes=affixes), characters=True, max_tokens=2)
    encoded = encoder.encode(TextExample("ONE Two unheard", "a"), with_target=False)
    np.testing.assert_array_equal(encoded.characters, Speller()(["Two", "unheard"]))
    assert (encoded.features is None) == (not affixes)
    plain = classifier(words()).encode(TextExample("ONE", "a"), with_target=False)
    assert plain.characters is None


def test_each_piece_of_a_token_has_the_tokens_characters():
    class Pairs(WordTokenizer):
        def encode_words(self, words):
            return [[1] * len(word) for word in words]

    encoder = tagger(Pairs(WordOptions()), characters=True)
    encoded = encoder.encode(TokensExample(("abc", "d"), "a"), with_target=False)
    np.testing.assert_array_equal(encoded.characters, Speller()(["abc", "abc", "abc", "d"]))


@pytest.mark.parametrize("affixes", [0, 2])
def test_a_sentence_without_tokens(affixes):
    encoded = tagger(words(affixes=affixes)).encode(TokensExample((), "a"), with_target=True)
    assert (len(encoded), encoded.steps.tolist(), encoded.step_targets().tolist()) == (0, [], [])


IN_CONTEXT = TokensExample(
    ("two", "ab"), "a", ("A", "B"), before=("five", "one"), after=("cba", "three")
)


@pytest.mark.parametrize(
    ("context", "read", "steps"),
    [
        (0, "two ab", [0, 1]),
        (1, "one <end> two ab <end> cba", [2, 3]),
        (2, "five one <end> two ab <end> cba three", [3, 4]),
        (9, "five one <end> two ab <end> cba three", [3, 4]),
    ],
)
def test_a_sentence_is_read_between_what_stands_around_it(context, read, steps):
    tokenizer = WordTokenizer(WordOptions(affixes=1))
    tokenizer.train([f"{TEXT} ab cba"])
    encoder = tagger(tokenizer, characters=True, context=context)
    encoded = encoder.encode(IN_CONTEXT, with_target=True)
    end = tokenizer.id_to_token(EOS)
    assert tokens_of(tokenizer, encoded) == read.replace("<end>", end).split()
    words = ["" if word == "<end>" else word for word in read.split()]
    np.testing.assert_array_equal(encoded.features, tokenizer.features(words))
    np.testing.assert_array_equal(encoded.characters, Speller()(words))
    assert encoded.steps.tolist() == steps
    targets = [IGNORED] * len(words)
    targets[steps[0] : steps[1] + 1] = [0, 1]
    assert encoded.step_targets().tolist() == targets


def test_pieces_of_words_around_a_sentence_are_no_steps_of_its_own():
    tokenizer = CharTokenizer(CharOptions())
    tokenizer.train(["abc"])
    example = TokensExample(("ab", "c"), "a", ("A", "B"), before=("ca",), after=("bb",))
    encoded = tagger(tokenizer, context=5).encode(example, with_target=True)
    assert encoded.ids.tolist()[2] == encoded.ids.tolist()[6] == EOS
    assert encoded.steps.tolist() == [4, 5]
    ignored = [IGNORED] * 3
    assert encoded.step_targets().tolist() == [*ignored, IGNORED, 0, 1, *ignored]


@pytest.mark.parametrize(
    ("before", "after", "steps"), [(("five",), (), [2, 3]), ((), ("five",), [0, 1])]
)
def test_a_sentence_at_the_edge_of_its_document_has_one_neighbour(before, after, steps):
    example = TokensExample(("one", "two"), "a", before=before, after=after)
    encoded = tagger(words(), context=3).encode(example, with_target=False)
    assert (len(encoded), encoded.steps.tolist()) == (4, steps)


def test_nothing_is_read_around_a_sentence_without_words():
    example = TokensExample((), "a", before=("one",), after=("two",))
    assert len(tagger(words(), context=3).encode(example, with_target=True)) == 0


def test_texts_and_tokens_stand_for_each_other():
    assert text_of(TokensExample(("a", "b"), "")) == "a b"
    assert words_of(TextExample("a\tb ", "")) == ["a", "b"]


def test_a_piece_has_what_belongs_to_each_of_its_tokens():
    example = TokensExample(("the", "cat", "sat"), "a", tags=("A", "B", "A"))
    whole = tagger(words(affixes=1)).encode(example, with_target=True)
    piece = whole.piece(1, 3)
    np.testing.assert_array_equal(piece.ids, whole.ids[1:])
    np.testing.assert_array_equal(piece.features, whole.features[1:])
    assert piece.target is piece.steps is None
