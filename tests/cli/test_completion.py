"""Completion scripts are click's; seqkit prints them or puts them where shells look."""

from __future__ import annotations

import shutil
import subprocess

import pytest


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_seqkit_for_completions(run, shell):
    result = run("--show-completion", shell)
    assert result.exit_code == 0
    assert f"_SEQKIT_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/seqkit"),
        ("zsh", ".zfunc/_seqkit"),
        ("fish", ".config/fish/completions/seqkit.fish"),
    ],
)
def test_installing_writes_the_script_and_says_where(run, home, shell, place):
    first = run("--install-completion", shell)
    again = run("--install-completion", shell)
    assert first.exit_code == again.exit_code == 0
    assert first.stdout == again.stdout
    assert first.stdout.startswith(f"wrote {home / place}\n")
    assert (home / place).read_text() == run("--show-completion", shell).stdout


def test_bash_takes_the_script(run):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    script = run("--show-completion", "bash").stdout
    done = subprocess.run(
        [bash, "-c", f"{script}\ncomplete -p seqkit"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "-F _seqkit_completion seqkit" in done.stdout


def test_an_unknown_shell_is_refused(run):
    result = run("--show-completion", "tcsh")
    assert result.exit_code == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in result.stderr
