"""What a plugin says about each of its parts: frozen, small, and free of heavy imports.

A spec names its implementation as ``"package.module:Class"``, which is loaded when the part is
first used, so that listing every installed plugin costs no import of torch. Its ``options`` class
declares each option once, with type, default, range and help; the recipe, the command line, the
error messages and the reference pages all read it from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import msgspec

#: How the lengths of a head's input and output relate.
Arity = Literal["one-to-many", "many-to-one", "many-to-many", "sequence-to-sequence"]
#: What a head is given of a text.
Reads = Literal["steps", "ids"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every options class: subclass it and declare fields.

    A field is declared with ``Annotated[type, msgspec.Meta(description=..., ge=...)]`` and a
    default. This base, used as it is, means that a part has no options.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What all specs share.

    Attributes:
        name: The name that chooses this part: lower-case letters, digits and hyphens.
        target: Where the implementation is: ``"package.module:Class"``.
        summary: One line for listings.
        options: The part's options class.
    """

    kind: ClassVar[str] = ""

    name: str
    target: str
    summary: str
    options: type[Options] = Options

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if problem := _name_problem(self.name) or _summary_problem(self):
            return problem
        if problem := _target_problem("target", self.target):
            return problem
        return _options_problem(self.name, self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerSpec(Spec):
    """A tokenizer: text to ids and back (:class:`seqkit.tokenizers.base.Tokenizer`).

    Attributes:
        lossless: Whether ``decode(encode(text))`` gives back every text unchanged.
    """

    kind: ClassVar[str] = "tokenizer"

    lossless: bool

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if not isinstance(self.lossless, bool):
            return f"lossless of '{self.name}' is {self.lossless!r}, not True or False"
        return Spec.problem(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpec(Spec):
    """A recurrent cell (:class:`seqkit.cells.base.Cell`).

    Attributes:
        states: The names of the tensors that make up its state, in order.
        gates: How many blocks of ``hidden_size`` rows its input weights stack.
        lowering: The function that writes it as an ONNX graph, ``"package.module:function"``
            (:mod:`seqkit.lowering.cells`); empty for a cell that torch alone runs.
    """

    kind: ClassVar[str] = "cell"

    states: tuple[str, ...] = ("h",)
    gates: int = 1
    lowering: str = ""

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if not _names(self.states) or len(set(self.states)) != len(self.states):
            return f"states of '{self.name}' are {self.states!r}, not a tuple of different names"
        if not isinstance(self.gates, int) or self.gates < 1:
            return f"gates of '{self.name}' are {self.gates!r}, not a number from 1"
        if self.lowering != "" and (problem := _target_problem("lowering", self.lowering)):
            return problem
        return Spec.problem(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSpec(Spec):
    """A faster way to compute a part of the network (:mod:`seqkit.nn.kernels`).

    Attributes:
        part: What it computes: a cell by its name, or ``embedding``.
    """

    kind: ClassVar[str] = "kernel"

    part: str

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if not _NAME.fullmatch(str(self.part)):
            return f"part of '{self.name}' is {self.part!r}, not the name of one"
        return Spec.problem(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSpec(Spec):
    """A task: the torch head that is trained and the torch-free decoder that reads its logits.

    Attributes:
        decoder: Where the :class:`seqkit.decoding.base.Decoder` is: ``"package.module:Class"``.
        arity: How input and output lengths relate; ``one-to-many`` trains on contiguous streams,
            the others on padded batches of examples. ``many-to-many`` answers at each step,
            ``sequence-to-sequence`` with as many steps as it takes.
        command: The command that predicts with it.
        starter: Recipe sections that suit the task, for a recipe made from options alone and for
            the one that ``seqkit recipe`` prints: ``{"encoder": {"hidden_size": 128}, ...}``.
        lowering: The function that writes it as an ONNX graph, ``"package.module:function"``
            (:mod:`seqkit.lowering.heads`); empty for a head that torch alone runs.
        reads: What it is given: ``steps``, what the encoder makes of each token; or ``ids``, the
            tokens' ids themselves, for which neither an embedding nor an encoder is built. The
            latter is for many-to-one alone.
        pieces: The class that answers to a long text piece by piece, ``"package.module:Class"``
            (:class:`seqkit.runtimes.gathering.Gatherer`); empty for a head that needs it whole,
            or reads ids.
    """

    kind: ClassVar[str] = "head"

    decoder: str
    arity: Arity
    command: str
    starter: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lowering: str = ""
    reads: Reads = "steps"
    pieces: str = ""

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if problem := _target_problem("decoder", self.decoder) or self._reads_problem():
            return problem
        if self.arity not in get_args(Arity):
            known = ", ".join(get_args(Arity))
            return f"arity of '{self.name}' is {self.arity!r}, none of: {known}"
        if not _NAME.fullmatch(str(self.command)):
            return f"command of '{self.name}' is {self.command!r}, not the name of one"
        if self.lowering != "" and (problem := _target_problem("lowering", self.lowering)):
            return problem
        if self.pieces != "" and (problem := _target_problem("pieces", self.pieces)):
            return problem
        return Spec.problem(self)

    def _reads_problem(self) -> str:
        if self.reads not in get_args(Reads):
            known = ", ".join(get_args(Reads))
            return f"reads of '{self.name}' is {self.reads!r}, none of: {known}"
        if self.reads == "ids" and self.arity != "many-to-one":
            return f"'{self.name}' reads ids and is {self.arity!r}, not 'many-to-one'"
        if self.reads == "ids" and self.pieces:
            return f"'{self.name}' reads ids and has pieces, which are made of steps"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSpec(Spec):
    """A file format (:class:`seqkit.readers.base.Reader`).

    Attributes:
        suffixes: File name endings that it is the natural reader of, with the dot.
        tasks: The heads that its examples can feed.
    """

    kind: ClassVar[str] = "reader"

    suffixes: tuple[str, ...]
    tasks: tuple[str, ...]

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        # A reader of no suffix is chosen by name alone.
        if self.suffixes != () and not _names(self.suffixes):
            return f"suffixes of '{self.name}' are {self.suffixes!r}, not a tuple of strings"
        if bare := [suffix for suffix in self.suffixes if not suffix.startswith(".")]:
            return f"suffix '{bare[0]}' of '{self.name}' does not begin with a dot"
        if not _names(self.tasks):
            return f"tasks of '{self.name}' are {self.tasks!r}, not a tuple of names"
        return Spec.problem(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSpec(Spec):
    """A way to run a bundle's network (:class:`seqkit.runtimes.base.Runtime`).

    Attributes:
        rank: How early it is tried where nobody names one: of those that can run a bundle, the one
            with the greatest rank does. seqkit's own have 0 (torch) and 10 (onnx).
        requires: Modules that it needs and that may be missing, by the names they are imported by.
        tolerance: How far its logits may be from torch's, as a share of the largest of them, or of
            1 where that is smaller.
    """

    kind: ClassVar[str] = "runtime"

    rank: int
    requires: tuple[str, ...] = ()
    tolerance: float = 1e-5

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if not isinstance(self.rank, int):
            return f"rank of '{self.name}' is {self.rank!r}, not a whole number"
        if self.requires != () and not _names(self.requires):
            return f"requires of '{self.name}' is {self.requires!r}, not a tuple of module names"
        if not (isinstance(self.tolerance, float) and 0 < self.tolerance < 1):
            return f"tolerance of '{self.name}' is {self.tolerance!r}, not between 0 and 1"
        return Spec.problem(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSpec(Spec):
    """An observer of training (:class:`seqkit.training.callbacks.Callback`)."""

    kind: ClassVar[str] = "callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A command of the ``seqkit`` group.

    Attributes:
        name: The word typed after ``seqkit``.
        target: Where the :class:`click.Command` is: ``"package.module:attribute"``.
        short_help: One line for the list of commands.
    """

    kind: ClassVar[str] = "command"

    name: str
    target: str
    short_help: str

    @property
    def summary(self) -> str:
        """The line for listings, under the name that the other specs use."""
        return self.short_help

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        return Spec(name=self.name, target=self.target, summary=self.short_help).problem()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A trained bundle that a package installs.

    Attributes:
        name: The name given to ``--model`` or :func:`seqkit.load`.
        path: The bundle's directory.
        task: The head that it was trained with.
        language: BCP 47 tag, such as ``en``.
        default: Whether commands of its task use it when no model is named.
        summary: One line for listings.
    """

    kind: ClassVar[str] = "model"

    name: str
    path: Path
    task: str
    language: str
    summary: str
    default: bool = field(default=False)

    def problem(self) -> str:
        """What is wrong with this spec, or the empty string."""
        if problem := _name_problem(self.name) or _summary_problem(self):
            return problem
        if not isinstance(self.path, Path) or not self.path.is_dir():
            return f"path of '{self.name}' is no folder: {self.path}"
        return ""


AnySpec = (
    TokenizerSpec
    | CellSpec
    | KernelSpec
    | HeadSpec
    | ReaderSpec
    | RuntimeSpec
    | CallbackSpec
    | CommandSpec
    | ModelSpec
)

#: The spec class of each kind, in the order in which listings show them.
SPEC_CLASSES: dict[str, type[AnySpec]] = {
    cls.kind: cls
    for cls in (
        TokenizerSpec,
        CellSpec,
        KernelSpec,
        HeadSpec,
        ReaderSpec,
        RuntimeSpec,
        ModelSpec,
        CommandSpec,
        CallbackSpec,
    )
}


def _name_problem(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return ""
    return f"name {name!r} is not made of lower-case letters, digits and hyphens"


def _summary_problem(spec: Any) -> str:
    if isinstance(spec.summary, str) and spec.summary.strip() and spec.summary.isprintable():
        return ""
    return f"'{spec.name}' has no summary of one line"


def _target_problem(field_name: str, target: object) -> str:
    if isinstance(target, str) and _TARGET.fullmatch(target):
        return ""
    return f"{field_name} {target!r} is not written 'package.module:attribute'"


def _options_problem(name: str, options: object) -> str:
    if not (isinstance(options, type) and issubclass(options, Options)):
        return f"options of '{name}' is no subclass of seqkit.Options"
    # A recipe writes a part's name and its options side by side in one table.
    if "name" in options.__struct_fields__:
        return f"an option of '{name}' is called 'name', which is the key that chooses the part"
    try:
        options()
    except TypeError:
        return f"not every option of '{name}' has a default"
    return ""


def _names(value: object) -> bool:
    return isinstance(value, tuple) and value != () and all(isinstance(v, str) and v for v in value)
