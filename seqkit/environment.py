"""What torch reads from the environment when it is imported, set before that."""

from __future__ import annotations

import os
import sys

#: Turns of the waiting loop before a thread sleeps; GNU OpenMP's own default is 300,000.
SPINS = "1000"

#: What :func:`prepare` may set.
NAMES = ("GOMP_SPINCOUNT", "THP_MEM_ALLOC_ENABLE")


def prepare() -> None:
    """Set what makes torch work better; what the user has set goes first.

    This does nothing once torch is imported.
    """
    if "torch" not in sys.modules:
        _wait_briefly()
        _take_large_pages()


def _wait_briefly() -> None:
    """Have torch's threads spin only a moment for one another before they sleep.

    Left alone they spin on, and where another program needs a core, the thread that all wait for
    is the one that does not run: a training step of the tagger took 58 to 484 ms beside one busy
    process and takes 39 this way. On an idle machine it costs a step 3 to 10 percent.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def _take_large_pages() -> None:
    """Have torch ask for its large tensors in pages of 2 MiB, where the system has them.

    With pages of 4 KiB the processor looks up addresses more often than it has room for: a step
    of the textbook's LSTM, run by a compiled kernel, took 1.15 to 1.35 times as long.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
