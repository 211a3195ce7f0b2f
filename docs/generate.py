"""The reference pages that are made from the code, as mkdocs builds the site.

Keys, options, help pages and signatures are declared once, in the code; these pages read them
there each time and are kept nowhere, so that none can be out of date.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from rendering import entry, first_line, option_table

from seqkit import manager, recipe, registry
from seqkit.cli.main import cli
from seqkit.specs import SPEC_CLASSES

ROOT = Path(__file__).parents[1]

#: What the page of the Python interface shows, by heading: modules with their names.
_PUBLIC = {
    "Load, train and compare": ["seqkit: load train compare"],
    "A trained model": ["seqkit.model: TextModel Layer", "seqkit.ensemble: Ensemble"],
    "How text is drawn": ["seqkit.decoding.sampling: Sampling", "seqkit.decoding.beam: BeamSearch"],
    "Answers": [
        "seqkit.predictions: Classification MultiClassification Tagging TaggedToken",
        "seqkit.predictions: Generation Suggestion",
    ],
    "Reports": [
        "seqkit.reports: Evaluation Mistake Explanation WordShare",
        "seqkit.decoding.metrics: LabelScore",
    ],
    "Comparisons": [
        "seqkit.comparing.table: Comparison",
        "seqkit.comparing.rows: Row",
        "seqkit.comparing.records: RunRecord",
        "seqkit.comparing.speed: Speed",
        "seqkit.comparing.memory: compare_memory",
        "seqkit.comparing.memory_table: MemoryComparison MemoryPlan MemoryRow",
        "seqkit.comparing.gradients: reach Reach",
    ],
    "Recipes": ["seqkit.recipe: Recipe Part load read override parse starter to_tables to_toml"],
    "Examples and readers": [
        "seqkit.examples: TextExample TokensExample InDocument",
        "seqkit.readers.files: expand guess_reader read",
    ],
    "Corpora": [
        "seqkit.corpora: known find data_folder recipe_path sources Sources",
        "seqkit.fetch: fetch",
        "seqkit.check_data: report",
    ],
    "Watching training": [
        "seqkit.training.callbacks: Observer",
        "seqkit.training.events: Answered Started Transferred Compared Stepped Evaluated Finished",
    ],
    "Bundles": [
        "seqkit.bundle.manifest: read_manifest Manifest PartRecord CorpusRecord MachineRecord",
        "seqkit.bundle.manifest: OriginRecord BaselineRecord Confusion",
        "seqkit.bundle.load: open_bundle Bundle resolve",
    ],
    "Declaring a plugin": [
        "seqkit.specs: Options TokenizerSpec CellSpec KernelSpec HeadSpec ReaderSpec",
        "seqkit.specs: RuntimeSpec ModelSpec CommandSpec CallbackSpec",
    ],
    "Implementing a plugin": [
        "seqkit.tokenizers.base: Tokenizer Encoding",
        "seqkit.tokenizers.vocabulary: rank read_tokens write_tokens damaged",
        "seqkit.cells.base: Cell GatedCell",
        "seqkit.lowering.cells: CellInput CellOutput",
        "seqkit.nn.kernels: CellKernel EmbeddingKernel",
        "seqkit.nn.pooling: pooling",
        "seqkit.heads.base: Head",
        "seqkit.lowering.heads: HeadInput",
        "seqkit.lowering.graph: Graph",
        "seqkit.lowering.weights: Weights",
        "seqkit.decoding.base: Decoder",
        "seqkit.decoding.numerics: softmax log_softmax sigmoid refuse_nan",
        "seqkit.readers.base: Reader",
        "seqkit.readers.lines: LineReader StreamReader bad_row shown",
        "seqkit.runtimes.base: Runtime",
        "seqkit.runtimes.gathering: Gatherer Gathering",
        "seqkit.training.callbacks: Callback",
        "seqkit.manager: isolated",
    ],
    "Errors": [
        "seqkit.errors: SeqkitError UsageError RecipeError DataError BundleError PluginError",
        "seqkit.errors: MissingDependency TrainingError",
    ],
}
#: The same, each name with its module.
PUBLIC = {
    heading: [
        f"{module}.{name}"
        for module, _, names in (entry.partition(": ") for entry in entries)
        for name in names.split()
    ]
    for heading, entries in _PUBLIC.items()
}

_HEADINGS = {
    "tokenizer": "Tokenizers",
    "cell": "Cells",
    "head": "Heads",
    "reader": "Readers",
    "callback": "Callbacks",
}


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages; mkdocs calls this before it looks at the navigation."""
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, f"reference/{name}", content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Say in which line a quoted line of code stands; mkdocs calls this for each page.

    Raises:
        PluginError: The code is not in the file.
    """
    from mkdocs.exceptions import PluginError

    def numbered(match: re.Match[str]) -> str:
        path, code = match.groups()
        found = lines_with(path, code)
        if not found:
            raise PluginError(f"{page.file.src_uri}: '{code}' is not in {path}")
        return f"| `{path}:{', '.join(map(str, found))}` | `{code}` |"

    return QUOTE.sub(numbered, markdown)


#: A row of a table that names a file and quotes a line of it.
QUOTE = re.compile(r"\| `(seqkit/[\w/]+\.py)` \| `(.+?)` \|")


def lines_with(path: str, code: str) -> list[int]:
    """The numbers of the lines of a file that hold a piece of code."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if code in line]


def pages() -> dict[str, str]:
    """Each generated page's text by its file name; installed plugins are left out."""
    with manager.isolated():
        return {
            "recipe.md": recipe_page(),
            "parts.md": parts_page(),
            "commands.md": commands_page(),
            "python.md": python_page(),
        }


def recipe_page() -> str:
    """Every key of a recipe."""
    lines = [
        "# Recipe keys",
        "",
        "A recipe is a TOML file. Each heading below is a section of it, each row a key. Only",
        "`[head]` must be there; what a recipe leaves out has the default. A key that is not here",
        "is refused, with the nearest one that is. `seqkit recipe new --task NAME` prints a recipe",
        "with all of this as comments, `seqkit recipe show RECIPE` one with every key filled in,",
        "and `seqkit recipe schema` a JSON Schema for editors.",
        "",
        "On the command line, `--set section.key=value` sets any of them; the value is TOML, or a",
        "bare word that is taken as a string.",
        "",
        "## Above all sections",
        "",
        *option_table(recipe.Top),
    ]
    fields = {field.name: field for field in dataclasses.fields(recipe.Recipe)}
    for section in recipe.ORDER:
        lines += ["", f"## `[{section}]`", ""]
        if section in recipe.SECTIONS:
            struct = recipe.SECTIONS[section]
            lines += [first_line(struct), "", *option_table(struct)]
        else:
            names = ", ".join(f"[`{n}`](parts.md#{section}-{n})" for n in registry.names(section))
            made = fields[section].default_factory
            usual = f"the default is `{made().name}`" if callable(made) else _WITHOUT[section]
            lines += [f"`name` chooses a {section}: {names}; {usual}."]
            lines += ["Its own options stand beside `name`."]
    lines += [
        "",
        "## `[[callbacks]]`",
        "",
        "A list of tables, each with the `name` of an observer of training and its options:",
        ", ".join(f"[`{n}`](parts.md#callback-{n})" for n in registry.names("callback")) + ".",
        f"Without the list it is {_usual_callbacks()}; `callbacks = []` is none.",
        "",
        "## Where a task starts from",
        "",
        "A recipe made from options alone (`seqkit train --task NAME --train FILE`) begins with",
        "these values instead of the defaults above.",
        "",
        "| task | values |",
        "|---|---|",
    ]
    for name, part in zip(registry.names("head"), registry.registered("head"), strict=True):
        flat = (
            f"`{section}.{key} = {_toml(value)}`"
            for section, table in part.spec.starter.items()
            for key, value in table.items()
        )
        lines.append(f"| `{name}` | {', '.join(flat)} |")
    return "\n".join(lines) + "\n"


def _usual_callbacks() -> str:
    head = recipe.default_part("head", "generation")
    return ", ".join(f"`{part.name}` alone" for part in recipe.Recipe(head=head).callbacks)


_WITHOUT = {
    "reader": "without the section it is guessed from the names of the training files",
    "head": "there is no default",
}


def parts_page() -> str:
    """Every built-in part of a recipe with its options, by kind."""
    lines = [
        "# Tokenizers, cells, heads, readers",
        "",
        "What comes with seqkit, by kind. Plugins bring more: `seqkit plugins` lists what is",
        "installed, `seqkit plugins show NAME` shows one part like the entries here.",
    ]
    for kind in SPEC_CLASSES:
        if kind not in _HEADINGS:
            continue
        lines += ["", f"## {_HEADINGS[kind]}"]
        for part in registry.registered(kind):
            spec = part.spec
            lines += ["", f"### `{spec.name}` {{#{kind}-{spec.name}}}", ""]
            lines += [f"{spec.summary[:1].upper()}{spec.summary[1:]}.", ""]
            lines += [f"Implemented by `{spec.target}`. {_facts(spec)}".rstrip(), ""]
            options = list(option_table(spec.options))
            lines += options or ["No options."]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """The help page of every command."""
    lines = [
        "# Commands",
        "",
        "The help pages as the program prints them. Results go to standard output, progress and",
        "errors to standard error. The exit status is 0 for success, 2 where you can mend what",
        "went wrong, 1 where seqkit or a plugin is at fault, 130 after Ctrl-C and 141 where the",
        "reader of a pipe has left.",
    ]
    for name, text in help_pages():
        lines += ["", f"## {name}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def help_pages() -> Iterator[tuple[str, str]]:
    """Each command's full name and help page, groups before what is in them."""
    context = click.Context(cli, info_name="seqkit", **_WIDTH, help_option_names=["-h", "--help"])
    yield "seqkit", cli.get_help(context)
    for name in cli.list_commands(context):
        yield from _help(cli.get_command(context, name), name, context)


#: What a terminal of 80 columns shows, however wide the one is that the site is built in.
_WIDTH: dict[str, Any] = {"terminal_width": 78}


def _help(command: Any, name: str, parent: click.Context) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent, **_WIDTH)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _help(command.get_command(context, below), below, context)


def python_page() -> str:
    """Signatures and docstrings of the public names."""
    lines = [
        "# Python interface",
        "",
        "Import names from the module that stands before them. `import seqkit` alone gives",
        "`seqkit.load`, `seqkit.train`, `seqkit.SeqkitError`, `seqkit.hookimpl`, `seqkit.Options`",
        "and the spec classes, each loaded when it is first used.",
    ]
    for heading, names in PUBLIC.items():
        lines += ["", f"## {heading}"]
        for name in names:
            lines += ["", *entry(name, find(name))]
    return "\n".join(lines) + "\n"


def find(name: str) -> Any:
    """The object that a name with its module stands for."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _facts(spec: Any) -> str:
    if spec.kind == "tokenizer":
        return f"{'Lossless' if spec.lossless else 'Not lossless'}."
    if spec.kind == "cell":
        return f"State: {', '.join(spec.states)}. Blocks of input weights: {spec.gates}."
    if spec.kind == "head":
        return f"{spec.arity.capitalize()}; predicts with `seqkit {spec.command}`."
    if spec.kind == "reader":
        return f"Files: {', '.join(f'`{s}`' for s in spec.suffixes)}. For {', '.join(spec.tasks)}."
    return ""


def _toml(value: Any) -> str:
    return msgspec.json.encode(value).decode()
