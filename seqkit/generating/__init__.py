"""Text from a generation model: continuations of seeds, drawn or searched for.

:mod:`~seqkit.generating.continuing` is where they are asked for.
"""
