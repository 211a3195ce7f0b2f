"""How torch's threads wait for one another."""

from __future__ import annotations

import os
import sys

#: Turns of the waiting loop before a thread sleeps; GNU OpenMP's own default is 300,000.
SPINS = "1000"


def wait_briefly() -> None:
    """Have torch's threads spin only a moment for one another before they sleep.

    Left alone they spin on, and where another program needs a core, the thread that all wait for
    is the one that does not run: a training step of the tagger took 58 to 484 ms beside one busy
    process and takes 39 this way. On an idle machine it costs a step 3 to 10 percent. GNU OpenMP
    reads the setting when torch is imported, so this does nothing afterwards; what the user has
    set (``GOMP_SPINCOUNT``, ``OMP_WAIT_POLICY``) goes first.
    """
    if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
