"""The likelihood of sequences of tags, beside sums over all sequences there are."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.encoding import IGNORED, UNSEEN
from seqkit.nn.crf import CRF

L = 3
#: Columns are sentences: of three tokens, of two with steps between, of two of which one is not
#: known, of one token, and of none.
TAGS = torch.tensor(
    [
        [0, IGNORED, UNSEEN, 2, IGNORED],
        [1, 2, IGNORED, IGNORED, IGNORED],
        [IGNORED, IGNORED, 1, IGNORED, IGNORED],
        [1, 0, IGNORED, IGNORED, IGNORED],
    ]
)
KNOWN = TAGS.masked_fill(TAGS == UNSEEN, 0)


def made(*, forbidden: tuple[tuple[int, int], ...] = ()) -> CRF:
    crf = CRF(L).double()
    torch.nn.init.normal_(crf.scores, generator=torch.Generator().manual_seed(1))
    allowed = torch.ones(L + 1, L + 1, dtype=torch.bool)
    for place in forbidden:
        allowed[place] = False
    crf.forbid(allowed)
    return crf


def drawn() -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(*TAGS.shape, L, dtype=torch.float64, generator=generator)


def every_path(crf: CRF, rows: list[Tensor]) -> dict[tuple[int, ...], Tensor]:
    """The score of each sequence of tags that no transition of it rules out."""
    found = {}
    for path in product(range(L), repeat=len(rows)):
        moves = list(zip((L, *path), (*path, L), strict=True))
        if not any(crf.barrier[move] for move in moves):
            emitted = sum(row[tag] for row, tag in zip(rows, path, strict=True))
            found[path] = emitted + sum(crf.scores[move] for move in moves)
    return found


def by_hand(crf: CRF, emissions: Tensor, tags: Tensor) -> Tensor:
    kept = [t for t, tag in enumerate(tags.tolist()) if tag != IGNORED]
    if not kept:
        return torch.zeros((), dtype=torch.float64)
    paths = every_path(crf, [emissions[t] for t in kept])
    known = {i: int(tags[t]) for i, t in enumerate(kept) if tags[t] >= 0}
    those = [s for path, s in paths.items() if all(path[i] == tag for i, tag in known.items())]
    return torch.stack(list(paths.values())).logsumexp(0) - torch.stack(those).logsumexp(0)


@pytest.mark.parametrize("forbidden", [(), ((1, 2), (0, 2), (L, 1), (2, L))])
@pytest.mark.parametrize("given", [TAGS, KNOWN], ids=["some not known", "all known"])
def test_it_is_the_share_of_all_sequences(forbidden, given):
    tags = given.clone()
    if forbidden:
        tags[0, 3] = 0  # for a sentence of the tag 2 alone can't be then
    crf, emissions = made(forbidden=forbidden), drawn()
    got = crf(emissions, tags)
    wanted = [by_hand(crf, emissions[:, b], tags[:, b]) for b in range(tags.shape[1])]
    torch.testing.assert_close(got, torch.stack(wanted), rtol=1e-12, atol=1e-12)
    assert got[4] == 0


def test_without_scores_it_is_the_cross_entropy_of_each_tag():
    crf, emissions = made(), drawn()
    crf.reset_parameters()
    for tags in (TAGS, KNOWN):
        told = tags.masked_fill(tags == UNSEEN, IGNORED).flatten()
        wanted = F.cross_entropy(emissions.flatten(0, 1), told, reduction="sum")
        torch.testing.assert_close(crf(emissions, tags).sum(), wanted)


@pytest.mark.parametrize("tags", [TAGS, KNOWN], ids=["some not known", "all known"])
def test_its_gradients_are_those_of_finite_differences(tags):
    crf = made(forbidden=((1, 2), (L, 1)))

    def loss(emissions: Tensor, scores: Tensor) -> Tensor:
        return torch.func.functional_call(crf, {"scores": scores}, (emissions, tags))

    given = [drawn().requires_grad_(), crf.scores.detach().clone().requires_grad_()]
    assert torch.autograd.gradcheck(loss, given)


@pytest.mark.parametrize("tags", [TAGS, KNOWN], ids=["some not known", "all known"])
def test_what_is_forbidden_learns_nothing(tags):
    crf = made(forbidden=((1, 2), (L, 1)))
    crf(drawn(), tags).sum().backward()
    assert crf.scores.grad[1, 2] == crf.scores.grad[L, 1] == crf.scores.grad[L, L] == 0
    assert crf.scores.grad[0, 1] != 0


def test_steps_that_are_no_tokens_get_no_gradient():
    emissions = drawn().requires_grad_()
    made()(emissions, TAGS).sum().backward()
    outside = TAGS == IGNORED
    assert not emissions.grad[outside].any()
    assert emissions.grad[~outside].any(dim=1).all()


def test_long_sentences_stay_finite_in_single_precision():
    emissions = torch.randn(2000, 1, L, generator=torch.Generator().manual_seed(0)) * 30
    tags = torch.randint(L, (2000, 1), generator=torch.Generator().manual_seed(0))
    crf = made(forbidden=((1, 2),)).float()
    tags[1:][(tags[1:] == 2) & (tags[:-1] == 1)] = 0
    emissions.requires_grad_()
    found = crf(emissions, tags)
    found.sum().backward()
    assert found.isfinite()
    assert emissions.grad.isfinite().all()
