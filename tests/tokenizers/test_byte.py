from __future__ import annotations

from seqkit.tokenizers.byte import ByteTokenizer


def test_an_id_is_the_byte_after_the_special_symbols():
    assert ByteTokenizer(None).encode_ids("A\0é") == [3 + 0x41, 3, 3 + 0xC3, 3 + 0xA9]


def test_there_are_259_ids():
    assert ByteTokenizer(None).vocab_size == 259


def test_bytes_of_one_character_share_its_offsets():
    encoding = ByteTokenizer(None).encode("aé😀")
    assert encoding.offsets == [(0, 1), (1, 2), (1, 2), (2, 3), (2, 3), (2, 3), (2, 3)]


def test_printable_bytes_name_themselves():
    encoding = ByteTokenizer(None).encode("A \né")
    assert encoding.tokens == ["A", "<0x20>", "<0x0A>", "<0xC3>", "<0xA9>"]


def test_training_reads_nothing():
    texts = iter(["left alone"])
    ByteTokenizer(None).train(texts)
    assert next(texts) == "left alone"


def test_an_unknown_from_a_model_is_the_replacement_character():
    assert ByteTokenizer(None).decode([68, 1, 69]) == "A\ufffdB"
