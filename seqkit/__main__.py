"""``python -m seqkit`` is ``seqkit``."""

from seqkit.cli.main import main

main()
