"""The built-in parts, registered through the same hooks as anyone's."""

from __future__ import annotations

from seqkit.cells import CELLS
from seqkit.heads import HEADS
from seqkit.hookspecs import hookimpl
from seqkit.readers import READERS
from seqkit.runtimes import RUNTIMES
from seqkit.specs import (
    CallbackSpec,
    CellSpec,
    CommandSpec,
    HeadSpec,
    ReaderSpec,
    RuntimeSpec,
    TokenizerSpec,
)
from seqkit.tokenizers import TOKENIZERS


@hookimpl
def seqkit_register_tokenizers() -> list[TokenizerSpec]:
    """char, byte, word, sentencepiece."""
    return TOKENIZERS


@hookimpl
def seqkit_register_cells() -> list[CellSpec]:
    """rnn, gru, lstm."""
    return CELLS


@hookimpl
def seqkit_register_heads() -> list[HeadSpec]:
    """generation, classification, tagging."""
    return HEADS


@hookimpl
def seqkit_register_readers() -> list[ReaderSpec]:
    """text, jsonl, csv, tsv, fasttext, label-directories, columns, conllu."""
    return READERS


@hookimpl
def seqkit_register_runtimes() -> list[RuntimeSpec]:
    """torch, onnx."""
    return RUNTIMES


@hookimpl
def seqkit_register_commands() -> list[CommandSpec]:
    """Everything that ``seqkit --help`` lists."""
    return [
        CommandSpec(name=name, target=f"seqkit.cli.{name}:{name}", short_help=short_help)
        for name, short_help in [
            ("train", "Train a model from a recipe."),
            ("evaluate", "Score a model on labelled data."),
            ("generate", "Write text that follows a seed."),
            ("suggest", "Suggest the next words."),
            ("classify", "Label texts."),
            ("tag", "Tag the words of texts."),
            ("compare", "Train several cells or tokenizers and compare them."),
            ("gradients", "Show how far back a model's gradient reaches."),
            ("errors", "Show what a model gets wrong, the most confident first."),
            ("inspect", "Show what is in a model."),
            ("export", "Write a model as an ONNX file or a smaller bundle."),
            ("plugins", "List, check and begin plugins."),
            ("corpora", "List, show and fetch corpora."),
            ("check", "Check the data that a recipe names."),
            ("recipe", "Print a starter recipe, a full one, or their schema."),
        ]
    ]


@hookimpl
def seqkit_register_callbacks() -> list[CallbackSpec]:
    """The record of metrics as JSON lines."""
    return [
        CallbackSpec(
            name="jsonl",
            target="seqkit.training.callbacks:JsonLines",
            summary="appends each evaluation to metrics.jsonl in the bundle",
        )
    ]
