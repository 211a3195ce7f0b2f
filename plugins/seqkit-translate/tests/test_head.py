"""The loss: a plain loop's, of real steps alone, whatever stands in the padding."""

import pytest
import torch
from seqkit_translate import TranslationOptions, head
from seqkit_translate.head import TranslationHead

from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.nn.dropout import set_generator
from seqkit.nn.embedding import Embedding
from seqkit.tokenizers.base import EOS

LENGTHS = torch.tensor([4, 2, 1])
TARGETS = torch.tensor([[3, 5, EOS], [4, EOS, IGNORED], [EOS, IGNORED, IGNORED]])  # (S, B)
KINDS = [
    {"attention": "general"},
    {"attention": "general", "input_feeding": True},
    {"attention": "additive"},
]


@torch.no_grad()
def plain(made, encoded):
    """The summed loss of each sentence by itself, token by token, and the logits of all."""
    total, rows = 0.0, []
    for b, length in enumerate(LENGTHS.tolist()):
        memory, trace = made.begin(encoded[:length, b : b + 1], torch.tensor([length]))
        before = torch.tensor([EOS])
        for target in TARGETS[:, b].tolist():
            if target == IGNORED:
                break
            logits, trace, _ = made.step(before, trace, memory)
            total -= float(logits[0].log_softmax(dim=-1)[target])
            rows.append((logits[0], target))
            before = torch.tensor([target])
    return total, rows


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_the_loss_equals_a_plain_loop(make_head, options, draw):
    made, encoded = make_head(**options), draw(4, 3, 6)
    total, count = made.loss(made(encoded, LENGTHS), TARGETS, LENGTHS)
    assert total.item() == pytest.approx(plain(made, encoded)[0])
    assert int(count) == 6


def test_the_loss_is_the_same_in_pieces(make_head, monkeypatch, draw):
    made, encoded = make_head(), draw(4, 3, 6)
    whole, _ = made.loss(encoded, TARGETS, LENGTHS)
    monkeypatch.setattr(head, "_NUMBERS", 14)  # two rows of seven
    pieces, _ = made.loss(encoded, TARGETS, LENGTHS)
    assert pieces.item() == pytest.approx(whole.item())


@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("filling", [1e30, float("nan")])
def test_padding_changes_neither_loss_nor_gradients_nor_translations(
    make_head, options, filling, draw
):
    made = make_head(**options)
    padding = torch.arange(6).unsqueeze(1) >= LENGTHS  # (T, B), two steps more than any needs
    found = []
    for value in (0.0, filling):
        encoded = draw(6, 3, 6)
        encoded[padding] = value
        encoded.requires_grad_()
        made.zero_grad()
        total, _ = made.loss(encoded, TARGETS, LENGTHS)
        total.backward()
        assert torch.equal(encoded.grad[padding], torch.zeros_like(encoded.grad[padding]))
        answers = [a.tolist() for a in made.answers(encoded.detach(), LENGTHS)]
        grads = [p.grad.clone() for p in made.parameters()]
        found.append((total.detach(), encoded.grad[~padding], grads, answers))
    torch.testing.assert_close(found[0][:3], found[1][:3], rtol=0, atol=0)
    assert found[0][3] == found[1][3]


def test_smoothing_helps_training_alone(make_head, draw):
    made, encoded = make_head(label_smoothing=0.2), draw(4, 3, 6)
    expected, rows = plain(made, encoded)
    assert made.loss(encoded, TARGETS, LENGTHS)[0].item() == pytest.approx(expected)
    smooth = 0.0
    for logits, target in rows:
        nats = -logits.log_softmax(dim=-1)
        smooth += float(0.8 * nats[target] + 0.2 * nats.mean())
    made.train()
    assert made.loss(encoded, TARGETS, LENGTHS)[0].item() == pytest.approx(smooth)


def test_dropout_draws_from_its_generator_in_training_alone(make_head, draw):
    made, encoded = make_head(dropout=0.5, layers=2), draw(4, 3, 6)
    calm = made.loss(encoded, TARGETS, LENGTHS)[0].item()
    assert made.loss(encoded, TARGETS, LENGTHS)[0].item() == calm
    made.train()
    drawn = []
    for seed in (1, 1, 2):
        set_generator(made, torch.Generator().manual_seed(seed))
        drawn.append(made.loss(encoded, TARGETS, LENGTHS)[0].item())
    assert drawn[0] == drawn[1]
    assert len({calm, *drawn}) == 3


def test_before_training_tokens_are_as_likely_as_they_are_frequent(make_head):
    made = make_head()
    made.prepare(None, [torch.tensor([3, 3, EOS]), torch.tensor([5, EOS])])
    counts = [1, 1, 3, 3, 1, 2, 1]  # each once more than it occurs
    assert made.bias.exp().tolist() == pytest.approx([count / 12 for count in counts])


def names(made):
    return {name for name, _ in made.named_parameters() if "." not in name}


def test_tied_weights_are_the_target_embedding(make_head):
    assert names(make_head()) == {"bias", "embedding"}
    assert names(make_head(tie_weights=False)) == {"bias", "embedding", "weight"}


def test_with_a_shared_vocabulary_they_are_that_of_the_sentences_too(make_head, draw):
    made = make_head(shared_vocabulary=True)
    assert names(made) == {"bias"}
    source = made._source[0].weight
    made.loss(draw(4, 3, 6), TARGETS, LENGTHS)[0].backward()
    assert (source.grad.abs().sum(dim=1) > 0).all()  # as output weights, each row takes part


def test_a_one_hot_input_has_no_embedding_to_be_like():
    made = TranslationHead(6, 7, TranslationOptions())
    made.use_cell(None)
    with pytest.raises(RecipeError, match=r"needs an embedding\. embedding\.size is 0"):
        made.tie(Embedding(7, 0, one_hot=True))
