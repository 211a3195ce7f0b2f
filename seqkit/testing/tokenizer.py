"""What every tokenizer must do: lose nothing in silence, and do the same again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import msgspec

from seqkit.testing.contract import Contract, ContractError, NotApplicable
from seqkit.testing.fresh import Fresh, run_fresh
from seqkit.tokenizers.base import SPECIAL_SYMBOLS, Encoding, Tokenizer, TrainingText, as_text

#: Texts that have broken tokenizers: white space of every kind, signs of several code points or
#: bytes, what looks like a special symbol, and what Unicode folds into something else.
ADVERSARIAL = (
    "",
    " ",
    "   leading and trailing   ",
    "many   spaces\tand\t\ttabs",
    "lines\nend\r\nin\rthree\n\n ways\n",
    "a NUL \0 and an escape \x1b[31m",
    "separators\N{LINE SEPARATOR}of\N{PARAGRAPH SEPARATOR}lines\x85",
    "no-break\N{NO-BREAK SPACE}and\N{IDEOGRAPHIC SPACE}wide",
    "e\N{COMBINING ACUTE ACCENT}a\N{COMBINING DIAERESIS}\N{COMBINING CEDILLA} combine",
    "\U0001f469\u200d\U0001f4bb \U0001f44d\U0001f3fe \U0001f1eb\U0001f1f7 emoji",
    "\u05e9\u05dc\u05d5\u05dd and \u0645\u0631\u062d\u0628\u0627 from the right",
    "\u4e2d\u6587 \u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4",
    "\ufb01ne \u0130 \u1e9e \u00b2 \uff21 fold",
    "\ufeffa mark, \u200bno width, \ufffd replaced, \U0010ffff last",
    "<pad> <unk> <eos> <0x41> [UNK] </s> ## \u2581",
    "don't stop-me, it's 3.14!?",
)

#: A sign that no text to train on has.
UNSEEN = "\N{EXTRATERRESTRIAL ALIEN}"

_IDS = """
import importlib, json, sys
import msgspec
from seqkit import lazy
given = json.loads(sys.argv[1])
module, _, name = given["class"].partition(":")
options = msgspec.convert(given["options"], getattr(importlib.import_module(module), name))
tokenizer = lazy.load(given["target"])(options)
tokenizer.train(given["texts"])
ids = [tokenizer.encode_ids(text) for text in given["encode"]]
print(json.dumps([tokenizer.vocab_size, ids, [tokenizer.decode(i) for i in ids]]))
"""


class TokenizerContract(Contract):
    """The contract of :class:`seqkit.tokenizers.base.Tokenizer`; set ``name`` to the tokenizer's.

    Attributes:
        texts: What it is trained on; none of them has the sign :data:`UNSEEN`.
    """

    kind = "tokenizer"

    texts: ClassVar[Sequence[TrainingText]] = (
        *(f"the {a} {verb} the {b}. " for a in ("fox", "owl", "hen") for verb in ("likes", "hates")
          for b in ("barn", "wood", "yard")),
        "Don't stop! It's 3.14,\nor so.",
    )  # fmt: skip

    def new(self) -> Tokenizer:
        """A tokenizer that is neither trained nor loaded."""
        tokenizer = self.load()(self.checked_options())
        if not isinstance(tokenizer, Tokenizer):
            raise ContractError(
                f"{self.part.spec.target} makes a {type(tokenizer).__name__}; a tokenizer is a "
                "subclass of seqkit.tokenizers.base.Tokenizer"
            )
        return tokenizer

    def trained(self) -> Tokenizer:
        """A tokenizer trained on :attr:`texts`, which it may read once."""
        tokenizer = self.new()
        tokenizer.train(iter(self.texts))
        return tokenizer

    def encodings(self, tokenizer: Tokenizer) -> Iterator[tuple[str, Encoding]]:
        """Each text that checks look at, encoded."""
        for text in (*map(as_text, self.texts), *ADVERSARIAL):
            yield text, tokenizer.encode(text)

    def test_round_trip(self) -> None:
        """Where its spec says lossless, decoding gives back every text unchanged."""
        if not self.part.spec.lossless:
            raise NotApplicable("its spec does not say that it is lossless")
        tokenizer = self.trained()
        for text, encoding in self.encodings(tokenizer):
            back = tokenizer.decode(encoding.ids)
            if back != text:
                raise ContractError(
                    f"{text!r} comes back as {back!r}, though its spec says lossless"
                )

    def test_streamed_text(self) -> None:
        """Ids decoded one at a time give the text that they give together."""
        tokenizer = self.trained()
        for text, encoding in self.encodings(tokenizer):
            stream, whole = tokenizer.stream_decoder(), tokenizer.decode(encoding.ids)
            pieces = [stream.push(i) for i in encoding.ids] + [stream.flush()]
            if "".join(pieces) != whole:
                raise ContractError(
                    f"the ids of {text!r} give {''.join(pieces)!r} one by one, {whole!r} together"
                )

    def test_ids_are_in_range(self) -> None:
        """Each token has an id below vocab_size, a text and offsets, in every way of encoding."""
        tokenizer = self.trained()
        texts = []
        for text, encoding in self.encodings(tokenizer):
            texts.append(text)
            for token_id in encoding.ids:
                if not 0 <= token_id < tokenizer.vocab_size:
                    raise ContractError(
                        f"{text!r} has the id {token_id}; ids are in range({tokenizer.vocab_size})"
                    )
            if not len(encoding.ids) == len(encoding.tokens) == len(encoding.offsets):
                raise ContractError(
                    f"{text!r} has {len(encoding.ids)} ids, {len(encoding.tokens)} tokens and "
                    f"{len(encoding.offsets)} offsets"
                )
            if list(tokenizer.encode_ids(text)) != list(encoding.ids):
                raise ContractError(f"encode_ids gives other ids of {text!r} than encode")
        if tokenizer.encode_batch(iter(texts)) != [tokenizer.encode(text) for text in texts]:
            raise ContractError("encode_batch gives something else than encode of each text")

    def test_special_symbols(self) -> None:
        """Ids 0, 1 and 2 are padding, unknown and end; no text can spell padding or end."""
        tokenizer = self.trained()
        for token_id, symbol in enumerate(SPECIAL_SYMBOLS):
            if tokenizer.id_to_token(token_id) != symbol:
                raise ContractError(
                    f"id {token_id} is {tokenizer.id_to_token(token_id)!r}; it must be {symbol}"
                )
        silent = (tokenizer.pad_id, tokenizer.eos_id)
        if said := tokenizer.decode(silent):
            raise ContractError(f"padding and end decode to {said!r}; they must give nothing")
        for text, encoding in self.encodings(tokenizer):
            if stolen := set(silent) & set(encoding.ids):
                raise ContractError(f"{text!r} has the id {min(stolen)}, which no text may have")

    def test_every_id_has_a_token(self) -> None:
        """id_to_token knows every id, and raises IndexError for the one after the last."""
        tokenizer = self.trained()
        size = tokenizer.vocab_size
        for token_id in (*range(min(size, 2000)), size - 1):
            if not isinstance(tokenizer.id_to_token(token_id), str):
                raise ContractError(f"id_to_token({token_id}) is no string")
        try:
            token = tokenizer.id_to_token(size)
        except (IndexError, KeyError, ValueError) as error:
            if not isinstance(error, IndexError):
                raise ContractError(
                    f"id_to_token({size}) raises {type(error).__name__}; it must be IndexError"
                ) from error
        else:
            raise ContractError(f"id_to_token({size}) is {token!r}, but there are {size} ids")

    def test_offsets_slice_the_text(self) -> None:
        """Offsets stand in order and leave out nothing but white space; lossless, not even that."""
        tokenizer, lossless = self.trained(), self.part.spec.lossless
        for text, encoding in self.encodings(tokenizer):
            _require_order(text, encoding.offsets)
            covered = {i for start, end in encoding.offsets for i in range(start, end)}
            left = [i for i, c in enumerate(text) if i not in covered and (lossless or c.strip())]
            if left:
                raise ContractError(
                    f"no token's offsets cover {text[left[0]]!r} at {left[0]} of {text!r}"
                )
            if lossless and tokenizer.decode(encoding.ids) == text:
                _require_slices(tokenizer, text, encoding)

    def test_unknown_symbols_are_not_dropped(self) -> None:
        """What the vocabulary lacks becomes the unknown id, or ids that give it back."""
        tokenizer = self.trained()
        for text in (UNSEEN, f"the {UNSEEN} likes"):
            ids = tokenizer.encode_ids(text)
            if tokenizer.unk_id not in ids and UNSEEN not in tokenizer.decode(ids):
                raise ContractError(
                    f"{text!r} becomes {ids}: {UNSEEN!r} is dropped; it must become the unknown id "
                    f"{tokenizer.unk_id}, or bytes"
                )

    def test_given_words(self) -> None:
        """Given words each get one id or more, whatever they are, and may be trained on."""
        tokenizer = self.new()
        tokenizer.train(as_text(text).split() for text in self.texts)
        words = ["the", "fox", UNSEEN, "", " ", "two words", "<eos>"]
        pieces = tokenizer.encode_words(words)
        if len(pieces) != len(words):
            raise ContractError(f"{len(words)} words get {len(pieces)} lists of ids")
        for word, ids in zip(words, pieces, strict=True):
            if not ids or not all(0 <= i < tokenizer.vocab_size for i in ids):
                raise ContractError(
                    f"the word {word!r} gets the ids {ids}; it must have one at least, in "
                    f"range({tokenizer.vocab_size})"
                )

    def test_features_are_in_range(self) -> None:
        """Features are (n, feature_count), each below feature_buckets."""
        tokenizer = self.trained()
        if not tokenizer.feature_count:
            raise NotApplicable("its tokens have no features")
        tokens = ["the", "Fox", UNSEEN, ""]
        found = tokenizer.features(tokens)
        if found.shape != (len(tokens), tokenizer.feature_count) or found.dtype.name != "int32":
            raise ContractError(
                f"the features of {len(tokens)} tokens are {found.dtype.name} {found.shape}, not "
                f"int32 {(len(tokens), tokenizer.feature_count)}"
            )
        if found.min() < 0 or found.max() >= tokenizer.feature_buckets:
            raise ContractError(
                f"features from {found.min()} to {found.max()} are not all in "
                f"range({tokenizer.feature_buckets})"
            )

    def test_training_is_repeatable(self) -> None:
        """The same texts give the same vocabulary, in processes that hash strings differently."""
        first, second = (self.fresh(PYTHONHASHSEED=seed).output for seed in ("1", "2"))
        if first != second:
            raise ContractError(
                "two processes learn different vocabularies from the same texts; an order that "
                "comes from a set must be sorted"
            )

    def test_a_draft_gives_what_training_does(self) -> None:
        """Learning while encoding gives the ids that training first and encoding then does."""
        tokenizer, reference = self.new(), self.new()
        draft = tokenizer.draft()
        if draft is None:
            raise NotApplicable("it has no draft")
        texts = [as_text(text) for text in self.texts]
        drafted = [draft.encode_ids(text) for text in texts]
        settled = draft.settle()
        reference.train(texts)
        for text, ids in zip(texts, drafted, strict=True):
            if [int(settled[i]) for i in ids] != reference.encode_ids(text):
                raise ContractError(f"a draft gives other ids of {text!r} than training does")
        if tokenizer.vocab_size != reference.vocab_size:
            raise ContractError(
                f"a draft learns {tokenizer.vocab_size} ids, training {reference.vocab_size}"
            )

    def test_saved_vocabulary_gives_the_same(self) -> None:
        """A tokenizer that loads what another saved gives the same ids and texts."""
        tokenizer, again = self.trained(), self.new()
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save(Path(folder))
            again.load(Path(folder))
        if again.vocab_size != tokenizer.vocab_size:
            raise ContractError(
                f"loaded it has {again.vocab_size} ids, and had {tokenizer.vocab_size}"
            )
        for text, encoding in self.encodings(tokenizer):
            if again.encode(text) != encoding:
                raise ContractError(f"loaded it gives another encoding of {text!r}")
            if again.decode(encoding.ids) != tokenizer.decode(encoding.ids):
                raise ContractError(f"loaded it decodes the ids of {text!r} to another text")

    def test_works_without_torch(self) -> None:
        """Training, encoding and decoding import no torch, in a fresh process."""
        self.fresh().require_no_torch("it")

    def fresh(self, **variables: str) -> Fresh:
        """Train, encode and decode in a fresh process; what it prints depends on nothing else."""
        options = self.checked_options()
        given = {
            "class": f"{type(options).__module__}:{type(options).__qualname__}",
            "options": msgspec.to_builtins(options),
            "target": self.part.spec.target,
            "texts": self.texts,
            "encode": ADVERSARIAL,
        }
        return run_fresh(_IDS, json.dumps(given), **variables)


def _require_order(text: str, offsets: Sequence[tuple[int, int]]) -> None:
    for start, end in offsets:
        if not 0 <= start < end <= len(text):
            raise ContractError(f"offsets ({start}, {end}) are no slice of {text!r}")
    for (start, end), (after, last) in pairwise(offsets):
        # signs of several bytes may be parted between tokens, which then share that character
        if after < max(start, end - 1) or last < end:
            raise ContractError(
                f"offsets ({after}, {last}) follow ({start}, {end}) in {text!r}; tokens stand in "
                "order, and share one character at most"
            )


def _require_slices(tokenizer: Tokenizer, text: str, encoding: Encoding) -> None:
    """Hold what tokens decode to against what their offsets slice, but for outer spaces."""
    for ids, start, end in _runs(encoding):
        said = tokenizer.decode(ids)
        if said.strip() != text[start:end].strip():
            raise ContractError(
                f"offsets ({start}, {end}) slice {text[start:end]!r} of {text!r}, but what stands "
                f"there decodes to {said!r}"
            )


def _runs(encoding: Encoding) -> Iterator[tuple[list[int], int, int]]:
    """The ids of tokens that share characters, with the first of those and one after the last."""
    ids: list[int] = []
    begin = end = 0
    for token_id, (start, last) in zip(encoding.ids, encoding.offsets, strict=True):
        if ids and start >= end:
            yield ids, begin, end
            ids = []
        begin, end = begin if ids else start, last
        ids.append(token_id)
    if ids:
        yield ids, begin, end
