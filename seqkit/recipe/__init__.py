"""A recipe: everything that decides what training makes, as one TOML file.

Here it is read, checked and written; ``sections.py`` and ``training.py`` declare its keys, and
``text.py`` prints a starter recipe and the schema.

Sections that choose a plugin (``reader``, ``tokenizer``, ``cell``, ``head``, each of
``callbacks``) hold its ``name`` and that plugin's own options side by side. Every key is declared
once, in one of those two or in the plugin's options class, with type, default, range and help;
unknown keys are refused with the near match.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from seqkit import registry
from seqkit.errors import RecipeError, did_you_mean
from seqkit.recipe.beginning import check_beginning, check_contextual
from seqkit.recipe.language import check_language_loss
from seqkit.recipe.sections import (
    ORDER,
    PARTS,
    SECTIONS,
    Bundle,
    Contextual,
    Corpus,
    Embedding,
    Encoder,
    Pretrained,
    Top,
)
from seqkit.recipe.teacher import Teacher, check_teacher
from seqkit.recipe.training import Training
from seqkit.specs import HeadSpec, Options

_LARGEST_RECIPE = 1 << 20  # bytes; a recipe is a page of text
#: What makes the steps that some heads don't read.
_OF_STEPS = ("embedding", "contextual", "cell")


@dataclass(frozen=True, slots=True)
class Part:
    """A plugin chosen by name, with its options checked."""

    name: str
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A checked recipe; each attribute is a section of the file."""

    head: Part
    corpus: Corpus = field(default_factory=Corpus)
    reader: Part | None = None
    tokenizer: Part = field(default_factory=lambda: default_part("tokenizer", "word"))
    embedding: Embedding = field(default_factory=Embedding)
    cell: Part = field(default_factory=lambda: default_part("cell", "lstm"))
    encoder: Encoder = field(default_factory=Encoder)
    pretrained: Pretrained = field(default_factory=Pretrained)
    contextual: Contextual = field(default_factory=Contextual)
    teacher: Teacher = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)
    bundle: Bundle = field(default_factory=Bundle)
    callbacks: tuple[Part, ...] = field(
        default_factory=lambda: (default_part("callback", "jsonl"),)
    )
    random_seed: int = 1

    @property
    def head_spec(self) -> HeadSpec:
        """The spec of the head, which says what kind of task this is."""
        spec: HeadSpec = registry.find("head", self.head.name).spec
        return spec

    @property
    def sections(self) -> tuple[str, ...]:
        """Those that it has, in order: without what makes steps, where the head reads ids."""
        if self.head_spec.reads == "steps":
            return ORDER
        return tuple(section for section in ORDER if section not in _OF_STEPS)


def default_part(kind: str, name: str) -> Part:
    """The part with all its options at their defaults."""
    return Part(name, registry.find(kind, name).spec.options())


def read(path: Path) -> dict[str, Any]:
    """Read a recipe file into nested tables without checking its keys.

    Raises:
        RecipeError: There is no such file, or it is no TOML.
    """
    try:
        if path.stat().st_size > _LARGEST_RECIPE:
            raise RecipeError(f"{path} is no recipe", why="it is larger than 1 MiB")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise RecipeError(
            f"There is no recipe {path}", fix="'seqkit recipe' prints one to start from"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML", why=str(error)) from error


def override(tables: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Apply ``section.key=value`` assignments to a recipe's tables.

    Args:
        tables: The recipe as nested tables; not changed.
        assignments: Each value is TOML, or a bare word that is taken as a string. An assignment to
            ``section.name`` of a plugin section drops options that were meant for another plugin.

    Returns:
        New tables.

    Raises:
        RecipeError: An assignment is not of that form.
    """
    result = {key: dict(v) if isinstance(v, Mapping) else v for key, v in tables.items()}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        keys = [key.strip() for key in path.split(".")]
        if not equals or len(keys) > 2 or not all(keys):
            raise RecipeError(
                f"'{assignment}' sets nothing",
                fix="Write section.key=value, such as encoder.hidden_size=256",
            )
        value = _toml_value(text.strip())
        if len(keys) == 1:
            result[keys[0]] = value
            continue
        section, key = keys
        table = result.setdefault(section, {})
        if not isinstance(table, dict):
            raise RecipeError(f"'{section}' is a value, not a section", fix=f"Set {section}=value")
        if section in PARTS and key == "name" and table.get("name", value) != value:
            known = {
                f.name
                for f in msgspec.structs.fields(registry.find(section, str(value)).spec.options)
            }
            table = result[section] = {k: v for k, v in table.items() if k in known}
        table[key] = value
    return result


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def parse(tables: Mapping[str, Any], *, source: str = "recipe") -> Recipe:
    """Check a recipe's tables and fill in what they leave out.

    Args:
        tables: Nested tables as :func:`read` gives them.
        source: What errors call the recipe.

    Raises:
        RecipeError: A key is unknown or missing, or a value has the wrong type or range; the
            message begins with the source and the key's path.
        PluginError: A section names a plugin that is not there.
    """
    sections: dict[str, Any] = {}
    for key, value in tables.items():
        if key in SECTIONS:
            sections[key] = _convert(_table(value, source, key), SECTIONS[key], source, key)
        elif key in PARTS:
            sections[key] = _part(_table(value, source, key), key, source, key)
        elif key == "callbacks":
            if not isinstance(value, list | tuple):
                raise RecipeError(f"{source}: callbacks is no list of tables")
            sections[key] = tuple(
                _part(
                    _table(item, source, f"callbacks[{i}]"), "callback", source, f"callbacks[{i}]"
                )
                for i, item in enumerate(value)
            )
        elif key == "random_seed":
            sections[key] = _convert({"random_seed": value}, Top, source, "").random_seed
        else:
            raise RecipeError(
                f"{source}: {key}: there is no such section",
                fix=did_you_mean(key, [*SECTIONS, *PARTS, "callbacks", "random_seed"]),
            )
    if "head" not in sections:
        raise RecipeError(
            f"{source}: head is missing",
            why="it says what the model is for",
            fix=f"Set head.name. {did_you_mean('', registry.names('head'))}",
        )
    recipe = Recipe(**sections)
    _check_combination(recipe, source)
    _check_sections(recipe, tables, source)
    return recipe


def load(path: Path, assignments: Iterable[str] = ()) -> Recipe:
    """:func:`read`, :func:`override` and :func:`parse` in one."""
    return parse(override(read(path), assignments), source=str(path))


def starter(head: str) -> dict[str, Any]:
    """The tables that suit a task, for a recipe made from options alone."""
    spec = registry.find("head", head).spec
    tables = {section: dict(values) for section, values in spec.starter.items()}
    tables["head"] = {"name": head, **tables.get("head", {})}
    return tables


def to_tables(recipe: Recipe) -> dict[str, Any]:
    """The recipe as nested tables with every key filled in; :func:`parse` gives it back."""
    tables: dict[str, Any] = {"random_seed": recipe.random_seed}
    for section in recipe.sections:
        value = getattr(recipe, section)
        if isinstance(value, Part):
            tables[section] = _part_table(value)
        elif value is not None:
            tables[section] = msgspec.to_builtins(value)
    # written even where there are none, which is not the default
    tables["callbacks"] = [_part_table(part) for part in recipe.callbacks]
    # the last section is what shows that a bundle's recipe is whole
    tables["bundle"] = tables.pop("bundle")
    return tables


def to_toml(recipe: Recipe) -> str:
    """The recipe as TOML with every key filled in."""
    import tomli_w

    return tomli_w.dumps(to_tables(recipe))


def _table(value: Any, source: str, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RecipeError(
            f"{source}: {path} is a {type(value).__name__}", fix=f"Write a table: [{path}]"
        )
    return value


def _part(table: Mapping[str, Any], kind: str, source: str, path: str) -> Part:
    options = dict(table)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise RecipeError(
            f"{source}: {path}.name is missing",
            fix=f"Name a {kind}. {did_you_mean('', registry.names(kind))}",
        )
    spec = registry.find(kind, name).spec
    return Part(name, _convert(options, spec.options, source, path))


def _part_table(part: Part) -> dict[str, Any]:
    return {"name": part.name, **msgspec.to_builtins(part.options)}


def _convert(table: Mapping[str, Any], cls: type[Any], source: str, path: str) -> Any:
    known = [f.name for f in msgspec.structs.fields(cls)]
    for key in table:
        if key not in known:
            where = f"{path}.{key}" if path else key
            raise RecipeError(
                f"{source}: {where}: there is no such key", fix=did_you_mean(key, known)
            )
    try:
        return msgspec.convert(dict(table), cls)
    except msgspec.ValidationError as error:
        # msgspec ends its message with the place, written "- at `$.key[0]`"
        what, _, place = str(error).partition(" - at `$")
        where = (path + re.sub(r"`$", "", place)).removeprefix(".")
        raise RecipeError(f"{source}: {where}: {what[:1].lower()}{what[1:]}") from None


def _check_combination(recipe: Recipe, source: str) -> None:
    arity = recipe.head_spec.arity
    if arity == "one-to-many" and recipe.encoder.bidirectional:
        raise RecipeError(
            f"{source}: encoder.bidirectional is set",
            why=f"the {recipe.head.name} head predicts what comes next and may not look ahead",
            fix="Set encoder.bidirectional=false",
        )
    if arity == "one-to-many" and recipe.embedding.feature_size:
        raise RecipeError(
            f"{source}: embedding.feature_size is {recipe.embedding.feature_size}",
            why=f"the {recipe.head.name} head reads a running text of tokens without features",
            fix="Set embedding.feature_size=0",
        )
    _check_characters(recipe, source)
    whole = arity in ("one-to-many", "many-to-many")
    if whole and recipe.encoder.max_tokens:
        raise RecipeError(
            f"{source}: encoder.max_tokens is {recipe.encoder.max_tokens}",
            why=f"the {recipe.head.name} head has an answer to every token, so it reads them all",
            fix="Set encoder.max_tokens=0",
        )
    if arity != "many-to-many" and recipe.encoder.context:
        raise RecipeError(
            f"{source}: encoder.context is {recipe.encoder.context}",
            why=f"the {recipe.head.name} head reads whole texts, around which there is nothing",
            fix="Set encoder.context=0",
        )
    if arity != "one-to-many" and recipe.encoder.reversed:
        raise RecipeError(
            f"{source}: encoder.reversed is set",
            why=f"the {recipe.head.name} head reads texts from their beginning",
            fix="Set encoder.reversed=false; encoder.bidirectional reads both ways",
        )
    _check_adversarial(recipe, source)
    check_language_loss(recipe, source)
    check_beginning(recipe, source)
    check_contextual(recipe, source)
    check_teacher(recipe, source)


def _check_adversarial(recipe: Recipe, source: str) -> None:
    adversarial = recipe.training.adversarial
    if adversarial == "none":
        return
    if recipe.head_spec.arity == "one-to-many":
        raise RecipeError(
            f"{source}: training.adversarial is {adversarial}",
            why=f"the {recipe.head.name} head reads a running text, and whole texts are moved",
            fix="Set training.adversarial=none",
        )
    if not recipe.embedding.size:
        raise RecipeError(
            f"{source}: training.adversarial is {adversarial}",
            why="with embedding.size=0 there are no vectors to move",
            fix="Set embedding.size, or training.adversarial=none",
        )


def _check_characters(recipe: Recipe, source: str) -> None:
    sizes = recipe.embedding
    if not sizes.spells:
        return
    if recipe.head_spec.arity == "one-to-many":
        raise RecipeError(
            f"{source}: embedding.characters is {sizes.characters}",
            why=f"the {recipe.head.name} head reads a running text of ids alone",
            fix="Set embedding.characters=none",
        )
    if not sizes.size:
        raise RecipeError(
            f"{source}: embedding.characters is {sizes.characters} and embedding.size 0",
            why="what characters give stands beside vectors of tokens, and one-hot input has none",
            fix="Set embedding.size to a number above 0, or embedding.characters=none",
        )
    if sizes.characters == "cnn" and not sizes.character_width % 2:
        raise RecipeError(
            f"{source}: embedding.character_width is {sizes.character_width}",
            why="a filter sees as many characters before the one that it stands at as after it",
            fix="Set embedding.character_width to an odd number",
        )
    if sizes.characters == "recurrent" and sizes.character_size % 2:
        raise RecipeError(
            f"{source}: embedding.character_size is {sizes.character_size}",
            why="half of it is for each of the two directions that a word is read in",
            fix="Set embedding.character_size to an even number",
        )


def _check_sections(recipe: Recipe, tables: Mapping[str, Any], source: str) -> None:
    """Refuse what would go unread without a word: settings of layers that are not there."""
    if recipe.head_spec.reads == "steps":
        return
    limits = Encoder(max_tokens=recipe.encoder.max_tokens, keep=recipe.encoder.keep)
    strange = [section for section in _OF_STEPS if section in tables]
    strange += [
        f"encoder.{key}"
        for key in msgspec.structs.asdict(limits)
        if getattr(recipe.encoder, key) != getattr(limits, key)
    ]
    if strange:
        raise RecipeError(
            f"{source}: {strange[0]} is set",
            why=f"the {recipe.head.name} head reads ids alone, so that there are no layers",
            fix="Leave it out; of the encoder only max_tokens and keep are heeded",
        )
