"""Every cell, with the options that change its equations, keeps the contract of cells."""

from typing import ClassVar

from seqkit.testing import CellContract


class TestMGU(CellContract):
    name = "mgu"


class TestGRUUpdate(CellContract):
    name = "gru-update"


class TestPeepholeLSTM(CellContract):
    name = "lstm-peephole"


class TestLayerNormLSTM(CellContract):
    name = "lstm-layernorm"


class TestIndRNN(CellContract):
    name = "indrnn"


class TestIndRNNWithTanh(CellContract):
    name = "indrnn"
    options: ClassVar = {"activation": "tanh", "bound": 1.5}


class TestMinGRU(CellContract):
    name = "mingru"


class TestMinLSTM(CellContract):
    name = "minlstm"


class TestQRNN(CellContract):
    name = "qrnn"


class TestQRNNOfOneStep(CellContract):
    name = "qrnn"
    options: ClassVar = {"window": 1}


class TestQRNNWithAForgetGateAlone(CellContract):
    name = "qrnn"
    options: ClassVar = {"pooling": "f"}


class TestSRU(CellContract):
    name = "sru"
    options: ClassVar = {"highway_bias": -1.0}


class TestSRUOfEqualSizes(CellContract):
    name = "sru"
    hidden_size = CellContract.input_size
