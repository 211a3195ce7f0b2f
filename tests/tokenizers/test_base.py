"""What holds for every tokenizer."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import BundleError
from seqkit.tokenizers import TOKENIZERS
from seqkit.tokenizers.base import StreamDecoder, as_text

quick = settings(deadline=None, max_examples=60)


@quick
@given(text=st.text())
def test_lossless_tokenizers_give_any_text_back(lossless, text):
    assert lossless.decode(lossless.encode_ids(text)) == text


def test_lossless_tokenizers_give_nasty_text_back(lossless, nasty):
    assert lossless.decode(lossless.encode_ids(nasty)) == nasty


def test_each_code_point_round_trips(lossless):
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000), *range(0x1F000, 0x20000)]))
    assert lossless.decode(lossless.encode_ids(text)) == text


def test_lone_surrogate_keeps_its_bytes_and_decodes_to_the_replacement_character(lossless):
    ids = lossless.encode_ids("a\ud800b")
    assert b"".join(lossless.pieces[i] for i in ids) == b"a\xed\xa0\x80b"
    assert lossless.decode(ids) == "a\ufffd\ufffd\ufffdb"
    assert lossless.encode("a\ud800b").ids == ids


@quick
@given(text=st.text())
def test_encode_ids_are_the_ids_of_encode(tokenizer, text):
    assert tokenizer.encode_ids(text) == tokenizer.encode(text).ids


def test_encode_ids_are_the_ids_of_encode_on_nasty_text(tokenizer, nasty):
    assert tokenizer.encode_ids(nasty) == tokenizer.encode(nasty).ids


@quick
@given(text=st.text())
def test_offsets_cover_all_but_white_space(tokenizer, text):
    encoding = tokenizer.encode(text)
    covered = {i for start, end in encoding.offsets for i in range(start, end)}
    assert {i for i, c in enumerate(text) if not c.isspace()} <= covered
    assert all(0 <= start < end <= len(text) for start, end in encoding.offsets)
    assert encoding.offsets == sorted(encoding.offsets)


def test_offsets_of_lossless_tokens_slice_back(lossless, nasty):
    encoding = lossless.encode(nasty)
    for i, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
        assert lossless.pieces[i] in nasty[start:end].encode()


def test_batch_equals_singles(tokenizer, sentences):
    texts = [*sentences[:3], "", "\n", "unseen ʭ"]
    assert tokenizer.encode_batch(iter(texts)) == [tokenizer.encode(text) for text in texts]


def test_every_id_is_in_range_and_named(tokenizer, sentences):
    ids = {i for text in sentences for i in tokenizer.encode_ids(text)}
    assert max(ids) < tokenizer.vocab_size
    assert all(tokenizer.id_to_token(i) for i in range(tokenizer.vocab_size))


def test_special_symbols_come_first(tokenizer):
    assert [tokenizer.id_to_token(i) for i in range(3)] == ["<pad>", "<unk>", "<eos>"]
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.eos_id) == (0, 1, 2)


@pytest.mark.parametrize("beyond", [-1, 10**6])
def test_no_such_id(tokenizer, beyond):
    with pytest.raises(IndexError):
        tokenizer.id_to_token(beyond)


def test_padding_and_end_decode_to_nothing(tokenizer):
    ids = tokenizer.encode_ids("the rain")
    assert tokenizer.decode([0, *ids, 2, 0]) == tokenizer.decode(ids) != ""


def test_every_word_has_an_id(tokenizer):
    words = ["the", "", " ", "ʭ", "\n", "rain"]
    ids = tokenizer.encode_words(words)
    assert len(ids) == len(words)
    assert all(ids)


def test_saved_and_loaded_gives_the_same_ids(make, sentences, tmp_path):
    first, second = make(), make()
    first.train(iter(sentences))
    first.save(tmp_path)
    second.load(tmp_path)
    text = "The heron didn't mind 雨 😀 \u2581 ʭ."
    assert second.encode(text) == first.encode(text)
    assert second.vocab_size == first.vocab_size


def test_training_twice_gives_the_same_files(make, sentences, tmp_path):
    contents = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        tokenizer = make()
        tokenizer.train(iter(sentences))
        tokenizer.save(folder)
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1]


def test_trains_on_given_tokens(make, sentences):
    tokenizer = make()
    tokenizer.train(iter([tuple(sentence.split()) for sentence in sentences]))
    assert tokenizer.unk_id not in chain(*tokenizer.encode_words(["heron", "Fish,"]))


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage", "link"])
def test_damaged_files_are_refused(make, sentences, tmp_path, damage):
    first = make()
    first.train(sentences)
    first.save(tmp_path)
    for path in list(tmp_path.iterdir()):
        data = path.read_bytes()
        path.unlink()
        if damage == "link":
            other = tmp_path.parent / f"{tmp_path.name}-other"
            other.write_bytes(data)
            path.symlink_to(other)
        elif damage != "missing":
            path.write_bytes({"empty": b"", "cut": data[:-9], "garbage": b"\xff\0[[["}[damage])
        with pytest.raises(BundleError, match="Take the bundle from its source again") as caught:
            make().load(tmp_path)
        assert path.name in str(caught.value)


@quick
@given(data=st.data())
def test_streaming_equals_decoding_for_any_ids(tokenizer, data):
    ids = data.draw(st.lists(st.integers(0, tokenizer.vocab_size - 1)))
    decoder = tokenizer.stream_decoder()
    assert "".join(map(decoder.push, ids)) + decoder.flush() == tokenizer.decode(ids)


@quick
@given(ids=st.lists(st.sampled_from([3 + b for b in b"\xf0\x9f\x98\x80\xed\xa0\xc3\xe2A"])))
def test_streaming_broken_utf8_equals_decoding(lossless, ids):
    decoder = lossless.stream_decoder()
    assert "".join(map(decoder.push, ids)) + decoder.flush() == lossless.decode(ids)


def test_streamed_emoji_appears_whole(lossless):
    decoder = lossless.stream_decoder()
    pushed = [decoder.push(3 + byte) for byte in "é😀".encode()]
    assert pushed == ["", "é", "", "", "", "😀"]
    assert decoder.flush() == ""


def test_half_an_emoji_at_the_end_is_replaced(lossless):
    decoder = lossless.stream_decoder()
    assert [decoder.push(3 + byte) for byte in "😀".encode()[:2]] == ["", ""]
    assert decoder.flush() == "\ufffd"


@quick
@given(data=st.data())
def test_the_plain_stream_decoder_serves_any_tokenizer(lossless, data):
    text = data.draw(st.text(max_size=20))
    decoder = StreamDecoder(lossless)
    pushed = "".join(map(decoder.push, lossless.encode_ids(text)))
    assert pushed + decoder.flush() == text


def test_given_tokens_are_joined_with_spaces():
    assert as_text(["a", "b"]) == "a b" == as_text("a b")


def test_no_tokenizer_imports_torch():
    targets = [spec.target.partition(":")[0] for spec in TOKENIZERS]
    code = f"import sys, {', '.join(targets)}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
