"""The group and its boundary: what is listed, and how every error ends."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import click
import pytest

import seqkit
from seqkit import hookimpl, manager, registry
from seqkit.cli import main
from seqkit.errors import DataError
from seqkit.specs import CommandSpec

PAGES = [
    [],
    *([name] for name in registry.names("command")),
    ["corpora", "list"],
    ["corpora", "show"],
    ["corpora", "fetch"],
    ["check", "data"],
    ["recipe", "new"],
    ["recipe", "show"],
    ["recipe", "schema"],
]


def plugin(target: str, name: str = "shout") -> SimpleNamespace:
    """A plugin with one command."""

    @hookimpl
    def seqkit_register_commands() -> list[CommandSpec]:
        return [CommandSpec(name=name, target=target, short_help="Says it loudly.")]

    return SimpleNamespace(__name__="acme", seqkit_register_commands=seqkit_register_commands)


@pytest.fixture
def failing(monkeypatch):
    """``failing(error)`` installs a command ``shout`` that raises it."""

    def install(error: BaseException):
        @click.command()
        def shout() -> None:
            """Say it.

            Loudly.
            """
            raise error

        module = ModuleType("acme_commands")
        module.shout = shout
        monkeypatch.setitem(sys.modules, "acme_commands", module)
        return manager.isolated([plugin("acme_commands:shout")])

    return install


def test_help_lists_every_command_with_its_line(run):
    result = run("--help")
    assert result.exit_code == 0
    for part in registry.registered("command"):
        assert f"  {part.spec.name:9}  {part.spec.short_help}" in result.stdout


def test_help_lists_commands_of_plugins_without_importing_them(run):
    with manager.isolated([plugin("acme_nowhere:shout")]):
        result = run("--help")
    assert result.exit_code == 0
    assert "  shout      Says it loudly." in result.stdout


def test_a_broken_plugin_leaves_help_and_other_commands_alone(run):
    broken = SimpleNamespace(__name__="broken", seqkit_register_commands=lambda: 1 / 0)
    with manager.isolated([broken]):
        assert run("--help").exit_code == 0
        assert run("recipe", "new", "--task", "tagging").exit_code == 0


def test_a_plugins_command_that_can_not_be_imported_says_why(run, monkeypatch, tmp_path):
    (tmp_path / "acme_raises.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with manager.isolated([plugin("acme_raises:shout")]):
        result = run("shout")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: 'acme_raises:shout' can't be imported. "
        "It raised ZeroDivisionError: division by zero.\n"
    )


def test_a_plugins_command_that_is_none_is_refused(run):
    with manager.isolated([plugin("math:sqrt")]):
        result = run("shout")
    assert result.exit_code == 2
    assert "math:sqrt is no click.Command" in result.stderr


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_every_help_page_shows_an_example(run, page):
    result = run(*page, "--help")
    assert result.exit_code == 0
    command = " ".join(["seqkit", *page])
    example = result.stdout.partition("Example:\n")[2]
    assert example.lstrip().startswith(command)


def test_h_is_help_everywhere(run):
    assert run("-h").stdout == run("--help").stdout
    assert run("recipe", "new", "-h").stdout == run("recipe", "new", "--help").stdout


def test_version(run):
    assert run("--version").stdout == f"seqkit, version {seqkit.__version__}\n"


def test_without_arguments_help_goes_to_stderr(run):
    result = run()
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: seqkit")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], "error: There is no command 'trian'. Did you mean 'train'? There are: check,"),
        (
            ["recipe", "shwo"],
            "error: There is no command 'seqkit recipe shwo'. Did you mean 'show'?",
        ),
        (["tag", "--modle", "x"], "error: There is no option '--modle'. Did you mean '--model'?"),
        (["suggest"], "error: Missing argument 'TEXT'. 'seqkit suggest --help' shows how"),
        (["suggest", "x", "--num", "0"], "error: Invalid value for '--num': 0 is not in the range"),
        (["suggest", "x", "--num"], "error: Option '--num' requires an argument."),
        (["classify", "--format", "xml"], "error: Invalid value for '--format': 'xml' is not one"),
        (["inspect", "a", "b"], "error: Got unexpected extra argument (b)."),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(run, words, message):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_an_error_of_ours_is_printed_in_one_form(run, failing):
    with failing(DataError("a.csv:3: no label", why="each row needs one", fix="Add it")):
        result = run("shout")
    assert result.exit_code == 2
    assert result.stderr == "error: a.csv:3: no label. each row needs one. Add it.\n"


def test_a_refusal_of_the_operating_system_names_the_file(run, failing):
    with failing(PermissionError(13, "Permission denied", "/secret")):
        result = run("shout")
    assert result.exit_code == 2
    assert result.stderr == "error: /secret: Permission denied.\n"


def test_an_unexpected_error_is_our_bug(run, failing):
    with failing(KeyError("gone")):
        result = run("shout")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: KeyError: 'gone'. This is a bug in seqkit or a plugin; "
        "--debug shows the traceback.\n"
    )


@pytest.mark.parametrize("words", [["--debug", "shout"], ["shout", "--debug"]], ids=" ".join)
def test_debug_shows_the_traceback_too(run, failing, words):
    with failing(KeyError("gone")):
        result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback (most recent call last):")
    assert result.stderr.endswith("--debug shows the traceback.\n")


def test_an_interrupt_is_status_130(run, failing):
    with failing(KeyboardInterrupt()):
        result = run("shout")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_a_broken_pipe_says_nothing(run, failing):
    with failing(BrokenPipeError(32, "Broken pipe")):
        result = run("shout")
    assert (result.exit_code, result.stderr) == (141, "")


def test_a_commands_own_exit_status_is_kept(run, failing):
    with failing(click.exceptions.Exit(3)):
        assert run("shout").exit_code == 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("seqkit tra", ["plain", "train"]),
        ("seqkit recipe sch", ["plain", "schema"]),
        ("seqkit recipe new --ta", ["plain", "--task"]),
        ("seqkit recipe new --task cla", ["plain", "classification"]),
        ("seqkit corpora show tiny-rev", ["plain", "tiny-reviews"]),
    ],
)
def test_the_shell_completes(run, monkeypatch, words, expected):
    monkeypatch.setenv("_SEQKIT_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    result = run()
    assert result.stdout.split("\n")[:2] == expected


def test_completing_an_unknown_command_is_quiet(run, monkeypatch):
    monkeypatch.setenv("_SEQKIT_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", "seqkit trian --")
    monkeypatch.setenv("COMP_CWORD", "2")
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_boundary_keeps_output_before_the_message(capfd, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["seqkit", "nothing"])
    with pytest.raises(SystemExit) as ending:
        main.main()
    assert ending.value.code == 2
    assert capfd.readouterr().err.startswith("error: There is no command 'nothing'")
