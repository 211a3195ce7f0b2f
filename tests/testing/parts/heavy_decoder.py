"""A decoder whose module imports torch."""

from __future__ import annotations

import torch

from seqkit.decoding.tagging import TaggingDecoder


class Heavy(TaggingDecoder):
    """Needs it for nothing."""

    torch = torch
