"""A bundle's manifest: what is inside, read and checked before anything is built from it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from seqkit.bundle.migrations import migrate
from seqkit.decoding.metrics import LabelScore
from seqkit.errors import BundleError

#: The format that this version of seqkit writes, and the newest that it reads.
FORMAT_VERSION = 1

#: The names of a bundle's own files.
MANIFEST = "manifest.json"
RECIPE = "recipe.toml"
WEIGHTS = "weights.safetensors"
TOKENIZER = "tokenizer"
HEAD = "head"
CONTEXTUAL = "contextual"
CARD = "README.md"
#: What stands in a bundle's directory while its model is being trained.
CHECKPOINTS = "training"
METRICS = "metrics.jsonl"

#: How weights are stored, the largest first.
Storage: TypeAlias = Literal["float32", "float16", "int8"]

_LARGEST_MANIFEST = 16 << 20  # bytes; room for a hundred thousand labels
_AGAIN = "Take the bundle from its source again, or train it again"

_Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)]
# What `pip install` takes and a shell leaves alone: it ends up in advice that people paste.
_Distribution = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]
_Version = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.+!_-]*$", max_length=200)]
_Metric = Annotated[str, Meta(pattern=r"^[a-z0-9_]*$", max_length=100)]
_Count = Annotated[int, Meta(ge=0, le=1 << 48)]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a manifest is made of."""


class PartRecord(_Record, frozen=True, kw_only=True):
    """A plugin that the model was built from.

    Attributes:
        kind: ``tokenizer``, ``cell``, ``head``, ``reader`` or ``callback``.
        name: Its plain name.
        distribution: The package that brought it; ``seqkit`` for built-ins.
        version: That package's version at the time.
    """

    kind: _Name
    name: _Name
    distribution: _Distribution
    version: _Version


class CorpusRecord(_Record, frozen=True, kw_only=True):
    """What the model was trained on.

    Attributes:
        name: The corpus's name; empty for the user's own files.
        licence: Its licence, as an SPDX expression or in words; empty where unknown.
        train_examples: Examples trained on.
        dev_examples: Examples that picked the best epoch.
        sources: Where the corpus can be had: addresses, or file names.
        unlabelled_examples: Texts without a label that were learnt from too.
    """

    name: str
    licence: str
    train_examples: _Count
    dev_examples: _Count
    sources: tuple[str, ...]
    unlabelled_examples: _Count = 0


class MachineRecord(_Record, frozen=True, kw_only=True):
    """What must be the same for training to give the same weights bit for bit.

    Attributes:
        torch: The version of torch.
        threads: Processor threads that torch used.
        device: ``cpu`` or ``cuda``.
    """

    torch: str = ""
    threads: _Count = 0
    device: str = ""


class OriginRecord(_Record, frozen=True, kw_only=True):
    """What the weights began from, where that was not chance, or a teacher.

    Attributes:
        kind: The key of the recipe's section ``[pretrained]`` that names it,
            ``contextual.forward`` or ``contextual.backward``, or ``teacher``.
        name: A model's name, or a file's.
        sha256: A checksum of the model's weights, or of the file, in hexadecimal.
        corpus: What it was trained on, as :attr:`CorpusRecord.name` has it; empty where unknown.
        licence: That corpus's licence; empty where unknown.
    """

    kind: str
    name: str
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    corpus: str
    licence: str


class BaselineRecord(_Record, frozen=True, kw_only=True):
    """What a quick model that is no network scores on the same development data.

    Attributes:
        name: What it is, in words that follow "beside".
        metric: The score that picks the best epoch.
        score: Its value.
        train_examples: Examples that it learnt from.
        seconds: Wall time of its training and scoring.
    """

    name: Annotated[str, Meta(max_length=100)]
    metric: _Metric
    score: float
    train_examples: _Count
    seconds: Annotated[float, Meta(ge=0)]


class RoundingRecord(_Record, frozen=True, kw_only=True):
    """What was lost when a finished bundle's weights were rounded.

    Attributes:
        before: How the weights were stored that all other scores are of.
        metric: The score that picks the task's best model.
        score_before: Its value with those.
        score_after: Its value with the weights that are here.
        examples: How many examples both were measured on.
    """

    before: Storage
    metric: _Metric
    score_before: float
    score_after: float
    examples: _Count

    def told(self) -> str:
        """What was lost, in words."""
        return (
            f"{self.metric} went from {self.score_before:.4f} as {self.before} to "
            f"{self.score_after:.4f} on {self.examples:,} example{'s' * (self.examples != 1)}"
        )


class Confusion(_Record, frozen=True, kw_only=True):
    """A mistake that is made more than once.

    Attributes:
        truth: What the data say.
        prediction: What the model says.
        count: How often, on the development data.
    """

    truth: str
    prediction: str
    count: _Count


class Manifest(_Record, frozen=True, kw_only=True):
    """Everything about a bundle but its recipe, its vocabulary and its numbers.

    Attributes:
        format_version: The bundle's format, :data:`FORMAT_VERSION` once it is read.
        seqkit_version: The version of seqkit that wrote it.
        task: The head's plain name.
        language: BCP 47 tag of the texts; empty where unknown.
        parts: Every plugin that the recipe chose.
        labels: The decoder's labels, in the order of the logits' last axis.
        vocab_size: How many ids the tokenizer has.
        parameters: How many numbers were trained.
        random_seed: The seed of everything random.
        scores: Development scores of the best epoch.
        best_epoch: The epoch that the weights are from, counted from 1; 0 where none was finished.
        seconds: Wall time of training.
        corpus: What it was trained on.
        created: When it was written: UTC, ISO 8601.
        weights: How the weights are stored. All scores are of what is stored, rounded as it is.
        machine: What it was trained on.
        origins: What its weights began from, and whose answers it learnt; none where all were
            drawn and no teacher was asked.
        by_label: Development scores of each label, or of each type of span.
        confusions: What is most often taken for what, where labels exclude each other.
        baseline: What it is to be held against, where something was.
        calibration: Where probabilities were mended, how far they can be taken at their word on
            the development data, and with ``_before`` how far they could before.
        rounding: Where the weights were rounded after training, what that cost; the other scores
            are of the weights before.
    """

    format_version: Annotated[int, Meta(ge=1)] = FORMAT_VERSION
    seqkit_version: str
    task: _Name
    language: str
    parts: tuple[PartRecord, ...]
    labels: tuple[str, ...]
    vocab_size: _Count
    parameters: _Count
    random_seed: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    scores: dict[str, float]
    best_epoch: _Count
    seconds: Annotated[float, Meta(ge=0)]
    corpus: CorpusRecord
    created: str
    weights: Storage
    machine: MachineRecord = MachineRecord()
    origins: tuple[OriginRecord, ...] = ()
    by_label: tuple[LabelScore, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    baseline: BaselineRecord | msgspec.UnsetType = msgspec.UNSET
    calibration: dict[str, float] | msgspec.UnsetType = msgspec.UNSET
    rounding: RoundingRecord | msgspec.UnsetType = msgspec.UNSET

    def beside(self) -> str:
        """The baseline's score beside the model's, in a sentence; empty where there is none."""
        other = self.baseline
        if isinstance(other, msgspec.UnsetType):
            return ""
        told = f"{other.name} has {other.metric} {other.score:.4f}"
        own = self.scores.get(other.metric)
        if own is None or own > other.score:
            return told
        verdict = "better than" if own < other.score else "as good as"
        return f"{told}, which is {verdict} this model's {own:.4f}"


def read_manifest(path: Path) -> Manifest:
    """Read and check a bundle's manifest; nothing else of the bundle is touched.

    Args:
        path: The bundle's directory.

    Returns:
        The manifest, migrated to :data:`FORMAT_VERSION`.

    Raises:
        BundleError: There is no bundle, its manifest is damaged, or its format is newer than
            this version of seqkit.
    """
    data = read_member(path, MANIFEST, limit=_LARGEST_MANIFEST)
    file = path / MANIFEST
    try:
        document: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise damaged(file, f"it is not valid JSON: {error}") from error
    version = document.get("format_version") if isinstance(document, dict) else None
    if type(version) is not int or version < 1:
        raise damaged(file, "it has no format_version, a whole number from 1")
    if version > FORMAT_VERSION:
        raise BundleError(
            f"{path} has bundle format {version}",
            why=f"this version of seqkit reads formats up to {FORMAT_VERSION}",
            fix="Upgrade with: pip install --upgrade seqkit",
        )
    try:
        manifest = msgspec.convert(migrate(document, FORMAT_VERSION), Manifest)
    # An older manifest lacks what its migration looks for only where it is damaged too.
    except (msgspec.ValidationError, LookupError, TypeError, AttributeError) as error:
        raise damaged(file, str(error)) from error
    if len(set(manifest.labels)) < len(manifest.labels):
        raise damaged(file, "a label stands in it twice")
    return manifest


def to_json(manifest: Manifest) -> bytes:
    """The manifest as it is written: indented, keys in a fixed order, ended by a line feed.

    Scores that are no finite numbers, such as the perplexity of a loss beyond 709 nats, are left
    out, since JSON has no way to write them.
    """
    finite = {k: v for k, v in manifest.scores.items() if abs(v) < float("inf")}
    encoded = msgspec.json.encode(
        msgspec.structs.replace(manifest, scores=finite), order="deterministic", enc_hook=_plain
    )
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _plain(value: Any) -> Any:
    """A string or number of torch's or numpy's own type as Python's."""
    for plain in (str, float, int):
        if isinstance(value, plain):
            return plain(value)
    raise NotImplementedError


def read_member(bundle: Path, name: str, *, limit: int) -> bytes:
    """Read one file of a bundle.

    Args:
        bundle: The bundle's directory.
        name: The file's name in it.
        limit: The most bytes that such a file may have.

    Raises:
        BundleError: The file is missing, larger than ``limit``, unreadable, no regular file, or a
            link that leads out of the bundle.
    """
    file = bundle / name
    if not file.exists():
        raise BundleError(
            f"{bundle} is not a bundle" if bundle.is_dir() else f"There is no bundle {bundle}",
            why=f"it has no {name}" if bundle.is_dir() else "",
            fix="'seqkit train' makes one",
        )
    check_inside(bundle, file)
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would keep us waiting for ever
            raise damaged(file, "it is no regular file")
        if status.st_size > limit:
            raise damaged(file, f"it is larger than the {limit:,} bytes that it may have")
        with file.open("rb") as opened:
            return opened.read(status.st_size)
    except OSError as error:
        raise BundleError(f"{file} can't be read", why=error.strerror or str(error)) from error


def staging_path(directory: Path) -> Path:
    """Where a bundle is put together before it gets its name."""
    return directory.with_name(f".{directory.name}.seqkit-new")


def retired_path(directory: Path) -> Path:
    """Where the old bundle stands for the moment in which the new one takes its place."""
    return directory.with_name(f".{directory.name}.seqkit-old")


def check_inside(bundle: Path, file: Path) -> None:
    """Make sure that a file of a bundle does not lead out of it.

    Raises:
        BundleError: It is, or lies behind, a symbolic link to somewhere else.
    """
    # Not Path.resolve, which raises on a loop of links
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(bundle)):
        raise BundleError(
            f"{file} is a link that leads out of the bundle",
            why="a bundle is read on its own",
            fix="Put a copy of the file in its place, if you trust it",
        )


def damaged(file: Path, why: str) -> BundleError:
    """The error for a file of a bundle that does not hold what it should."""
    return BundleError(f"{file} is damaged", why=why, fix=_AGAIN)
