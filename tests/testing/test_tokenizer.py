"""The tokenizers that are built in keep their contract; others are caught by the right check."""

from __future__ import annotations

from typing import ClassVar

import pytest

from seqkit.specs import TokenizerSpec
from seqkit.testing import NotApplicable, TokenizerContract
from seqkit.tokenizers import CharOptions, WordOptions


class TestChar(TokenizerContract):
    name = "char"


class TestFewChars(TokenizerContract):
    name = "char"
    options: ClassVar = {"min_count": 5}


class TestByte(TokenizerContract):
    name = "seqkit:byte"


class TestWord(TokenizerContract):
    name = "word"


class TestWordWithAffixes(TokenizerContract):
    name = "word"
    options: ClassVar = {"affixes": 3, "split": "whitespace", "lowercase": False}


class TestUnigram(TokenizerContract):
    name = "sentencepiece"
    options: ClassVar = {"vocab_size": 320}


class TestBPE(TokenizerContract):
    name = "sentencepiece"
    options: ClassVar = {"vocab_size": 320, "model": "bpe"}


class TestFolded(TokenizerContract):
    name = "sentencepiece"
    options: ClassVar = {"vocab_size": 320, "lowercase": True}

    def test_round_trip(self) -> None:
        raise NotApplicable("it gives lower case")


def spec(cls: str, *, lossless: bool = False) -> TokenizerSpec:
    return TokenizerSpec(
        name="sample",
        target=f"sample_tokenizers:{cls}",
        summary="a sample",
        lossless=lossless,
        options={"Unordered": CharOptions}.get(cls, WordOptions),
    )


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        ("OffByOne", "offsets_slice_the_text", "no token's offsets cover 't' at 0 of 'the fox"),
        (
            "Backwards",
            "offsets_slice_the_text",
            "offsets (18, 22) follow (22, 23) in 'the fox likes the barn. '; tokens stand in order",
        ),
        (
            "SpellsTheEnd",
            "special_symbols",
            "'<pad> <unk> <eos> <0x41> [UNK] </s> ## ▁' has the id 2, which no text may have",
        ),
        ("Unordered", "training_is_repeatable", "two processes learn different vocabularies"),
        ("NamesAnything", "every_id_has_a_token", "id_to_token(259) is '<pad>', but there are 259"),
        (
            "DropsEmptyWords",
            "given_words",
            "the word '' gets the ids []; it must have one at least",
        ),
        ("WrongDraft", "a_draft_gives_what_training_does", "a draft gives other ids of 'the fox"),
        ("ForgetsItsOrder", "saved_vocabulary_gives_the_same", "loaded it gives another encoding"),
    ],
)
def test_a_broken_tokenizer_fails_the_check_of_what_is_broken(failures, cls, check, said):
    found = failures(TokenizerContract, spec(cls))
    assert found.pop(check).startswith(said)
    assert found == {}


def test_dropped_bytes_are_caught_on_the_way_back(failures):
    found = failures(TokenizerContract, spec("DropsBytes", lossless=True))
    assert set(found) == {"round_trip", "streamed_text", "unknown_symbols_are_not_dropped"}
    assert found["round_trip"].startswith(r"'separators\u2028of\u2029lines\x85' comes back as")


def test_dropped_words_are_caught_by_their_missing_offsets_too(failures):
    found = failures(TokenizerContract, spec("DropsTheUnknown"))
    assert set(found) == {"unknown_symbols_are_not_dropped", "offsets_slice_the_text"}
    assert found["unknown_symbols_are_not_dropped"] == (
        "'👽' becomes []: '👽' is dropped; it must become the unknown id 1, or bytes"
    )


def test_features_beyond_their_table_are_caught(failures):
    found = failures(TokenizerContract, spec("WildFeatures"), options={"affixes": 2})
    assert found == {"features_are_in_range": "features from 0 to 8192 are not all in range(8192)"}


def test_what_a_stream_holds_back_at_its_end_is_caught(failures):
    found = failures(TokenizerContract, spec("KeepsTheRest", lossless=True))
    assert found == {
        "streamed_text": "the ids of 'the fox likes the barn. ' give 'the fox likes the barn.' one "
        "by one, 'the fox likes the barn. ' together"
    }


def test_ids_after_the_last_are_caught(failures):
    found = failures(TokenizerContract, spec("OutOfRange"))
    assert " ids are in range(" in found["ids_are_in_range"]


@pytest.mark.usefixtures("_light_torch")
def test_torch_is_caught_where_it_is_imported(failures):
    found = failures(TokenizerContract, spec("WantsTorch", lossless=True))
    assert set(found) == {"works_without_torch"}
    assert "sample_tokenizers.py:" in found["works_without_torch"]


def test_what_is_no_tokenizer_is_told(failures):
    wrong = TokenizerSpec(
        name="sample", target="types:SimpleNamespace", summary="none", lossless=True
    )
    found = failures(TokenizerContract, wrong)
    assert set(found) >= {"round_trip", "saved_vocabulary_gives_the_same"}
