"""Torch building blocks between the ids and the head: embedding, encoder, pooling, dropout.

Time comes first in every tensor: ``(T, B, features)``, padded on the right. Whatever a block draws
at random comes from a generator handed to it.
"""
