"""A reader whose module imports torch."""

from __future__ import annotations

import torch

from seqkit.readers.jsonl import JsonLinesReader


class Heavy(JsonLinesReader):
    """Needs it for nothing."""

    torch = torch
