"""Adversarial training: moves worked out by hand, the same dropout, and what it refuses."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqkit import recipe as recipes
from seqkit.errors import RecipeError
from seqkit.heads import ClassificationOptions
from seqkit.heads.classification import ClassificationHead
from seqkit.nn.network import Network
from seqkit.training.adversarial import Adversary, directions, spread
from seqkit.training.batching import Batch

V = 9


class Linear(nn.Module):
    """A text of label 1 has the logit ``w . (x_1 + ... + x_T)``."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.tensor([[0, 0], [1, 0], [3, 4]]).double())
        self.w = nn.Parameter(torch.tensor([0.1, 0.2]).double())
        self.head = ClassificationHead(2, 1, ClassificationOptions())

    def embedding(self, ids: Tensor, *beside: None) -> Tensor:
        return self.table[ids]

    def from_vectors(self, x: Tensor, ids: Tensor, lengths: Tensor) -> Tensor:
        return (x[: int(lengths)].sum(dim=0) @ self.w).unsqueeze(1)


#: Of the linear model's only text, below, which has one step of padding.
SUM, LOGIT, SPREAD = torch.tensor([4, 4]).double(), 1.2, torch.tensor([1, 2]).double()
#: |s w|, over both of its steps.
SLOPE = math.sqrt(2 * ((0.1 * 1) ** 2 + (0.2 * 2) ** 2))


def learnt(way: str, epsilon: float) -> Linear:
    linear = Linear()
    options = SimpleNamespace(adversarial=way, adversarial_epsilon=epsilon)
    text = Batch(torch.tensor([[1], [2], [0]]), torch.tensor([2]), targets=torch.tensor([1]))
    total, count = Adversary(linear, options, torch.Generator().manual_seed(1)).backward(text)
    assert (total, count) == (pytest.approx(math.log1p(math.exp(-LOGIT))), 1)
    return linear


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def moved(distance: float) -> tuple[float, Tensor]:
    """The logit and the sum of the vectors, moved along s^2 w / |s w| at each of two steps."""
    each = distance * SPREAD**2 * torch.tensor([0.1, 0.2]).double() / SLOPE
    return LOGIT + distance * SLOPE, SUM + 2 * each


def test_a_linear_model_is_moved_against_its_weights_in_standard_deviations():
    linear, (logit, total) = learnt("adversarial", 0.5), moved(-0.5)
    still, there = sigmoid(-LOGIT), sigmoid(-logit)
    torch.testing.assert_close(linear.w.grad, -still * SUM - there * total)
    expected = -(still + there) * linear.w.detach()
    torch.testing.assert_close(linear.table.grad[1:], torch.stack([expected, expected]))


def test_a_virtual_move_follows_the_weights_too_and_is_told_from_the_answer_alone():
    linear = learnt("virtual", 0.5)
    drawn = torch.randn(3, 1, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    along = float((drawn[:2] * SPREAD * linear.w.detach()).sum())
    logit, total = moved(math.copysign(0.5, along))
    apart = sigmoid(logit) - sigmoid(LOGIT)  # the slope of the divergence
    torch.testing.assert_close(linear.w.grad, -sigmoid(-LOGIT) * SUM + apart * total)
    expected = (apart - sigmoid(-LOGIT)) * linear.w.detach()
    torch.testing.assert_close(linear.table.grad[1:], torch.stack([expected, expected]))


def test_the_spread_is_that_of_the_real_steps():
    x = torch.tensor([[[1.0], [7.0]], [[3.0], [100.0]]])  # (T, B, E)
    real = torch.tensor([[True, True], [True, False]])
    assert spread(x, real).item() == pytest.approx(np.std([1, 3, 7]))
    assert spread(x, torch.zeros(2, 2, dtype=torch.bool)).tolist() == [0]


@pytest.mark.parametrize("size", [1.0, 1e-30, 1e30])
def test_a_direction_has_length_one_over_a_whole_text_however_small(size):
    x = size * torch.tensor([[[3.0, 0.0], [0.0, 0.0]], [[0.0, 4.0], [0.0, 0.0]]])
    expected = torch.tensor([[[0.6, 0.0], [0.0, 0.0]], [[0.0, 0.8], [0.0, 0.0]]])
    torch.testing.assert_close(directions(x), expected)


def network(generator: torch.Generator, task: str, adversarial: str, epsilon: float) -> Network:
    tables = {
        "head": {"name": task, "dropout": 0.3},
        "embedding": {"size": 4, "feature_size": 2, "dropout": 0.3},
        "encoder": {"hidden_size": 3, "layers": 2, "bidirectional": True, "dropout": 0.3},
        "training": {"adversarial": adversarial, "adversarial_epsilon": epsilon},
    }
    recipe = recipes.parse(tables)
    made = Network(recipe, vocab_size=V, output_size=3, feature_buckets=7).double()
    made.reset_parameters(generator)
    made.adversary = Adversary(made, recipe.training, generator)
    return made.train()


def batch(task: str, padding: int = 0) -> Batch:
    rng = np.random.default_rng(0)
    lengths = torch.tensor([4, 2, 3])
    outside = torch.arange(4 + padding).unsqueeze(1) >= lengths
    ids = torch.zeros(4 + padding, 3, dtype=torch.int64)
    ids[:4] = torch.from_numpy(rng.integers(3, V, (4, 3)))
    features = torch.zeros(4 + padding, 3, 2, dtype=torch.int64)
    features[:4] = torch.from_numpy(rng.integers(1, 7, (4, 3, 2)))
    ids[outside], features[outside] = 0, 0
    targets = torch.tensor([2, 0, 1])
    if task == "tagging":
        targets = (ids % 3).masked_fill(outside, -100)
    return Batch(ids, lengths, features, targets)


def gradients(made: Network) -> dict[str, Tensor]:
    return {n: p.grad.clone() for n, p in made.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("task", ["classification", "tagging"])
def test_hardly_moved_it_is_the_same_pass_twice_with_the_same_dropout(task):
    generator = torch.Generator().manual_seed(1)
    made, given = network(generator, task, "adversarial", 1e-12), batch(task)
    start = generator.get_state()
    made.adversary.backward(given)
    found, end = gradients(made), generator.get_state()
    made.zero_grad()
    generator.set_state(start)
    logits = made(given.ids, given.lengths, given.features)
    total, count = made.head.loss(logits, given.targets, given.lengths)
    (2 * total / count).backward()
    torch.testing.assert_close(found, gradients(made))
    assert torch.equal(generator.get_state(), end)


def test_hardly_moved_the_virtual_loss_adds_nothing():
    generator = torch.Generator().manual_seed(1)
    made, given = network(generator, "classification", "virtual", 1e-9), batch("classification")
    start = generator.get_state()
    made.adversary.backward(given)
    found = gradients(made)
    made.zero_grad()
    generator.set_state(start)
    logits = made(given.ids, given.lengths, given.features)
    total, count = made.head.loss(logits, given.targets, given.lengths)
    (total / count).backward()
    torch.testing.assert_close(found, gradients(made), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("way", ["adversarial", "virtual"])
def test_an_adversarial_move_hurts_more_than_others_as_long(way):
    generator = torch.Generator().manual_seed(1)
    made, given = network(generator, "classification", way, 0.3).eval(), batch("classification")
    texts = made.adversary._read(given)
    still = texts.x.detach().requires_grad_()

    def there(x: Tensor) -> Tensor:
        logits = made.from_vectors(x, given.ids, given.lengths)
        if way == "virtual":
            return made.head.divergence(logits, answers, given.lengths)[0]
        return made.head.loss(logits, given.targets, given.lengths)[0]

    answers = made.from_vectors(still, given.ids, given.lengths).detach()
    if way == "virtual":
        slope = made.adversary._steepest(texts, answers)
    else:
        (slope,) = torch.autograd.grad(there(still), still)
    worst = there(made.adversary._moved(texts, slope))
    others = []
    for _ in range(20):
        drawn = torch.randn(texts.x.shape, generator=generator, dtype=torch.float64)
        others.append(there(made.adversary._moved(texts, drawn * texts.real.unsqueeze(-1))))
    assert worst > max(others)


def test_more_padding_changes_nothing():
    found = []
    for padding in (0, 3):
        generator = torch.Generator().manual_seed(1)
        made = network(generator, "classification", "adversarial", 0.5).eval()
        made.adversary.backward(batch("classification", padding))
        found.append(gradients(made))
    torch.testing.assert_close(found[0], found[1])


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ({"head": {"name": "generation"}}, "running text"),
        ({"head": {"name": "classification"}, "embedding": {"size": 0}}, "no vectors"),
    ],
)
def test_a_recipe_that_has_nothing_to_move_is_refused(tables, why):
    with pytest.raises(RecipeError, match=why):
        recipes.parse({**tables, "training": {"adversarial": "adversarial"}})


def test_a_head_without_a_divergence_has_no_virtual_loss():
    with pytest.raises(RecipeError, match="TaggingHead does not say how far"):
        network(torch.Generator().manual_seed(1), "tagging", "virtual", 1.0)


def with_labels(given: Batch, *kept: int) -> Batch:
    targets = torch.full_like(given.targets, -100)
    targets[list(kept)] = given.targets[list(kept)]
    return Batch(given.ids, given.lengths, given.features, targets)


@pytest.mark.parametrize("mean", [True, False])
def test_a_text_without_a_label_has_the_virtual_loss_alone(mean):
    """The two losses, each by itself: of two texts of three, and of all three."""
    generator = torch.Generator().manual_seed(1)
    made, given = (
        network(generator, "classification", "virtual", 0.5).eval(),
        batch("classification"),
    )
    start = generator.get_state()

    def learnt(texts: Batch) -> tuple[dict[str, Tensor], tuple[float, float]]:
        generator.set_state(start)
        made.zero_grad()
        told = made.adversary.backward(texts, mean=mean)
        return gradients(made), told

    def of_loss(*kept: int) -> dict[str, Tensor]:
        made.zero_grad()
        logits = made(given.ids, given.lengths, given.features)
        chosen = list(kept)
        total, _ = made.head.loss(logits[chosen], given.targets[chosen], given.lengths[chosen])
        (total / len(chosen) if mean else total).backward()
        return gradients(made)

    whole, _ = learnt(given)
    some, (total, count) = learnt(with_labels(given, 0, 2))
    assert (total > 0, count) == (True, 2)
    share = 1 if mean else 2 / 3
    all_three, two = of_loss(0, 1, 2), of_loss(0, 2)
    expected = {n: two[n] + share * (whole[n] - all_three[n]) for n in whole}
    torch.testing.assert_close(some, expected)
    none, (total, count) = learnt(with_labels(given))
    assert (total, count) == (0, 0)
    if mean:
        torch.testing.assert_close(none, {n: whole[n] - all_three[n] for n in whole})


@pytest.mark.parametrize("multi_label", [False, True])
def test_texts_without_a_label_are_learnt_from(tiny, tmp_path, multi_label):
    more = tiny.write("more.jsonl", [{"text": "the zebra ran"}, {"text": "a yak sat"}])
    head = {"ngrams": 1, "ngram_buckets": 50, "multi_label": multi_label}
    training = {"adversarial": "virtual", "epochs": 1}
    changes = {"head": head, "training": training, "corpus": {"unlabelled": [more]}}
    model = tiny.train("classification", tmp_path / "m", **changes)
    assert model.manifest.corpus.unlabelled_examples == 2
    assert model.manifest.corpus.train_examples == 8
    assert len(set(model._engine.bundle.tokenizer.encode_ids("zebra yak the"))) == 3
    assert math.isfinite(model.manifest.scores["loss"])


def test_n_grams_learn_as_without(tiny, tmp_path):
    weights = []
    for way in ("none", "adversarial", "virtual"):
        training = {"adversarial": way, "epochs": 1}
        head = {"ngrams": 2, "ngram_buckets": 50}
        model = tiny.train("classification", tmp_path / way, training=training, head=head)
        weights.append(model._engine.bundle.weights())
    for name in weights[0]:
        same = [np.array_equal(weights[0][name], other[name]) for other in weights[1:]]
        assert same == [name.startswith("head.ngrams.")] * 2
