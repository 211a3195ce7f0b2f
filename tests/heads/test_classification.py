"""One label of two, one of several, several at once: losses by hand, weights, poolings."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqkit.decoding.classification import ClassificationDecoder
from seqkit.encoding import Encoded
from seqkit.errors import RecipeError
from seqkit.heads import ClassificationOptions
from seqkit.heads.classification import ClassificationHead

LENGTHS = torch.tensor([3, 1, 2])
D = 4


def made(labels: int, **options) -> ClassificationHead:
    return ClassificationHead(D, labels, ClassificationOptions(**options))


def loss(head: ClassificationHead, logits: list, targets: list) -> tuple[float, int]:
    dtype = torch.float32 if head.options.multi_label else torch.int64
    total, count = head.loss(
        torch.tensor(logits), torch.tensor(targets, dtype=dtype), torch.ones(len(targets))
    )
    return total.item(), int(count)


def test_two_labels_share_one_sigmoid_unit():
    # -ln sigmoid(0), -ln sigmoid(ln 3) = -ln 3/4, -ln(1 - 3/4)
    logits = [[0.0], [math.log(3)], [math.log(3)]]
    total, count = loss(made(1), logits, [1, 1, 0])
    assert total == pytest.approx(math.log(2) + math.log(4 / 3) + math.log(4))
    assert count == 3


def test_several_labels_have_a_softmax():
    logits = [[0.0, math.log(2), math.log(5)], [0.0, 0.0, 0.0]]
    total, count = loss(made(3), logits, [1, 0])
    assert total == pytest.approx(math.log(8 / 2) + math.log(3))
    assert count == 2


def test_several_labels_at_once_have_a_sigmoid_each_whose_losses_add_up():
    head = made(2, multi_label=True)
    total, count = loss(head, [[math.log(3), 0.0], [0.0, math.log(3)]], [[1, 0], [0, 0]])
    assert total == pytest.approx(math.log(4 / 3) + math.log(2) + math.log(2) + math.log(4))
    assert count == 2


def test_one_label_that_holds_or_not_is_multi_label_too():
    total, _ = loss(made(1, multi_label=True), [[math.log(3)]], [[1]])
    assert total == pytest.approx(math.log(4 / 3))


@pytest.mark.parametrize(
    ("labels", "logits", "rows", "expected", "slope"),
    [
        # -(1/4 ln 1/4 + 3/4 ln 3/4) where sigmoid(ln 3) is 3/4, and - 3/4 ln 1/2 - 1/4 ln 1/2
        (
            1,
            [[math.log(3)], [0.0]],
            [[0.25, 0.75], [0.75, 0.25]],
            0.25 * math.log(4) + 0.75 * math.log(4 / 3) + math.log(2),
            [[0.0], [0.25]],
        ),
        # of 1/8, 2/8 and 5/8
        (
            3,
            [[0.0, math.log(2), math.log(5)]],
            [[0.5, 0.5, 0.0]],
            0.5 * math.log(8) + 0.5 * math.log(4),
            [[-0.375, -0.25, 0.625]],
        ),
    ],
)
def test_what_a_teacher_says_is_learnt_by_cross_entropy(labels, logits, rows, expected, slope):
    logits = torch.tensor(logits, requires_grad=True)
    total, count = made(labels).loss(logits, torch.tensor(rows), torch.ones(len(rows)))
    total.backward()
    assert (total.item(), int(count)) == (pytest.approx(expected), len(rows))
    assert logits.grad.tolist() == [pytest.approx(row, abs=1e-6) for row in slope]


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.2}, {"class_weights": "balanced"}])
@pytest.mark.parametrize("labels", [2, 3])
def test_a_certain_teacher_is_a_label(labels, options):
    targets = torch.tensor([0, 1, labels - 1, 0])
    rows = torch.nn.functional.one_hot(targets, labels).float()
    generator = torch.Generator().manual_seed(1)
    head = made(labels if labels > 2 else 1, ngrams=2, ngram_buckets=30, **options)
    names = ("a", "b", "c")[:labels]
    head.prepare(ClassificationDecoder(head.options, names), list(targets))
    logits = torch.randn(4, head.output_size, generator=generator)
    lengths = torch.ones(4)
    one, other = (head.train().loss(logits, given, lengths) for given in (targets, rows))
    torch.testing.assert_close(one, other)
    weights = []
    for given in (targets, rows, torch.full_like(rows, 1 / labels)):
        texts = [
            Encoded(np.array([3 + i, 4 + i], np.int32), target=target.numpy())
            for i, target in enumerate(given)
        ]
        head.study(texts, torch.Generator().manual_seed(2))
        weights.append(head.ngrams.weight.clone())
    torch.testing.assert_close(weights[0], weights[1])
    assert weights[2].abs().max() < weights[0].abs().max() / 2


@pytest.mark.parametrize(
    ("labels", "options", "logits", "answers", "expected"),
    [
        # 3/4 ln (3/4 / 1/2) + 1/4 ln (1/4 / 1/2)
        (1, {}, [[0.0]], [[math.log(3)]], 0.75 * math.log(1.5) + 0.25 * math.log(0.5)),
        (
            2,
            {"multi_label": True},
            [[0.0, 0.0]],
            [[math.log(3), -math.log(3)]],
            2 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5)),
        ),
        # 5/8 ln (5/8 / 1/3) + 1/8 ln (1/8 / 1/3) + 2/8 ln (2/8 / 1/3)
        (
            3,
            {},
            [[1.0, 1.0, 1.0]],
            [[math.log(5), 0.0, math.log(2)]],
            0.625 * math.log(1.875) + 0.125 * math.log(0.375) + 0.25 * math.log(0.75),
        ),
    ],
)
def test_how_far_answers_are_apart(labels, options, logits, answers, expected):
    head, logits, answers = made(labels, **options), torch.tensor(logits), torch.tensor(answers)
    total, count = head.divergence(logits, answers, torch.ones(1))
    assert (total.item(), count.item()) == (pytest.approx(expected, rel=1e-5), 1)
    assert head.divergence(answers, answers, torch.ones(1))[0].item() == 0


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention", "concat"])
@pytest.mark.parametrize(
    ("labels", "targets", "options"),
    [
        (1, torch.tensor([1, 0, 1]), {}),
        (3, torch.tensor([2, 0, 1]), {}),
        (2, torch.tensor([[1.0, 0], [1, 1], [0, 0]]).double(), {"multi_label": True}),
    ],
)
def test_gradients_and_padding(
    pooling, labels, targets, options, gradients_are_right, padding_does_not_matter
):
    padding_does_not_matter(made(labels, pooling=pooling, **options), targets, LENGTHS)
    gradients_are_right(made(labels, pooling=pooling, **options), targets, LENGTHS)


def test_last_pooling_of_two_directions_takes_the_first_step_of_the_backward_one():
    head = ClassificationHead(2, 2, ClassificationOptions(), directions=2)
    torch.nn.init.eye_(head.output.weight)
    torch.nn.init.zeros_(head.output.bias)
    encoded = torch.tensor([[[1.0, 10.0]], [[2.0, 20.0]], [[3.0, 30.0]]])  # (3, 1, 2)
    assert head(encoded, torch.tensor([2])).tolist() == [[2.0, 10.0]]


class TestClassWeights:
    # three of a, one of b
    targets = [torch.tensor(0)] * 3 + [torch.tensor(1)]

    def prepared(self, weights, labels=("a", "b"), targets=None, **options):
        head = made(1 if len(labels) == 2 else len(labels), class_weights=weights, **options)
        head.prepare(ClassificationDecoder(head.options, labels), targets or self.targets)
        return head

    def test_balanced_gives_each_label_the_same_share_and_examples_one_on_average(self):
        head = self.prepared("balanced")
        # 1/3 and 1/1, by their mean over the examples (3 * 1/3 + 1)/4 = 1/2
        np.testing.assert_allclose(head.label_weights, [2 / 3, 2])

    def test_by_name_with_one_for_labels_that_are_not_named(self):
        head = self.prepared({"b": 3.0})
        np.testing.assert_allclose(head.label_weights, [1 / 1.5, 3 / 1.5])

    def test_they_count_in_training_alone(self):
        head = self.prepared("balanced")
        plain = 2 * math.log(2)
        assert loss(head, [[0.0], [0.0]], [0, 1])[0] == pytest.approx((2 / 3 + 2) * math.log(2))
        head.eval()
        assert loss(head, [[0.0], [0.0]], [0, 1])[0] == pytest.approx(plain)

    def test_they_are_no_part_of_the_weights_that_are_saved(self):
        assert set(self.prepared("balanced").state_dict()) == {"output.weight", "output.bias"}

    def test_an_unknown_label_is_an_error_with_the_near_match(self):
        with pytest.raises(RecipeError, match=r"label 'goood'.*Did you mean 'good'"):
            self.prepared({"goood": 2.0}, labels=("bad", "good"))

    def test_they_make_no_sense_for_several_labels_at_once(self):
        with pytest.raises(RecipeError, match="multi_label"):
            self.prepared("balanced", multi_label=True)

    def test_a_label_that_no_example_is_left_of_does_no_harm(self):
        head = self.prepared("balanced", labels=("a", "b", "c"))
        assert torch.isfinite(head.label_weights).all()


class TestLabelSmoothing:
    @pytest.mark.parametrize(
        ("units", "options", "logits", "targets", "wanted"),
        [
            # a tenth over three labels: (14/15) -ln 5/8 + (1/30) (-ln 2/8 - ln 1/8)
            (
                3,
                {},
                [[0.0, math.log(2), math.log(5)]],
                [2],
                (14 / 15) * math.log(8 / 5) + (1 / 30) * (math.log(4) + math.log(8)),
            ),
            # over a label and its absence: 0.95 -ln 3/4 + 0.05 -ln 1/4
            (1, {}, [[math.log(3)]], [1], 0.95 * math.log(4 / 3) + 0.05 * math.log(4)),
            (
                2,
                {"multi_label": True},
                [[math.log(3), 0.0]],
                [[1, 0]],
                0.95 * math.log(4 / 3) + 0.05 * math.log(4) + math.log(2),
            ),
        ],
    )
    def test_a_tenth_is_spread_over_all_labels_in_training(
        self, units, options, logits, targets, wanted
    ):
        head = made(units, label_smoothing=0.1, **options)
        assert loss(head, logits, targets)[0] == pytest.approx(wanted)
        plain = loss(made(units, **options), logits, targets)[0]
        assert loss(head.eval(), logits, targets)[0] == pytest.approx(plain)


class TestNGrams:
    ids = torch.tensor([[5, 6, 7], [6, 0, 7], [5, 0, 0]])  # (T, B), of LENGTHS 3, 1, 2

    def prepared(self, labels: int = 1, **options) -> ClassificationHead:
        head = made(labels, ngrams=2, ngram_buckets=64, ngram_share=0.25, **options)
        head.reset_parameters(torch.Generator().manual_seed(0))
        return head

    def examples(self, *targets) -> list[Encoded]:
        dtype = np.float32 if np.ndim(targets[0]) else np.int64
        texts = ([5, 6, 5], [6], [7, 7])
        return [
            Encoded(np.array(text, dtype=np.int32), target=np.array(target, dtype=dtype))
            for text, target in zip(texts, targets, strict=True)
        ]

    def test_logits_are_mixed_where_it_answers_and_the_encoders_alone_in_training(self):
        head = self.prepared()
        encoded = torch.randn(3, 3, D, generator=torch.Generator().manual_seed(1))
        alone = head(encoded, LENGTHS)
        assert head.directly(self.ids, LENGTHS) is None
        head.study(self.examples(1, 0, 0), torch.Generator().manual_seed(0))
        head.eval()
        torch.testing.assert_close(head(encoded, LENGTHS), 0.75 * alone)
        direct = head.directly(self.ids, LENGTHS)
        torch.testing.assert_close(direct, 0.25 * head.ngrams(self.ids, LENGTHS))

    @pytest.mark.parametrize(
        ("labels", "options", "targets"),
        [
            (1, {}, (1, 0, 0)),
            (3, {}, (2, 0, 1)),
            (2, {"multi_label": True}, ([1, 1], [0, 1], [0, 0])),
        ],
    )
    def test_it_learns_the_training_texts(self, labels, options, targets):
        head = self.prepared(labels, **options).eval()
        head.study(9 * self.examples(*targets), torch.Generator().manual_seed(0))
        logits = head.directly(self.ids, LENGTHS)
        if labels == 3:
            assert logits.argmax(dim=1).tolist() == list(targets)
        else:
            assert (logits > 0).squeeze(1).int().tolist() == list(targets)

    def test_class_weights_count(self):
        plain, weighed = self.prepared(), self.prepared(class_weights={"b": 9.0})
        decoder = ClassificationDecoder(weighed.options, ("a", "b"))
        examples = self.examples(1, 0, 0) + self.examples(0, 0, 0)
        weighed.prepare(decoder, [torch.from_numpy(e.target) for e in examples])
        for head in (plain, weighed):
            head.study(examples, torch.Generator().manual_seed(0))
        assert not torch.equal(plain.ngrams.weight, weighed.ngrams.weight)

    def test_without_them_a_head_has_no_logits_of_its_own(self):
        head = made(1).eval()
        head.study(self.examples(1, 0, 0), torch.Generator())
        assert head.ngrams is None
        assert head.directly(self.ids, LENGTHS) is None
