"""The search, against the likeliest token each time and against all translations there are."""

from itertools import product

import pytest
import torch
from seqkit_translate import Search, beam
from seqkit_translate.beam import search

from seqkit.errors import BundleError, UsageError
from seqkit.tokenizers.base import EOS, PAD, UNK

LENGTHS = torch.tensor([4, 2, 3])
KINDS = [
    {"attention": "general"},
    {"attention": "general", "input_feeding": True},
    {"attention": "additive"},
]


def ids(found):
    return [one.tokens["id"].tolist() for one in found]


@torch.no_grad()
def greedy(head, encoded, length, most):
    memory, trace = head.begin(encoded, torch.tensor([length]))
    written = [EOS]
    while len(written) <= most:
        logits, trace, _ = head.step(torch.tensor(written[-1:]), trace, memory)
        logits[:, [PAD, UNK]] = -torch.inf
        written.append(int(logits.argmax()))
        if written[-1] == EOS:
            break
    return written[1:]


@torch.no_grad()
def probability(head, encoded, length, tokens):
    """The logarithm of a translation's probability, padding and unknown being none."""
    memory, trace = head.begin(encoded, torch.tensor([length]))
    total, before = 0.0, EOS
    for token in tokens:
        logits, trace, _ = head.step(torch.tensor([before]), trace, memory)
        total += float(logits[0].log_softmax(dim=-1)[token])
        before = token
    return total


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_beam_of_one_takes_the_likeliest_token_each_time(make_head, options, draw):
    head = make_head(9, scale=1.0, **options)
    encoded = draw(4, 3, 6)
    found = search(head, encoded, LENGTHS, Search(beam=1))
    lengths = set()
    for b, length in enumerate(LENGTHS.tolist()):
        wanted = greedy(head, encoded[:length, b : b + 1], length, 2 * length + 10)
        assert ids(found[b]) == [wanted]
        lengths.add(len(wanted))
    assert len(lengths) > 1  # some end by themselves


@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_wide_beam_finds_the_best_of_all_translations(
    make_head, monkeypatch, options, penalty, draw
):
    monkeypatch.setattr(beam, "_SPARE", 4)
    head = make_head(6, **options)  # three tokens beside the special ones
    encoded = draw(4, 3, 6)
    searching = Search(beam=200, length_penalty=penalty, length_ratio=0.001)
    found = search(head, encoded, LENGTHS, searching, num=5)
    every = [(*begin, EOS) for n in range(4) for begin in product((3, 4, 5), repeat=n)]
    every += product((3, 4, 5), repeat=4)  # cut at the greatest length
    for b, length in enumerate(LENGTHS.tolist()):
        scores = {
            tokens: probability(head, encoded[:length, b : b + 1], length, tokens)
            / ((5 + len(tokens)) / 6) ** penalty
            for tokens in every
        }
        best = sorted(scores, key=lambda tokens: -scores[tokens])[:5]
        assert ids(found[b]) == [list(tokens) for tokens in best]
        assert [one.score for one in found[b]] == pytest.approx([scores[t] for t in best])


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_sentences_side_by_side_find_what_each_finds_alone(make_head, monkeypatch, options, draw):
    head = make_head(9, scale=1.0, **options)
    encoded = draw(4, 3, 6)
    together = search(head, encoded, LENGTHS, Search(beam=4), num=3)
    alone = [
        search(head, encoded[:n, b : b + 1], LENGTHS[b : b + 1], Search(beam=4), num=3)[0]
        for b, n in enumerate(LENGTHS.tolist())
    ]
    monkeypatch.setattr(beam, "_NUMBERS", 2 * 4 * 9)  # two at a time
    in_two = search(head, encoded, LENGTHS, Search(beam=4), num=3)
    wanted = [ids(found) for found in alone]
    assert [ids(found) for found in together] == [ids(found) for found in in_two] == wanted


def test_each_token_has_its_probability_and_its_place(make_head, draw):
    head, encoded = make_head(9, scale=1.0), draw(4, 3, 6)
    found = search(head, encoded, LENGTHS, Search(length_penalty=0.0), num=2, attention=True)
    for b, length in enumerate(LENGTHS.tolist()):
        for one in found[b]:
            assert one.tokens["log_probability"].sum() == pytest.approx(one.score, rel=1e-5)
            assert one.attention.shape == (len(one.tokens), length)
            assert one.attention.sum(axis=1) == pytest.approx([1.0] * len(one.tokens))


@torch.no_grad()
def test_the_attention_kept_is_that_of_the_tokens_own_steps(make_head, draw):
    head, encoded = make_head(9, scale=1.0), draw(4, 1, 6)
    length = torch.tensor([4])
    (found,) = search(head, encoded, length, Search(), num=5, attention=True)[0:1]
    for one in found:
        memory, trace = head.begin(encoded, length)
        before = EOS
        for token, looked in zip(one.tokens["id"].tolist(), one.attention, strict=True):
            _, trace, weights = head.step(torch.tensor([before]), trace, memory)
            assert looked == pytest.approx(weights[0].tolist())
            before = token


def test_a_translation_grows_with_its_sentence_at_most(make_head, draw):
    head = make_head(9)
    head.bias.data[EOS] = -1e9  # never ends by itself
    found = search(head, draw(4, 3, 6), LENGTHS, Search(length_ratio=1.5))
    assert [len(best[0].tokens) for best in found] == [16, 13, 14]


def test_more_translations_than_the_beam_is_wide_are_refused(make_head, draw):
    with pytest.raises(UsageError, match=r"A beam of 2 can't give 3 translations.*of 3 or more"):
        search(make_head(), draw(4, 3, 6), LENGTHS, Search(beam=2), num=3)


def test_logits_that_are_no_numbers_are_refused(make_head, draw):
    head = make_head()
    head.bias.data[4] = torch.nan
    with pytest.raises(BundleError, match="no numbers"):
        search(head, draw(4, 3, 6), LENGTHS, Search())
