"""Where what was made of a corpus is kept from one run to the next."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from seqkit import corpora
from seqkit.corpora import Sources

#: The folder of a corpus's entries where it stands beside the corpus's files.
BESIDE = ".seqkit-cache"


def folder_of(base: Path) -> Path:
    """The folder of the entries of the corpus whose files stand in ``base``.

    It is beside them where that can be written, but not in what comes with seqkit; else in the
    user's cache.
    """
    ours = base.resolve().is_relative_to(corpora.root().resolve())
    # the superuser may write anywhere, and leaves alone what everybody is meant to
    if not ours and os.access(base, os.W_OK) and base.stat().st_mode & 0o222:
        return base / BESIDE
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = hashlib.sha256(os.fsencode(base.resolve())).hexdigest()[:12]
    return Path(cache) / "seqkit" / "encoded" / f"{base.resolve().name}-{place}"


def home_of(sources: Sources) -> Path:
    """The folder that a corpus's first file stands in, be it a folder or inside an archive."""
    return next(folder for folder in sources.train[0].absolute().parents if folder.is_dir())
