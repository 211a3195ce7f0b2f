"""Train the models again from their recipes, and say in the README what came of it.

    python plugins/seqkit-models-en/remake.py [NAME...] [--data FOLDER] [--readme]

Without names all of them are trained; with ``--readme`` none is, and only the README is written
anew from the manifests. ``make models`` runs this.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import seqkit
from seqkit import corpora
from seqkit.bundle.manifest import read_manifest
from seqkit.cli.progress import Watch

HERE = Path(__file__).parent
MODELS = HERE / "seqkit_models_en" / "models"
RECIPES = {
    "english-text": "corpora/english/subwords.toml",
    "english-sentiment": "corpora/imdb/fast.toml",
    "english-pos": "corpora/ud-english-ewt/upos.toml",
    "english-words": "corpora/wikitext-2/words.toml",
}
#: What a model begins from, as its recipe names it, and the recipe of that.
BEGINNINGS = {"english-text": (Path("models/imdb-language"), "corpora/imdb/language.toml")}
#: Between these two headings the README is written from the manifests.
FIRST, LAST = "## What is in it\n", "## Terms\n"


def facts(name: str) -> str:
    """What a model's manifest says of it, as a section of the README."""
    manifest = read_manifest(MODELS / name)
    corpus = corpora.find(manifest.corpus.name)
    size = sum(path.stat().st_size for path in (MODELS / name).rglob("*") if path.is_file())
    scores = ", ".join(f"{score} {value:.4g}" for score, value in sorted(manifest.scores.items()))
    lines = [
        f"- task: {manifest.task}",
        f"- corpus: {corpus.name}: {corpus.summary}",
        f"- its licence: {manifest.corpus.licence}",
        f"- scores on {manifest.corpus.dev_examples:,} development examples: {scores}",
        f"- size: {manifest.parameters:,} parameters, {size / 1e6:.1f} MB in all",
    ]
    if corpus.homepage:
        lines.append(f"- where the corpus is from: <{corpus.homepage}>")
    if corpus.citation:
        lines.append(f"- cite: {corpus.citation}")
    return "\n".join([f"### {name}", "", *lines])


def readme(text: str) -> str:
    """The README with its middle part written from the manifests."""
    before, rest = text.split(FIRST)
    _, after = rest.split(LAST)
    sections = "\n\n".join(facts(name) for name in RECIPES)
    return f"{before}{FIRST}\n{sections}\n\n{LAST}{after}"


def train(recipe: str, out: Path, data: str | None) -> None:
    """Train from a recipe, and say how it goes."""
    with Watch() as watch:
        seqkit.train(recipe, out=out, data=data, overwrite=True, observers=[watch])


def remake(name: str, data: str | None) -> None:
    """Train a model, and store its weights in eight bits if that costs next to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder) / name
        train(RECIPES[name], trained, data)
        options = ["--to", "bundle", "--weights", "int8", "--output", str(MODELS / name)]
        options += ["--overwrite", *(["--data", data] if data else [])]
        command = [sys.executable, "-m", "seqkit", "export", str(trained), *options]
        subprocess.run(command, check=True)  # noqa: S603 -- this very program


def main() -> None:
    """Read the arguments, train, and write the README."""
    parser = argparse.ArgumentParser(description="Train the English models again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--data", help="the folder that holds the corpora")
    parser.add_argument("--readme", action="store_true", help="train none, write the README")
    given = parser.parse_args()
    if unknown := set(given.names) - set(RECIPES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(RECIPES)}")
    for name in [] if given.readme else given.names or RECIPES:
        if name in BEGINNINGS and not BEGINNINGS[name][0].is_dir():
            begin, recipe = BEGINNINGS[name]
            train(recipe, begin, given.data)
        remake(name, given.data)
    path = HERE / "README.md"
    path.write_text(readme(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
