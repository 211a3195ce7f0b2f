"""From logits to answers, in numpy alone: every runtime shares it, and none of it needs torch.

``base.py`` is the interface of a task's torch-free half; one file a built-in task implements it.
``sampling.py``, ``beam.py`` and ``stopping.py`` write text; ``metrics.py`` and ``spans.py`` count
what is right.
"""
