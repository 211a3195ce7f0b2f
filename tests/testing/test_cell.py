"""The cells that are built in keep their contract, and others are caught by the right check."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch

from seqkit.specs import CellSpec
from seqkit.testing import CellContract


def in_torch(made: torch.nn.RNNBase):
    """A reference: torch's own layer, with the cell's weights."""

    def run(cell, x, state):
        with torch.no_grad():
            for ours, theirs in (("W_hx", "weight_ih"), ("W_hh", "weight_hh"), ("b_x", "bias_ih"),
                                 ("b_h", "bias_hh")):  # fmt: skip
                getattr(made, f"{theirs}_l0").copy_(getattr(cell, ours))
        stacked = tuple(s.unsqueeze(0) for s in state)
        y, after = made.double()(x, stacked if len(stacked) > 1 else stacked[0])
        after = after if len(stacked) > 1 else (after,)
        return y, tuple(s.squeeze(0) for s in after)

    return run


class TestRNN(CellContract):
    name = "rnn"
    reference = in_torch(torch.nn.RNN(5, 4))


class TestReluRNN(CellContract):
    name = "rnn"
    options: ClassVar = {"activation": "relu"}


class TestGRU(CellContract):
    name = "seqkit:gru"
    reference = in_torch(torch.nn.GRU(5, 4))


class TestGRUOfChoEtAl(CellContract):
    name = "gru"
    options: ClassVar = {"reset": "before"}


class TestLSTM(CellContract):
    name = "lstm"
    reference = in_torch(torch.nn.LSTM(5, 4))


class TestLSTMOfOtherSizes(CellContract):
    name = "lstm"
    options: ClassVar = {"forget_bias": 0.0}
    input_size, hidden_size = 3, 7


def spec(cls: str, **changes) -> CellSpec:
    return CellSpec(
        name="sample", target=f"sample_cells:{cls}", summary="a sample", **{"gates": 1, **changes}
    )


def test_a_cell_of_step_alone_passes(failures):
    assert failures(CellContract, spec("Simple")) == {}


def test_so_does_one_that_names_its_recurrent_weights(failures):
    assert failures(CellContract, spec("Named")) == {}


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (
            "ForgetsToDraw",
            "weights_follow_from_the_generator",
            "reset_parameters does not set every number of 'b'",
        ),
        (
            "DrawsGlobally",
            "leaves_global_generators_alone",
            "reset_parameters draws from torch's global generator; draw from the one that",
        ),
        (
            "ForwardDiffers",
            "forward_equals_repeated_steps",
            "forward over 1 steps differs from step repeated (outputs): ",
        ),
        (
            "DeadParameter",
            "every_parameter_gets_a_gradient",
            "'unused' gets no gradient: neither outputs nor states depend on it",
        ),
        (
            "WrongGradient",
            "gradients_are_right",
            "the gradient of 'b' differs from finite differences: ",
        ),
        (
            "ForgetsToSave",
            "saved_weights_give_the_same",
            "loaded weights give another result (outputs): ",
        ),
        ("WrongIds", "ids_equal_one_hot_vectors", "ids differ from vectors in forward (outputs): "),
    ],
)
def test_a_broken_cell_fails_the_check_of_what_is_broken(failures, cls, check, said):
    found = failures(CellContract, spec(cls))
    assert found.pop(check).startswith(said)
    assert found == {}


def test_normalising_over_the_batch_is_caught_as_such_and_as_padding(failures):
    found = failures(CellContract, spec("NormalisesOverTheBatch"))
    assert set(found) == {"batch_equals_singles", "padding_changes_nothing"}
    assert found["batch_equals_singles"].startswith(
        "sequence 0 in a batch of 3 differs from itself alone, in evaluation (outputs): "
    )


def test_looking_ahead_is_caught_as_padding_too(failures):
    found = failures(CellContract, spec("LooksAhead"))
    assert set(found) == {
        "forward_equals_repeated_steps",
        "goes_on_from_a_carried_state",
        "padding_changes_nothing",
    }
    assert found["padding_changes_nothing"].startswith("outputs of Encoder.run differ with")


def test_an_infinite_gradient_out_of_the_padding_is_caught(failures):
    found = failures(CellContract, spec("InfinityInPadding"))
    assert set(found) == {"gradients_of_padding_are_finite", "trains_under_every_head"}
    said = "an infinity in the padding reaches the gradient of 'cells.0.W'"
    assert found["gradients_of_padding_are_finite"] == said


def test_computing_in_another_precision_is_caught_as_such_and_in_training(failures):
    found = failures(CellContract, spec("DoublesPrecision"))
    assert set(found) == {"other_precisions", "trains_under_every_head"}
    assert found["other_precisions"] == (
        "outputs are torch.float64 where input and weights are torch.float32"
    )


def test_writing_over_the_state_that_is_given_is_caught(failures):
    found = failures(CellContract, spec("ChangesItsState"))
    assert found["leaves_its_arguments_alone"] == "forward changes the state h that it is given"


def test_states_are_those_of_the_spec(failures):
    found = failures(CellContract, spec("TwoStates"))
    assert found["shapes"] == (
        "the state after forward for T=1 and B=1 is a tuple of 2; its spec declares the states "
        "('h',)"
    )
    found = failures(CellContract, spec("WrongShape"))
    assert found["shapes"] == "h of initial_state for T=1 and B=3 has shape (1, 4), not (3, 4)"


def test_recurrent_weights_that_are_none_are_told(failures):
    found = failures(CellContract, spec("NamesNone"))
    assert found["recurrent_weights_can_be_dropped"] == (
        "recurrent_weights names 'V', which is no parameter of it"
    )


def test_weights_that_are_not_looked_up_anew_are_told(failures):
    found = failures(CellContract, spec("Remembers"))
    assert found["recurrent_weights_can_be_dropped"].startswith(
        "it does not compute with what is left of its weights: "
    )


def test_a_wrong_reference_is_told(failures):
    found = failures(
        CellContract, spec("Simple"), reference=lambda cell, x, state: cell(x + 1, state)
    )
    assert set(found) == {"equals_its_reference"}


def test_a_wrong_lowering_is_told(failures):
    from seqkit.cells import GRUOptions

    wrong = CellSpec(
        name="swapped",
        target="seqkit.cells.gru:GRU",
        summary="a GRU",
        options=GRUOptions,
        gates=3,
        lowering="sample_cells:swapped_gru",
    )
    found = failures(CellContract, wrong)
    assert set(found) == {"lowering_equals_torch"}
    assert "from torch's (tolerance 1e-05)" in found["lowering_equals_torch"]


def test_what_is_no_cell_is_told(failures):
    wrong = CellSpec(name="sample", target="torch.nn:Bilinear", summary="no cell")
    found = failures(CellContract, wrong)
    assert "it raised TypeError" in found["shapes"] or "a cell is a subclass" in found["shapes"]
