"""Plugins written in place: spec lists and functions as one object that registers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

from seqkit.hookspecs import hookimpl
from seqkit.manager import HOOKS
from seqkit.specs import AnySpec

#: Specs, or a function of a hook's name that returns some, marked with ``hookimpl`` or not.
Given = Sequence[AnySpec] | Callable[[], Sequence[AnySpec]]


def plugin(*given: Given, name: str = "inline") -> object:
    """A plugin that registers what is given, for :func:`seqkit.manager.isolated`.

    Args:
        given: Lists of specs, of any kinds; or functions called as hooks are.
        name: The distribution that it passes for.

    Raises:
        TypeError: A function has the name of no hook.
    """
    made = SimpleNamespace(__name__=name)
    specs: dict[str, list[AnySpec]] = {}
    for one in given:
        if callable(one):
            hook = getattr(one, "__name__", "")
            if hook not in HOOKS:
                raise TypeError(f"'{hook}' is no hook; there are: {', '.join(HOOKS)}")
            setattr(made, hook, hookimpl(one))
            continue
        for spec in one:
            specs.setdefault(spec.kind, []).append(spec)
    for hook, kind in HOOKS.items():
        if kind in specs:
            setattr(made, hook, _hook(specs[kind]))
    return made


def _hook(specs: list[AnySpec]) -> Callable[[], list[AnySpec]]:
    @hookimpl
    def register() -> list[AnySpec]:
        return specs

    return register
