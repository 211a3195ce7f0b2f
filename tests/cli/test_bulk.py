"""Many documents as a real process: killed and resumed, interrupted, shared among processes."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pickle
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from seqkit.cli import bulk, classify, tag
from seqkit.cli import input as source
from seqkit.cli.job import Block, Job, Writing

LINES = 6000


@pytest.fixture
def text(tmp_path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"a fine day, number {n}\n" for n in range(LINES)))
    return path


def ended(process) -> tuple[int, str]:
    _, err = process.communicate(timeout=120)
    return process.returncode, err.decode()


def wait_for(condition, process):
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_killed_run_is_resumed_to_the_same_bytes(start, reviews, text, tmp_path):
    text.write_text(10 * text.read_text())  # so that it takes longer than from note to note
    words = ["classify", "-m", reviews, "--lines", text, "--runtime", "torch", "--threads", "1"]
    words += ["--format", "json"]
    assert ended(start(*words, "-o", tmp_path / "whole"))[0] == 0
    note = tmp_path / ".out.seqkit-part.json"
    process = start(*words, "-o", tmp_path / "out")
    wait_for(lambda: note.exists() and json.loads(note.read_bytes())["documents"] > 0, process)
    process.kill()
    process.wait()
    noted = json.loads(note.read_bytes())
    assert noted["bytes"] <= (tmp_path / ".out.seqkit-part").stat().st_size
    assert not (tmp_path / "out").exists()
    assert ended(start(*words, "-o", tmp_path / "out", "--resume")) == (0, "")
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lines.txt", "out", "whole"]


@pytest.fixture
def interrupted(run, reviews, text, tmp_path, monkeypatch):
    """Runs a command as if Ctrl-C were pressed at its sixth block."""

    def interrupted(*words):
        texts, made = Writing.text, []

        def text_of(writing, examples):
            made.append(len(examples))
            if len(made) == 6:
                raise KeyboardInterrupt
            return texts(writing, examples)

        with monkeypatch.context() as patch:
            patch.setattr(Writing, "text", text_of)
            return run(*words)

    return interrupted


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "table"])
def test_an_interrupted_run_says_how_to_go_on_and_does(
    run, interrupted, reviews, text, tmp_path, form
):
    words = ["classify", "-m", reviews, "--lines", text, "--format", form, "--threads", "1"]
    result = interrupted(*words, "-o", tmp_path / "out")
    assert result.exit_code == 130
    assert result.stderr == "interrupted; the same command with --resume goes on from there\n"
    noted = json.loads((tmp_path / ".out.seqkit-part.json").read_bytes())
    assert noted["documents"] == 1 + 2 + 4 + 8 + 16
    assert run(*words, "-o", tmp_path / "out", "--resume").exit_code == 0
    assert (tmp_path / "out").read_text() == run(*words).stdout


@pytest.mark.parametrize(
    ("change", "other", "message"),
    [
        (lambda text: os.utime(text, (1, 1)), [], "begun with other input"),
        (lambda text: None, ["--format", "csv"], "begun with other --format"),
        (lambda text: None, ["--threads", "2"], "begun with other --threads"),
        (lambda text: None, ["--encoding", "latin-1"], "begun with other --encoding"),
    ],
)
def test_a_run_on_something_else_is_not_resumed(
    run, interrupted, reviews, text, tmp_path, change, other, message
):
    words = ["classify", "-m", reviews, "--lines", text, "-o", tmp_path / "out.jsonl"]
    words += ["--threads", "1"]
    interrupted(*words)
    change(text)
    result = run(*words, "--resume", *other)
    assert result.exit_code == 2
    assert message in result.stderr
    assert (tmp_path / ".out.jsonl.seqkit-part").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume"], "error: --resume needs a file as --output. what is printed is gone.\n"),
        (["--resume", "-o", os.devnull], "error: --resume needs a file as --output."),
        (["--resume", "-o", "out"], "error: A run on standard input or a pipe can't be gone on"),
    ],
)
def test_what_can_not_be_resumed(run, reviews, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    result = run("classify", "-m", reviews, "-", *words, input="a")
    assert result.exit_code == 2
    assert result.stderr.startswith(message)


def test_a_device_is_written_and_not_replaced(run, reviews, text, tmp_path):
    link = tmp_path / "null"
    link.symlink_to(os.devnull)
    result = run("classify", "-m", reviews, "--lines", text, "-o", link)
    assert (result.exit_code, result.output) == (0, "")
    assert link.is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lines.txt", "null"]


def test_input_that_changed_unnoticed_is_noticed_by_its_blocks():
    blocks = [Block(["a"], 1), Block(["b", "c"], 3), Block(["d"], 4)]
    assert list(bulk._left(blocks, 3, None)) == blocks[2:]
    assert list(bulk._left(blocks, 0, None)) == blocks
    with pytest.raises(bulk.UsageError, match="not what it was"):
        list(bulk._left(blocks, 2, None))


def printed(process) -> bytes:
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"")
    return out


def test_processes_share_the_work_and_nothing_else_changes(start, reviews, text):
    words = ["classify", "-m", reviews, "--lines", text, "--runtime", "torch", "--format", "json"]
    alone = printed(start(*words, "--threads", "1"))
    assert printed(start(*words, "--threads", "2", "--jobs", "2")) == alone


def test_processes_share_tags_too(start, tags, tmp_path):
    path = tmp_path / "s.conll"
    path.write_text("She\tX\nsings\tX\n\n" * 50)
    alone = printed(start("tag", "-m", tags, path, "--threads", "1"))
    assert alone.startswith(b"She\t")
    assert printed(start("tag", "-m", tags, path, "--jobs", "2", "--threads", "2")) == alone


def test_results_before_a_bad_line_are_out_of_processes_too(start, reviews, tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"a fine day\n" * 10 + b"\xff\n")
    process = start("classify", "-m", reviews, "--lines", path, "--jobs", "2")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err.startswith(f"error: {path}:11: expected utf-8".encode())
    assert out.count(b"\n") == 10


def test_results_come_before_a_pipe_ends_from_processes_too(start, reviews):
    process = start("classify", "-m", reviews, "--lines", "-", "--jobs", "2")
    for n in (1, 2):
        process.stdin.write(b"a fine day\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["source"] == f"-:{n}"
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, b"", b"")


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to look into")
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_processes_end_with_the_command(start, reviews, sign):
    process = start("classify", "-m", reviews, "--lines", "-", "--jobs", "2")
    process.stdin.write(b"a fine day\n")
    process.stdin.flush()
    assert process.stdout.readline()
    workers = children(process.pid)
    assert len(workers) >= 2  # one of them looks after shared memory
    process.send_signal(sign)
    assert process.wait(60) == (130 if sign == signal.SIGINT else -9)
    if sign == signal.SIGINT:
        assert process.stderr.read() == b"interrupted\n"
    deadline = time.monotonic() + 30
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, workers))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to look into")
def test_a_process_that_is_killed_is_an_error(start, reviews):
    process = start("classify", "-m", reviews, "--lines", "-", "--jobs", "2")
    process.stdin.write(b"a fine day\n")
    process.stdin.flush()
    assert process.stdout.readline()
    for pid in children(process.pid):
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    process.stdin.write(b"a fine day\n" * 10)
    process.stdin.close()
    assert process.stderr.read().startswith(b"error: A worker process ended before its work was")
    assert process.wait(60) == 2


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_files(run, reviews, text, tmp_path, suffix):
    content = text.read_bytes()[:2000]
    if suffix == ".gz":
        packed = gzip.compress(content)
    else:
        zstd = pytest.importorskip("backports.zstd")
        packed = zstd.compress(content)
    path = tmp_path / f"lines.txt{suffix}"
    path.write_bytes(packed)
    result = run("classify", "-m", reviews, "--lines", path, "--format", "csv")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["source"] for row in rows] == [
        f"{path}:{n}" for n in range(1, len(content.splitlines()) + 1)
    ]
    path.write_bytes(packed[: len(packed) // 2])
    result = run("classify", "-m", reviews, "--lines", path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {path}:")


def test_a_job_can_be_sent_to_another_process(tmp_path):
    documents = source.Documents(["a.conllu"], reader=source.reader_part("conllu", ["tag=xpos"]))
    for layout in (partial(classify._layout, "csv"), partial(tag._layout, "conllu", documents)):
        job = Job(
            model="m", task="t", command="c", runtime="auto", threads=0, jobs=2, layout=layout
        )
        sent = pickle.loads(pickle.dumps(job))
        assert sent.layout.args == layout.args
        assert sent.layout.func is layout.func
