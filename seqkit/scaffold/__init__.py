"""Writes a plugin package to begin with: one that works and keeps its contracts from the start.

``names.py`` makes and checks its names, ``package.py`` fills in the files below ``templates``:
those of ``common``, and those of the kind of part. Their contents and paths are
:class:`string.Template` texts; the ending ``.tmpl`` keeps tools from taking them for Python.
"""

from __future__ import annotations

#: The kinds of part that a package can be begun with, and what the example of each is.
SUMMARIES = {
    "cell": "minimal gated unit (Zhou et al. 2016)",
    "tokenizer": "words and signs, with bytes for what is rare",
    "head": "labels in an order, such as stars",
    "reader": "a label and a text in each line",
    "runtime": "remembers answers that were given before",
    "command": "shows how a model's tokenizer takes to new texts",
    "callback": "writes the losses to losses.csv in the bundle",
    "model": "a trained bundle",
}
