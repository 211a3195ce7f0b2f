"""Text from a model whose next token is known: seeds, ends, stops, spaces, bytes, samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from seqkit.decoding.beam import BeamSearch
from seqkit.decoding.sampling import Sampling
from seqkit.errors import UsageError
from seqkit.generating.drawing import Writer
from seqkit.generating.feeding import feed
from seqkit.generating.searching import search
from seqkit.predictions import Generation
from seqkit.specs import Options
from seqkit.tokenizers import CharOptions, WordOptions
from seqkit.tokenizers.base import EOS, PAD, UNK, Tokenizer
from seqkit.tokenizers.byte import ByteTokenizer
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.word import WordTokenizer

GREEDY = Sampling(temperature=0.0)


class Script:
    """A runtime that goes on with a fixed text after any seed, whatever is drawn.

    A sequence's state is how many tokens it has read after the seed's first end symbol.
    """

    def __init__(self, tokenizer: Tokenizer, seed: str, ids: Sequence[int]) -> None:
        self.size = tokenizer.vocab_size
        self.skip = len(tokenizer.encode_ids(seed))
        self.ids = list(ids)
        self.fed: list[list[int]] = []

    def initial_state(self, batch_size: int) -> np.ndarray:
        return np.full(batch_size, -1 - self.skip)

    def select(self, state: np.ndarray, rows: Sequence[int]) -> np.ndarray:
        return state[list(rows)]

    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: np.ndarray) -> tuple[Any, Any]:
        self.fed.append(ids[:, 0].tolist())
        assert lengths.tolist() == [len(ids)] * ids.shape[1]
        state = state + lengths
        logits = np.zeros((len(state), self.size), np.float32)
        for row, read in enumerate(state):
            if read >= 0:
                logits[row, self.ids[read % len(self.ids)]] = 50
        return logits, state


def chars() -> CharTokenizer:
    tokenizer = CharTokenizer(CharOptions())
    tokenizer.train(["abcdefghijklmnopqrstuvwxyz .\n"])
    return tokenizer


def words(*texts: str, **options: Any) -> WordTokenizer:
    tokenizer = WordTokenizer(WordOptions(**options))
    tokenizer.train(texts)
    return tokenizer


def scripted(
    tokenizer: Tokenizer, seed: str, ids: Sequence[int], *, tokens: int = 99, stop: Any = ()
) -> tuple[Generation, list[str]]:
    """What comes after a seed if the model says these ids, and the pieces that it came in."""
    writer = Writer(
        Script(tokenizer, seed, ids),
        tokenizer,
        num=1,
        tokens=tokens,
        sampling=GREEDY,
        stop=stop,
        random_seed=None,
    )
    parts = writer.stream(seed)
    pieces = []
    while True:
        try:
            pieces.append(next(parts))
        except StopIteration as end:
            return end.value, pieces


class TestEnds:
    def test_at_the_number_of_tokens(self):
        tokenizer = chars()
        result, pieces = scripted(tokenizer, "ab", tokenizer.encode_ids("cdefgh"), tokens=4)
        assert result == Generation(seed="ab", text="cdef", tokens=4, finish_reason="length")
        assert pieces == ["c", "d", "e", "f"]

    def test_at_the_end_symbol(self):
        tokenizer = chars()
        result, _ = scripted(tokenizer, "ab", [*tokenizer.encode_ids("cd"), EOS])
        assert result == Generation(seed="ab", text="cd", tokens=3, finish_reason="end")

    def test_before_a_stop_string_across_tokens(self):
        tokenizer = chars()
        result, pieces = scripted(tokenizer, "", tokenizer.encode_ids("ab. cd."), stop=[". c"])
        assert (result.text, result.finish_reason, result.tokens) == ("ab", "stop", 5)
        assert "".join(pieces) == "ab"

    def test_the_beginning_of_a_stop_string_is_shown_when_nothing_comes_of_it(self):
        tokenizer = chars()
        said = [*tokenizer.encode_ids("ab."), EOS]
        assert scripted(tokenizer, "", said, stop=[". c"])[0].text == "ab."
        cut, pieces = scripted(tokenizer, "", said, stop=[". c"], tokens=3)
        assert (cut.text, cut.finish_reason) == ("ab.", "length")
        assert "".join(pieces) == "ab."

    def test_a_stop_string_in_the_last_token_is_a_stop(self):
        tokenizer = chars()
        result, _ = scripted(tokenizer, "", tokenizer.encode_ids("ab."), stop=["."], tokens=3)
        assert (result.text, result.finish_reason) == ("ab", "stop")

    def test_at_once_for_no_tokens(self):
        result, pieces = scripted(chars(), "ab", [EOS], tokens=0)
        assert result == Generation(seed="ab", text="", tokens=0, finish_reason="length")
        assert pieces == []


class TestSeeds:
    def test_the_model_reads_the_end_symbol_and_then_the_seed(self):
        tokenizer = chars()
        runtime = Script(tokenizer, "ab", [EOS])
        feed(runtime, [[EOS, *tokenizer.encode_ids("ab")]])
        assert runtime.fed == [[EOS, *tokenizer.encode_ids("ab")]]

    def test_an_empty_one_begins_a_text(self):
        tokenizer = chars()
        assert scripted(tokenizer, "", [*tokenizer.encode_ids("ab"), EOS])[0].text == "ab"

    @pytest.mark.parametrize("length", [255, 256, 600])
    def test_a_long_one_is_read_in_pieces_without_loss(self, length):
        tokenizer = chars()
        seed = ("abcdefghij" * 60)[:length]
        runtime = Script(tokenizer, seed, tokenizer.encode_ids("xyz"))
        ids = [EOS, *tokenizer.encode_ids(seed)]
        logits, state = feed(runtime, [ids])
        assert [i for part in runtime.fed for i in part] == ids
        assert max(map(len, runtime.fed)) <= 256
        assert (logits.shape, state.tolist()) == ((1, tokenizer.vocab_size), [0])
        assert scripted(tokenizer, seed, tokenizer.encode_ids("xyz"), tokens=3)[0].text == "xyz"


class TestWords:
    said = 'king said : what \' s that , " no ? "'

    @pytest.mark.parametrize(
        ("seed", "text"),
        [
            ("", "king said."),
            ("the", " king said."),
            ("the ", "king said."),
            ("the\n", "king said."),
            ("unheard", " king said."),
            ("the (", "king said."),
            ("well-", "king said."),
            ("the,", " king said."),
        ],
    )
    def test_the_first_word_is_spaced_as_it_should_be_after_the_seed(self, seed, text):
        tokenizer = words("the king said . , ( well -")
        said = [*tokenizer.encode_ids("king said."), EOS]
        result, pieces = scripted(tokenizer, seed, said)
        assert result.text == "".join(pieces) == text

    def test_a_quotation_that_the_seed_opened_is_closed(self):
        tokenizer = words('the king said " no .')
        said = [*tokenizer.encode_ids('no."'), EOS]
        assert scripted(tokenizer, 'the king said: "', said)[0].text == 'no."'

    def test_a_sign_follows_the_seed_without_a_space(self):
        tokenizer = words("the king , no")
        result, _ = scripted(tokenizer, "the king", [*tokenizer.encode_ids(", no"), EOS])
        assert result.text == ", no"


class TestBytes:
    text = "né 日本 🙂!"

    @pytest.mark.parametrize("stop", [[], ["never"]])
    def test_a_character_appears_when_it_is_whole(self, stop):
        tokenizer = ByteTokenizer(Options())
        said = [*tokenizer.encode_ids(self.text), EOS]
        result, pieces = scripted(tokenizer, "über", said, stop=stop)
        assert result.text == "".join(pieces) == self.text
        assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)

    def test_one_that_is_cut_off_at_the_end_is_shown_as_such(self):
        tokenizer = ByteTokenizer(Options())
        result, _ = scripted(tokenizer, "", tokenizer.encode_ids("n日"), tokens=3)
        assert result.text == "n\N{REPLACEMENT CHARACTER}"
        ended, _ = scripted(tokenizer, "", [*tokenizer.encode_ids("n日")[:3], EOS])
        assert ended.text == "n\N{REPLACEMENT CHARACTER}"

    def test_a_stop_string_of_several_bytes(self):
        tokenizer = ByteTokenizer(Options())
        result, _ = scripted(tokenizer, "", tokenizer.encode_ids(self.text), stop=["本 "])
        assert (result.text, result.finish_reason) == ("né 日", "stop")


class Even:
    """A runtime to which all tokens are equally likely."""

    def __init__(self, size: int) -> None:
        self.size = size

    def initial_state(self, batch_size: int) -> None:
        return None

    def select(self, state: None, rows: Sequence[int]) -> None:
        return None

    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: None) -> tuple[Any, None]:
        return np.zeros((len(lengths), self.size), np.float32), None


def samples(num: int, seed: int | None, tokens: int = 30, **options: Any) -> list[Generation]:
    tokenizer = chars()
    writer = Writer(
        Even(tokenizer.vocab_size),
        tokenizer,
        num=num,
        tokens=tokens,
        sampling=Sampling(**options),
        stop=(),
        random_seed=seed,
    )
    (texts,) = writer.many([""])
    return texts


class TestSamples:
    def test_the_same_seed_draws_the_same_text(self):
        assert samples(1, 7) == samples(1, 7)
        assert samples(1, 7) != samples(1, 8)
        assert samples(1, None) != samples(1, None)

    def test_each_is_another_and_none_depends_on_how_many_there_are(self):
        four = samples(4, 7)
        assert len({result.text for result in four}) == 4
        assert four[:2] == samples(2, 7)

    def test_padding_and_the_unknown_symbol_are_never_drawn(self):
        drawn = Counter[int]()

        class Watched(CharTokenizer):
            def stream_decoder(self):
                decoder = super().stream_decoder()
                push = decoder.push
                decoder.push = lambda i: (drawn.update([i]), push(i))[1]
                return decoder

        watched = Watched(CharOptions())
        watched.train(["abc"])
        writer = Writer(
            Even(watched.vocab_size),
            watched,
            num=8,
            tokens=500,
            sampling=Sampling(),
            stop=(),
            random_seed=1,
        )
        list(writer.many([""]))
        assert sum(drawn.values()) > 500
        assert not {PAD, UNK} & drawn.keys()

    @pytest.mark.parametrize(
        ("options", "stop"), [({"temperature": -1.0}, ()), ({"top_p": 0.0}, ()), ({}, ("",))]
    )
    def test_what_makes_no_sense_is_refused_before_anything_runs(self, options, stop):
        with pytest.raises(UsageError):
            Writer(
                Even(300),
                chars(),
                num=1,
                tokens=1,
                sampling=Sampling(**options),
                stop=stop,
                random_seed=1,
            )


class Shifting:
    """A runtime whose likely next tokens depend on the last one and on how many there were."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.widest = self.steps = 0

    def initial_state(self, batch_size: int) -> np.ndarray:
        return np.zeros((batch_size, 2), np.int64)

    def select(self, state: np.ndarray, rows: Sequence[int]) -> np.ndarray:
        return state[list(rows)]

    def join(self, states: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(states)

    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: np.ndarray) -> tuple[Any, Any]:
        assert ids.shape == (lengths.max(), len(state))
        self.widest, self.steps = max(self.widest, len(state)), self.steps + 1
        last = ids[lengths - 1, np.arange(len(lengths))]
        state = np.stack([state[:, 0] + lengths, last], axis=1)
        rows = [np.random.default_rng(key).normal(0, 2, self.size) for key in state]
        return np.array(rows, np.float32), state


def several(seeds: Any, runtime: Any = None, **changed: Any) -> list[list[Generation]]:
    tokenizer = chars()
    runtime = runtime or Shifting(tokenizer.vocab_size)
    options = {"num": 1, "tokens": 20, "sampling": Sampling(), "stop": (), "random_seed": 3}
    return list(Writer(runtime, tokenizer, **options | changed).many(seeds))


class TestSeveralSeeds:
    seeds = ("", "a", "some words", "x" * 300, "z" * 256, "ab", "y" * 700)

    def test_each_is_continued_from_its_own_state(self):
        together = several(self.seeds, sampling=GREEDY)
        alone = [several([seed], sampling=GREEDY)[0] for seed in self.seeds]
        assert together == alone
        assert [texts[0].seed for texts in together] == list(self.seeds)

    def test_the_first_has_the_texts_that_it_has_alone_and_the_others_draw_their_own(self):
        one, same, other = several(["ab", "ab", "ab"], num=2)
        assert [one] == several(["ab"], num=2)
        assert len({text.text for texts in (one, same, other) for text in texts}) == 6

    def test_what_is_drawn_does_not_depend_on_who_else_is_there(self):
        seeds = [f"seed {c}" for c in "abcdefghij" * 20]
        every = several(seeds, num=3, tokens=9)
        assert several(seeds[:7], num=3, tokens=9) == every[:7]

    def test_the_batch_is_bounded_and_filled_as_texts_end(self):
        runtime = Shifting(chars().vocab_size)
        texts = several(["a"] * 1000, runtime, tokens=50)
        drawn = sum(text.tokens for (text,) in texts)
        assert len({text.tokens for (text,) in texts}) > 10
        assert runtime.widest <= 64
        assert runtime.steps < 2 * drawn / 64

    def test_seeds_are_read_as_there_is_room(self):
        taken: list[str] = []

        def seeds():
            while True:
                taken.append("a")
                yield "a"

        tokenizer = chars()
        writer = Writer(
            Shifting(tokenizer.vocab_size),
            tokenizer,
            num=2,
            tokens=4,
            sampling=GREEDY,
            stop=(),
            random_seed=None,
        )
        next(writer.many(seeds()))
        assert len(taken) <= 64

    def test_more_texts_than_a_batch_holds_are_written_seed_by_seed(self):
        texts = several(["a", "b"], num=70, tokens=3)
        assert [len(each) for each in texts] == [70, 70]

    def test_no_tokens_and_no_seeds(self):
        assert several([]) == []
        (one,), (other,) = several(["a", "b"], tokens=0)
        assert (one.seed, other.seed) == ("a", "b")
        assert (one.text, one.finish_reason) == ("", "length")


class TestSearch:
    def find(self, seeds: Sequence[str], **changed: Any) -> list[list[Generation]]:
        tokenizer = chars()
        options = {"num": 1, "tokens": 12, "beam": BeamSearch(beam=3), "stop": ()}
        runtime = Shifting(tokenizer.vocab_size)
        return list(search(runtime, tokenizer, seeds, **options | changed))

    def test_a_beam_of_one_is_greedy(self):
        beam = BeamSearch(beam=1)
        greedy = several(["", "ab", "tale"], sampling=GREEDY, tokens=12)
        assert self.find(["", "ab", "tale"], beam=beam) == greedy

    def test_the_best_come_first_and_are_different(self):
        ((first, second, third),) = self.find(["ab"], num=3)
        assert len({first.text, second.text, third.text}) == 3
        assert [[first]] == self.find(["ab"])

    def test_a_stop_string_ends_a_text(self):
        tokenizer = chars()
        runtime = Script(tokenizer, "ab", tokenizer.encode_ids("cdefg"))
        ((text, *_),) = search(
            runtime, tokenizer, ["ab"], num=2, tokens=9, beam=BeamSearch(beam=2), stop=["ef"]
        )
        assert text == Generation(seed="ab", text="cd", tokens=4, finish_reason="stop")

    def test_the_end_symbol_ends_a_text(self):
        tokenizer = chars()
        runtime = Script(tokenizer, "", [*tokenizer.encode_ids("cd"), EOS])
        ((text,),) = search(
            runtime, tokenizer, [""], num=1, tokens=9, beam=BeamSearch(beam=4), stop=()
        )
        assert text == Generation(seed="", text="cd", tokens=3, finish_reason="end")

    def test_no_tokens(self):
        assert self.find(["ab"], tokens=0) == [
            [Generation(seed="ab", text="", tokens=0, finish_reason="length")]
        ]

    @pytest.mark.parametrize("changed", [{"num": 4}, {"stop": [""]}, {"beam": BeamSearch(beam=0)}])
    def test_what_makes_no_sense_is_refused_before_anything_runs(self, changed):
        options = {"num": 1, "tokens": 12, "beam": BeamSearch(beam=3), "stop": ()} | changed
        with pytest.raises(UsageError):
            search(Shifting(30), chars(), ["a"], **options)
