from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqkit import (
    CallbackSpec,
    CellSpec,
    CommandSpec,
    HeadSpec,
    KernelSpec,
    ModelSpec,
    Options,
    ReaderSpec,
    RuntimeSpec,
    TokenizerSpec,
    manager,
)
from seqkit.specs import SPEC_CLASSES

CELL = CellSpec(
    name="leaky", target="acme.cells:Leaky", summary="leaky integrator", lowering="acme.onnx:leaky"
)
TOKENIZER = TokenizerSpec(name="bits", target="acme:Bits", summary="a bit a token", lossless=True)
HEAD = HeadSpec(
    name="parsing",
    target="acme.heads:Parsing",
    decoder="acme.decoding:Parsing",
    summary="a tree a sentence",
    arity="many-to-many",
    command="parse",
)
READER = ReaderSpec(
    name="xml", target="acme:Xml", summary="an element a text", suffixes=(".xml",), tasks=("x",)
)
RUNTIME = RuntimeSpec(
    name="abacus", target="acme:Abacus", summary="on beads", rank=-1, requires=("beads",)
)
COMMAND = CommandSpec(name="parse", target="acme.cli:parse", short_help="Draw trees.")
KERNEL = KernelSpec(name="quick", target="acme:Quick", summary="in assembly", part="lstm")
CALLBACK = CallbackSpec(name="bell", target="acme:Bell", summary="rings at the end")


class Required(Options, frozen=True, kw_only=True):
    size: int


class CalledName(Options, frozen=True, kw_only=True):
    name: str = "x"


@pytest.mark.parametrize(
    "spec", [CELL, KERNEL, TOKENIZER, HEAD, READER, RUNTIME, COMMAND, CALLBACK]
)
def test_a_good_spec_has_no_problem(spec):
    assert spec.problem() == ""


@pytest.mark.parametrize(
    "spec", [CELL, KERNEL, TOKENIZER, HEAD, READER, RUNTIME, COMMAND, CALLBACK]
)
@pytest.mark.parametrize("name", ["", "Leaky", "le aky", "acme:leaky", "-leaky", "léaky", 7, None])
def test_a_name_that_could_not_be_typed_or_would_be_ambiguous(spec, name):
    problem = replace(spec, name=name).problem()
    assert problem == f"name {name!r} is not made of lower-case letters, digits and hyphens"


@pytest.mark.parametrize(
    "spec", [CELL, KERNEL, TOKENIZER, HEAD, READER, RUNTIME, COMMAND, CALLBACK]
)
@pytest.mark.parametrize(
    "target", ["acme", "acme.cells.Leaky", "acme:", ":Leaky", "a..b:C", "a:b.c", "a/b:C", None]
)
def test_a_target_that_names_no_object(spec, target):
    problem = replace(spec, target=target).problem()
    assert problem == f"target {target!r} is not written 'package.module:attribute'"


@pytest.mark.parametrize(
    ("spec", "changes", "problem"),
    [
        (CELL, {"summary": "  "}, "'leaky' has no summary of one line"),
        (CELL, {"summary": "one\ntwo"}, "'leaky' has no summary of one line"),
        (CELL, {"summary": None}, "'leaky' has no summary of one line"),
        (CELL, {"options": dict}, "options of 'leaky' is no subclass of seqkit.Options"),
        (CELL, {"options": Options()}, "options of 'leaky' is no subclass of seqkit.Options"),
        (CELL, {"options": Required}, "not every option of 'leaky' has a default"),
        (
            CELL,
            {"options": CalledName},
            "an option of 'leaky' is called 'name', which is the key that chooses the part",
        ),
        (
            CELL,
            {"states": ["h"]},
            "states of 'leaky' are ['h'], not a tuple of different names",
        ),
        (CELL, {"states": ()}, "states of 'leaky' are (), not a tuple of different names"),
        (CELL, {"states": "h"}, "states of 'leaky' are 'h', not a tuple of different names"),
        (
            CELL,
            {"states": ("h", "h")},
            "states of 'leaky' are ('h', 'h'), not a tuple of different names",
        ),
        (CELL, {"gates": 0}, "gates of 'leaky' are 0, not a number from 1"),
        (
            CELL,
            {"lowering": "acme"},
            "lowering 'acme' is not written 'package.module:attribute'",
        ),
        (TOKENIZER, {"lossless": "yes"}, "lossless of 'bits' is 'yes', not True or False"),
        (KERNEL, {"part": ""}, "part of 'quick' is '', not the name of one"),
        (HEAD, {"decoder": "acme"}, "decoder 'acme' is not written 'package.module:attribute'"),
        (HEAD, {"reads": "text"}, "reads of 'parsing' is 'text', none of: steps, ids"),
        (
            HEAD,
            {"reads": "ids"},
            "'parsing' reads ids and is 'many-to-many', not 'many-to-one'",
        ),
        (
            HEAD,
            {"reads": "ids", "arity": "many-to-one", "pieces": "pack.age:Thing"},
            "'parsing' reads ids and has pieces, which are made of steps",
        ),
        (HEAD, {"pieces": "acme"}, "pieces 'acme' is not written 'package.module:attribute'"),
        (
            HEAD,
            {"arity": "one-to-one"},
            (
                "arity of 'parsing' is 'one-to-one', none of: one-to-many, many-to-one, "
                "many-to-many, sequence-to-sequence"
            ),
        ),
        (HEAD, {"lowering": None}, "lowering None is not written 'package.module:attribute'"),
        (HEAD, {"command": ""}, "command of 'parsing' is '', not the name of one"),
        (READER, {"suffixes": ".xml"}, "suffixes of 'xml' are '.xml', not a tuple of strings"),
        (READER, {"suffixes": ("xml",)}, "suffix 'xml' of 'xml' does not begin with a dot"),
        (READER, {"tasks": ()}, "tasks of 'xml' are (), not a tuple of names"),
        (RUNTIME, {"rank": 1.5}, "rank of 'abacus' is 1.5, not a whole number"),
        (RUNTIME, {"rank": "high"}, "rank of 'abacus' is 'high', not a whole number"),
        (
            RUNTIME,
            {"requires": "beads"},
            "requires of 'abacus' is 'beads', not a tuple of module names",
        ),
        (
            RUNTIME,
            {"requires": ("beads", 1)},
            "requires of 'abacus' is ('beads', 1), not a tuple of module names",
        ),
        (RUNTIME, {"tolerance": 1.0}, "tolerance of 'abacus' is 1.0, not between 0 and 1"),
        (COMMAND, {"short_help": ""}, "'parse' has no summary of one line"),
    ],
)
def test_what_is_wrong_is_said(spec, changes, problem):
    assert replace(spec, **changes).problem() == problem


def test_a_reader_may_have_no_suffix():
    assert replace(READER, suffixes=()).problem() == ""


def test_a_runtime_may_need_no_module():
    assert replace(RUNTIME, requires=()).problem() == ""


def test_a_model_must_be_a_folder(tmp_path: Path):
    model = ModelSpec(name="m", path=tmp_path, task="tagging", language="en", summary="tags words")
    assert model.problem() == ""
    missing = tmp_path / "missing"
    assert replace(model, path=missing).problem() == f"path of 'm' is no folder: {missing}"
    assert replace(model, path=str(tmp_path)).problem() == f"path of 'm' is no folder: {tmp_path}"


def test_every_spec_of_the_built_in_parts_is_of_a_known_kind():
    for part in manager.current().builtin.parts:
        assert type(part) is SPEC_CLASSES[part.kind]
