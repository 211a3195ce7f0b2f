"""The parts keep seqkit's contracts of their kinds."""

from typing import ClassVar

from seqkit.examples import TextExample
from seqkit.testing import CommandContract, HeadContract, ReaderContract

PAIRS = [("abc", "cba"), ("bca", "acb"), ("cab ab", "ba bac"), ("ba", "ab")]


class TestHead(HeadContract):
    name = "translation"
    examples: ClassVar = [
        TextExample(text, f"t:{n}", (label,)) for n, (text, label) in enumerate(PAIRS)
    ]
    options: ClassVar = {"vocab_size": 300}
    sections: ClassVar = {
        "tokenizer": {"name": "char"},
        "embedding": {"size": 16},
        "encoder": {"hidden_size": 16},
    }


class TestAdditive(TestHead):
    options: ClassVar = {"vocab_size": 300, "attention": "additive", "layers": 2}


class TestInputFeeding(TestHead):
    options: ClassVar = {"vocab_size": 300, "input_feeding": True}


class TestColumns(ReaderContract):
    name = "pairs"
    good = b"Go.\tVa !\nRun!\tCours !\n"
    count = 2
    bad = b"Go.\tVa !\nRun!\nHi.\tSalut.\n"
    bad_line = 2


class TestCommand(CommandContract):
    name = "translate"
