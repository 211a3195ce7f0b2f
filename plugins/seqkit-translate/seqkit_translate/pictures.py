"""Pictures of what a translation looked at; matplotlib draws them where it is installed."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.errors import MissingDependency

if TYPE_CHECKING:
    from seqkit_translate.translator import AttentionMap

#: Inches for each token, and for what stands around the map.
_TOKEN, _AROUND = 0.32, 1.4

#: The longest name that a picture gets of its sentence's source.
_LONGEST = 100


def check() -> None:
    """See to it, before anything is computed, that a picture can be drawn.

    Raises:
        MissingDependency: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingDependency(
            "A picture of attention needs the module 'matplotlib', which is not installed",
            fix="Install it with: pip install 'seqkit-translate[plots]'",
        ) from None


def draw(attention: AttentionMap) -> bytes:
    """A map as PNG: the sentence from left to right, its translation from top to bottom.

    The darker a place, the more the token of its row looked at the token of its column.
    """
    from matplotlib.figure import Figure  # takes long to import

    across, down = len(attention.source), len(attention.target)
    figure = Figure(figsize=(_AROUND + _TOKEN * across, _AROUND + _TOKEN * down))
    axes = figure.subplots()
    axes.imshow(attention.weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    # a dollar sign in a text is no mathematics
    axes.set_xticks(range(across), _plain(attention.source), rotation=90, parse_math=False)
    axes.set_yticks(range(down), _plain(attention.target), parse_math=False)
    axes.xaxis.tick_top()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, bbox_inches="tight")
    return buffer.getvalue()


def file_name(source: str) -> str:
    """The name of a sentence's picture: ``text.txt-12.png`` for line 12 of a file.

    Args:
        source: ``file:line`` as a translation reports it, or ``-:line`` of standard input.
    """
    name = f"stdin{source[1:]}" if source.startswith("-:") else source
    plain = re.sub(r"[^\w.-]+", "-", name).lstrip("-.")
    return f"{plain[-_LONGEST:]}.png"


def write(attention: AttentionMap, source: str, folder: Path) -> None:
    """Draw a map into a folder, under the name of its sentence."""
    (folder / file_name(source)).write_bytes(draw(attention))


def _plain(tokens: Sequence[str]) -> list[str]:
    """Tokens without what no font can show."""
    return [
        "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in t) for t in tokens
    ]
