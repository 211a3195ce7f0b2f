"""A plugin that can't be imported."""

raise RuntimeError("no licence key\nin this house")
