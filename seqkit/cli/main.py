"""The ``seqkit`` group, and the boundary where errors become a message and an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem, shell_complete

import seqkit
from seqkit import lazy, registry
from seqkit.cli.completion import COMPLETE_VARIABLE, completion_options
from seqkit.errors import PluginError, SeqkitError, UsageError, did_you_mean
from seqkit.manager import one_line

#: Exit statuses: ours, as a shell reports a process that SIGPIPE ended, and one that SIGINT did.
BUG, BROKEN_PIPE, INTERRUPTED = 1, 141, 130


def _debug_option() -> click.Option:
    # Read from the arguments by the boundary, which must know it however early the error comes.
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error."
    )


class Commands(click.Group):
    """The commands that plugins register, built-in ones too, each imported when it is invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """The shortest name of each command."""
        return registry.names("command")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of that name.

        Raises:
            PluginError: There is none, or its plugin's module is broken.
        """
        if ctx.resilient_parsing and cmd_name not in self.list_commands(ctx):
            return None  # completion of a word that is not finished yet
        part = registry.find("command", cmd_name)
        command = lazy.load(part.spec.target)
        if not isinstance(command, click.Command):
            raise PluginError(
                f"The command '{cmd_name}' of the package '{part.distribution}' can't be run",
                why=f"{part.spec.target} is no click.Command",
            )
        return _with_debug(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their help without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(self._lines(ctx))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin with ``incomplete``, without importing any command."""
        commands = [
            CompletionItem(name, help=short_help)
            for name, short_help in self._lines(ctx)
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def _lines(self, ctx: click.Context) -> list[tuple[str, str]]:
        parts = registry.registered("command")
        names = self.list_commands(ctx)
        return [(name, part.spec.short_help) for name, part in zip(names, parts, strict=True)]

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:
        """Run and exit; every ending of every command passes through here."""
        words = sys.argv[1:] if args is None else list(args)
        if instruction := os.environ.get(COMPLETE_VARIABLE):
            sys.exit(shell_complete(self, {}, "seqkit", COMPLETE_VARIABLE, instruction))
        sys.exit(_status(self, words))


def _with_debug(command: click.Command) -> click.Command:
    """The same command and those below it, each taking ``--debug``."""
    if not any("--debug" in parameter.opts for parameter in command.params):
        command.params.append(_debug_option())
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _with_debug(below)
    return command


def _status(group: click.Group, args: Sequence[str]) -> int:
    """Run ``args``, report what goes wrong on standard error, and give the exit status."""
    try:
        _speak_utf8()
        with group.make_context("seqkit", list(args)) as ctx:
            group.invoke(ctx)
        if sys.stdout:
            # Here and not at interpreter exit, where nothing could be done about a failure.
            sys.stdout.flush()
    except click.exceptions.Exit as request:
        return _flushed(request.exit_code)
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 -- nothing passes this boundary
        status, message = _verdict(error)
        status = _flushed(status)
        if "--debug" in args:
            traceback.print_exception(error)
        if message:
            click.echo(message, err=True)
        return status
    return 0


def _verdict(error: BaseException) -> tuple[int, str]:
    """The exit status of a command that ended with ``error``, and what to say about it."""
    status, message = UsageError.exit_status, ""
    match error:
        case KeyboardInterrupt() | click.Abort():
            status, message = INTERRUPTED, "interrupted"
        case BrokenPipeError():
            status = BROKEN_PIPE
        case click.exceptions.NoArgsIsHelpError():
            message = error.format_message()
        case click.ClickException():
            message = f"error: {_in_our_form(error)}"
        case SeqkitError():
            status, message = error.exit_status, f"error: {error}"
        case OSError():
            reason = error.strerror or str(error)
            what = f"{error.filename}: {reason}" if error.filename else reason
            message = f"error: {UsageError(what)}"
        case _:
            fix = "This is a bug in seqkit or a plugin; --debug shows the traceback"
            status, message = BUG, f"error: {SeqkitError(one_line(error), fix=fix)}"
    return status, message


def _flushed(status: int) -> int:
    """The same status, once everything printed so far is out or can't be got out."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        _let_go_of_stdout()
    return status


def _let_go_of_stdout() -> None:
    """Point standard output at nothing, so that Python's last flush has nowhere to fail."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speak_utf8() -> None:
    """Results are UTF-8 wherever they are piped; a terminal and messages show what they can."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            if stream.isatty():
                reconfigure(errors="replace")
            else:
                lenient = "backslashreplace" if stream is sys.stderr else "strict"
                reconfigure(encoding="utf-8", errors=lenient)


def _in_our_form(error: click.ClickException) -> UsageError:
    """Click's error as what, why, and what to do, with the near match."""
    ctx = getattr(error, "ctx", None)
    see = f"'{ctx.command_path} --help' shows how it is used" if ctx else ""
    if isinstance(error, click.NoSuchOption) and ctx:
        known = [name for p in ctx.command.get_params(ctx) for name in p.opts if name[:2] == "--"]
        meant = did_you_mean(error.option_name, known)
        return UsageError(f"There is no option '{error.option_name}'", why=meant, fix=see)
    unknown = getattr(error, "command_name", None)  # of NoSuchCommand, which click 8.2 has not
    if unknown and ctx and isinstance(ctx.command, click.Group):
        meant = did_you_mean(unknown, ctx.command.list_commands(ctx))
        return UsageError(f"There is no command '{ctx.command_path} {unknown}'", fix=meant)
    return UsageError(" ".join(error.format_message().split()), fix=see)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Example:
  seqkit classify review.txt
  seqkit COMMAND --help shows an example of each.""",
)
@click.version_option(seqkit.__version__, prog_name="seqkit")
@completion_options
def cli() -> None:
    """Train recurrent sequence models and use them on text."""


cli.params.append(_debug_option())


def main() -> None:
    """The ``seqkit`` program: run the command that the arguments name, then exit."""
    cli.main()
