"""The likeliest next words, held against every word that a tiny alphabet can spell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from seqkit.decoding.numerics import softmax
from seqkit.specs import Options
from seqkit.suggesting import WordSearch, is_word
from seqkit.tokenizers import CharOptions, SentencePieceOptions, WordOptions
from seqkit.tokenizers.base import EOS, Tokenizer
from seqkit.tokenizers.byte import ByteTokenizer
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.pieces import FIRST_LEARNT, PieceTokenizer
from seqkit.tokenizers.sentencepiece import SentencePieceTokenizer
from seqkit.tokenizers.word import WordTokenizer

NEVER = -1e4


class Table:
    """A runtime whose next token depends on all tokens so far, as a subclass or a table says."""

    def __init__(self, size: int, after: Mapping[tuple[int, ...], Mapping[int, float]]) -> None:
        self.size, self.after = size, after

    def row(self, history: tuple[int, ...]) -> np.ndarray:
        """The logits after a history: what its longest ending in the table has."""
        row = np.full(self.size, NEVER)
        for start in range(len(history) + 1):
            if (known := self.after.get(history[start:])) is not None:
                for token, probability in known.items():
                    row[token] = np.log(probability)
                break
        return row

    def initial_state(self, batch_size: int) -> list[tuple[int, ...]]:
        return [()] * batch_size

    def select(self, state: list[tuple[int, ...]], rows: Sequence[int]) -> list[tuple[int, ...]]:
        return [state[row] for row in rows]

    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        columns = zip(state, ids.T.tolist(), lengths.tolist(), strict=True)
        state = [(*before, *column[:length]) for before, column, length in columns]
        return np.array([self.row(history) for history in state]), state


class Drawn(Table):
    """A runtime whose next token is drawn at random from some, as the last three tokens decide."""

    def __init__(self, size: int, tokens: Sequence[int], seed: int) -> None:
        super().__init__(size, {})
        self.tokens, self.seed = list(tokens), seed

    def row(self, history: tuple[int, ...]) -> np.ndarray:
        row = np.full(self.size, NEVER)
        rng = np.random.default_rng([self.seed, *history[-3:]])
        row[self.tokens] = rng.normal(0, 1.5, len(self.tokens))
        return row


def chars(alphabet: str) -> CharTokenizer:
    tokenizer = CharTokenizer(CharOptions())
    tokenizer.train([alphabet])
    return tokenizer


def brute_force(
    runtime: Table, tokenizer: CharTokenizer, text: str, alphabet: str, longest: int
) -> dict[str, float]:
    """Every word up to so many letters, by the product of its characters' probabilities."""
    ids = {c: tokenizer.encode_ids(c)[0] for c in alphabet}
    letters = [c for c in alphabet if c.isalnum() or c == "'"]

    def after(history: str) -> dict[str, float]:
        row = softmax(runtime.row((EOS, *tokenizer.encode_ids(history))))
        return {c: float(row[i]) for c, i in ids.items()} | {"": float(row[EOS])}

    found: dict[str, float] = {}
    begun = 0.0

    def spell(space: str, word: str, probability: float) -> None:
        following = after(text + space + word)
        if word:
            ended = sum(p for c, p in following.items() if c not in letters)
            found[word] = found.get(word, 0.0) + probability * ended
        for c in letters if len(word) < longest else ():
            if word or c != "'":
                spell(space, word + c, probability * following[c])

    for space in " \n":
        first = after(text)[space]
        begun += first * sum(p for c, p in after(text + space).items() if c.isalnum())
        spell(space, "", first)
    return {word: p / begun for word, p in found.items() if not word.endswith("'")}


@pytest.mark.parametrize("seed", range(8))
def test_the_beam_finds_what_trying_every_word_finds(seed):
    alphabet = "ab' \n."
    tokenizer = chars(alphabet)
    tokens = [EOS, *(tokenizer.encode_ids(c)[0] for c in alphabet)]
    runtime = Drawn(tokenizer.vocab_size, tokens, seed)
    every = brute_force(runtime, tokenizer, "ab", alphabet, longest=7)
    likeliest = sorted(every.items(), key=lambda item: -item[1])[:3]
    found = WordSearch(runtime, tokenizer).best("ab", num=3)
    assert [s.word for s in found] == [word for word, _ in likeliest]
    assert [s.probability for s in found] == pytest.approx([p for _, p in likeliest], rel=1e-6)


def made(pieces: Sequence[str]) -> PieceTokenizer:
    """A tokenizer of these pieces, of which a text takes the longest that fits."""

    class Pieces(PieceTokenizer):
        def train(self, texts: Any) -> None: ...
        def save(self, directory: Any) -> None: ...
        def load(self, directory: Any) -> None: ...
        def encode_ids(self, text: str) -> list[int]:
            ids = []
            while text:
                piece = max((p for p in pieces if text.startswith(p)), key=len)
                ids.append(FIRST_LEARNT + pieces.index(piece))
                text = text[len(piece) :]
            return ids

    tokenizer = Pieces(Options())
    tokenizer.learn((piece, piece.encode()) for piece in pieces)
    return tokenizer


def suggested(
    pieces: Sequence[str], after: Mapping[str, Mapping[str, float]], text: str = "go", num: int = 9
) -> dict[str, float]:
    """What is suggested if these pieces follow each other with these probabilities."""
    tokenizer = made(pieces)
    ids = {piece: FIRST_LEARNT + i for i, piece in enumerate(pieces)} | {"<eos>": EOS}
    table = {
        (ids[before],): {ids[piece]: p for piece, p in following.items()}
        for before, following in after.items()
    }
    found = WordSearch(Table(tokenizer.vocab_size, table), tokenizer).best(text, num=num)
    assert [s.probability for s in found] == sorted((s.probability for s in found), reverse=True)
    return {s.word: s.probability for s in found}


class TestPieces:
    def test_a_words_probability_is_the_sum_over_its_spellings(self):
        pieces = ["go", " the", " th", "e", "s", " "]
        after = {
            "go": {" the": 0.4, " th": 0.6},
            " the": {"s": 0.25, " ": 0.75},
            " th": {"e": 1.0},
            "e": {"s": 0.5, " ": 0.5},
            "s": {" ": 1.0},
        }
        found = suggested(pieces, after)
        assert found == pytest.approx({"the": 0.4 * 0.75 + 0.6 * 0.5, "thes": 0.1 + 0.3})

    def test_probabilities_are_given_that_a_word_comes_next(self):
        pieces = ["go", " to", ",", ".", " at"]
        after = {
            "go": {" to": 0.1, " at": 0.1, ",": 0.7, "<eos>": 0.1},
            " to": {".": 1.0},
            " at": {".": 1.0},
        }
        assert suggested(pieces, after) == pytest.approx({"to": 0.5, "at": 0.5})

    def test_what_goes_on_with_the_last_word_is_no_next_word(self):
        pieces = ["go", "ing", " to", " "]
        after = {"go": {"ing": 0.9, " to": 0.1}, " to": {" ": 1.0}, "ing": {" ": 1.0}}
        assert suggested(pieces, after) == pytest.approx({"to": 1.0})

    def test_after_a_sign_a_word_may_come_without_a_space(self):
        pieces = ["(", "to", " at", " "]
        after = {"(": {"to": 0.75, " at": 0.25}, "to": {" ": 1.0}, " at": {" ": 1.0}}
        assert suggested(pieces, after, text="(") == pytest.approx({"to": 0.75, "at": 0.25})

    def test_white_space_that_the_text_ends_with_stands_before_the_word(self):
        pieces = ["go", " to", "\n", "At", " "]
        after = {
            "go": {" to": 0.9, "\n": 0.1},
            "\n": {"At": 1.0},
            " to": {" ": 1.0},
            "At": {" ": 1.0},
        }
        assert suggested(pieces, after, text="go\n") == pytest.approx({"At": 1.0})
        assert suggested(pieces, after, text="go ") == pytest.approx({"to": 1.0})
        assert suggested(pieces, after, text="go") == pytest.approx({"to": 0.9, "At": 0.1})

    def test_an_empty_text_begins_with_a_word(self):
        pieces = ["go", " at", " "]
        after = {"<eos>": {"go": 0.5, " at": 0.5}, "go": {" ": 1.0}, " at": {" ": 1.0}}
        assert suggested(pieces, after, text="") == pytest.approx({"go": 0.5, "at": 0.5})

    def test_a_token_may_end_a_word_by_itself(self):
        pieces = ["go", " at,", " a", "t.", " "]
        after = {"go": {" at,": 0.5, " a": 0.5}, " a": {"t.": 0.5, " ": 0.5}}
        assert suggested(pieces, after) == pytest.approx({"at": 0.75, "a": 0.25})

    def test_where_no_word_can_come_nothing_is_suggested(self):
        assert suggested(["go", ","], {"go": {",": 1.0}}) == {}

    def test_no_more_are_given_than_asked_for(self):
        pieces = ["go", " a", " b", " c", "."]
        after = {
            "go": {" a": 0.5, " b": 0.3, " c": 0.2},
            **{p: {".": 1.0} for p in (" a", " b", " c")},
        }
        assert suggested(pieces, after, num=2) == pytest.approx({"a": 0.5, "b": 0.3})


@pytest.mark.parametrize("word", ["café", "день", "日本"])
def test_letters_of_several_bytes_are_put_together(word):
    tokenizer = ByteTokenizer(Options())
    ids = [EOS, *tokenizer.encode_ids(f"a {word} ")]
    # each token is surely followed by the next: after "a", a space; after that, the word
    table = {tuple(ids[:n]): {ids[n]: 1.0} for n in range(1, len(ids))}
    (found,) = WordSearch(Table(tokenizer.vocab_size, table), tokenizer).best("a", num=3)
    assert (found.word, found.probability) == (word, pytest.approx(1.0))


class TestWords:
    def search(self) -> tuple[WordTokenizer, WordSearch]:
        tokenizer = WordTokenizer(WordOptions())
        tokenizer.train(["king queen do n't 's . 42 -- it don't"])
        get = {w: tokenizer.encode_ids(w)[0] for w in ["king", "queen", "42", ".", "--", "it"]}
        get |= {"n't": tokenizer.encode_words(["n't"])[0][0]}
        following = {get["king"]: 0.2, get["42"]: 0.1, get["."]: 0.3, get["--"]: 0.1}
        following |= {get["n't"]: 0.1, EOS: 0.1, tokenizer.unk_id: 0.1}
        table = {(get["it"],): following}
        return tokenizer, WordSearch(Table(tokenizer.vocab_size, table), tokenizer)

    @pytest.mark.parametrize("text", ["it", "it ", "the it\n"])
    def test_they_come_from_one_step_and_are_words_alone(self, text):
        _, search = self.search()
        found = {s.word: s.probability for s in search.best(text, num=2)}
        assert found == pytest.approx({"king": 2 / 3, "42": 1 / 3})


def texts() -> Iterator[str]:
    rng = np.random.default_rng(0)
    for _ in range(40):
        yield " ".join(rng.choice(["the", "cat's", "well-known", "ran", "42", "sat,"], 6)) + "."


@pytest.mark.parametrize(
    "tokenizer",
    [
        CharTokenizer(CharOptions()),
        ByteTokenizer(Options()),
        WordTokenizer(WordOptions()),
        SentencePieceTokenizer(SentencePieceOptions(vocab_size=300)),
        SentencePieceTokenizer(SentencePieceOptions(vocab_size=300, model="bpe")),
    ],
    ids=["char", "byte", "word", "unigram", "bpe"],
)
@pytest.mark.parametrize("text", ["", "the", "the ", "the,", "the (", "日本"])
def test_whatever_the_model_it_suggests_likely_words_first(tokenizer: Tokenizer, text):
    tokenizer.train(texts())
    runtime = Drawn(tokenizer.vocab_size, range(tokenizer.vocab_size), seed=3)
    found = WordSearch(runtime, tokenizer).best(text, num=6)
    assert 0 < len(found) <= 6
    probabilities = [s.probability for s in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < sum(probabilities) <= 1 + 1e-9
    assert all(is_word(s.word) for s in found)
    assert len({s.word for s in found}) == len(found)


@pytest.mark.parametrize("text", ["a", "I", "42", "don't", "well-known", "naïve", "नमस्ते", "x²"])
def test_words(text):
    assert is_word(text)


@pytest.mark.parametrize("text", ["", "'", "--", "'s", "n't", "end-", "a b", "no.", "<unk>", "🙂"])
def test_what_are_no_words(text):
    assert not is_word(text)
