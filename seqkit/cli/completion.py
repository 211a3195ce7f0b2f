"""Shell completion, which is click's own: print the script, or put it where the shell looks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

#: Set by the shell's script when it asks for completions.
COMPLETE_VARIABLE = "_SEQKIT_COMPLETE"

_SHELLS = click.Choice(["bash", "zsh", "fish"])


def completion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--show-completion`` and ``--install-completion`` to the group."""
    show = click.option(
        "--show-completion",
        type=_SHELLS,
        is_eager=True,
        expose_value=False,
        callback=_show,
        help="Print the completion script for a shell.",
    )
    install = click.option(
        "--install-completion",
        type=_SHELLS,
        is_eager=True,
        expose_value=False,
        callback=_install,
        help="Write it where the shell looks for completions.",
    )
    return show(install(command))


def script(group: click.Command, shell: str) -> str:
    """The completion script of ``bash``, ``zsh`` or ``fish``."""
    complete = get_completion_class(shell)
    assert complete is not None
    return complete(group, {}, "seqkit", COMPLETE_VARIABLE).source()


def place(shell: str) -> Path:
    """Where the shell loads the completions of a program called ``seqkit`` from."""
    home = Path.home()
    match shell:
        case "bash":
            data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
            return data / "bash-completion" / "completions" / "seqkit"
        case "fish":
            config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
            return config / "fish" / "completions" / "seqkit.fish"
    return Path(os.environ.get("ZDOTDIR") or home) / ".zfunc" / "_seqkit"


def _show(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell and not ctx.resilient_parsing:
        click.echo(script(ctx.command, shell), nl=False)
        ctx.exit()


def _install(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    if not shell or ctx.resilient_parsing:
        return
    path = place(shell)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script(ctx.command, shell), encoding="utf-8")
    click.echo(f"wrote {path}")
    if shell == "bash":
        click.echo("new shells have it, where the package bash-completion is installed")
    elif shell == "zsh":
        # zsh has no folder of the user's own that it searches unasked
        line = f"fpath=({path.parent} $fpath); autoload -U compinit; compinit"
        click.echo(f"new shells have it, once .zshrc has the line: {line}")
    else:
        click.echo("new shells have it")
    ctx.exit()
