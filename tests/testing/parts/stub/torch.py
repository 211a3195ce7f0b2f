"""Stands in for torch in fresh processes, where to import the real one takes seconds."""

__version__ = "0"
