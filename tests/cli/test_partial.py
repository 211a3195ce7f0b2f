"""Output that a second run can go on with."""

from __future__ import annotations

import errno
import json
import resource

import pytest

from seqkit.cli import partial
from seqkit.cli.partial import Partial
from seqkit.errors import DataError, UsageError

ORIGIN = {"input": ["a", 1], "--format": "jsonl"}


@pytest.fixture(autouse=True)
def _note_each(monkeypatch):
    monkeypatch.setattr(partial, "OFTEN", 0.0)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def interrupted(path, *texts, origin=ORIGIN, resume=False, error=KeyboardInterrupt):
    part = Partial(path, origin, resume=resume)

    def run():
        with part:
            for text in texts:
                part.write(text, documents=1)
            raise error("stopped")

    with pytest.raises(error, match="stopped"):
        run()
    return part


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "out.txt"
    with Partial(path, ORIGIN, resume=False) as part:
        part.write("é\n", documents=2)
        assert not path.exists()
        assert (part.documents, part.kept) == (2, False)
    assert path.read_text(encoding="utf-8") == "é\n"
    assert names(tmp_path) == ["out.txt"]


def test_a_run_goes_on_where_an_interrupted_one_was(tmp_path):
    path = tmp_path / "out.txt"
    assert interrupted(path, "one\n", "two\n").kept
    assert names(tmp_path) == [".out.txt.seqkit-part", ".out.txt.seqkit-part.json"]
    with Partial(path, ORIGIN, resume=True) as part:
        assert part.documents == 2
        part.write("three\n", documents=1)
    assert path.read_text() == "one\ntwo\nthree\n"
    assert names(tmp_path) == ["out.txt"]


def test_what_came_after_the_last_note_is_cut_off(tmp_path):
    path = tmp_path / "out.txt"
    interrupted(path, "one\n")
    with (tmp_path / ".out.txt.seqkit-part").open("a") as file:
        file.write("tw")
    with Partial(path, ORIGIN, resume=True) as part:
        part.write("2\n", documents=1)
    assert path.read_text() == "one\n2\n"


def test_the_end_is_not_written_twice(tmp_path):
    path = tmp_path / "out.txt"
    interrupted(path, "one")
    part = Partial(path, ORIGIN, resume=True)
    part.__enter__()
    part.write("]\n", documents=0)
    part._file.close()  # as a kill would
    with Partial(path, ORIGIN, resume=True) as again:
        again.write("]\n", documents=0)
    assert path.read_text() == "one]\n"


def test_a_run_without_resume_begins_anew(tmp_path):
    path = tmp_path / "out.txt"
    interrupted(path, "a long line\n")
    with Partial(path, ORIGIN, resume=False) as part:
        assert part.documents == 0
        part.write("one\n", documents=1)
    assert path.read_text() == "one\n"


def test_nothing_to_go_on_with_is_a_beginning(tmp_path):
    path = tmp_path / "out.txt"
    with Partial(path, ORIGIN, resume=True) as part:
        assert part.documents == 0
    assert path.read_text() == ""


def test_a_whole_file_is_not_begun_again(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(UsageError, match="is there and whole"), Partial(path, ORIGIN, resume=True):
        pass
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("now", "message"),
    [
        ({**ORIGIN, "input": ["a", 2]}, r"it was begun with other input\. Leave out --resume"),
        ({"input": ["b", 1]}, "with other --format and input"),
    ],
)
def test_another_origin_is_refused_and_what_is_there_stays(tmp_path, now, message):
    path = tmp_path / "out.txt"
    interrupted(path, "one\n")
    with pytest.raises(UsageError, match=message), Partial(path, now, resume=True):
        pass
    with Partial(path, ORIGIN, resume=True) as part:
        assert part.documents == 1


@pytest.mark.parametrize("note", ["{", "[]", "{}", '{"origin": {}, "bytes": 99, "documents": 1}'])
def test_a_damaged_note_is_told(tmp_path, note):
    path = tmp_path / "out.txt"
    interrupted(path, "one\n")
    (tmp_path / ".out.txt.seqkit-part.json").write_text(note)
    with pytest.raises(UsageError, match="damaged"), Partial(path, ORIGIN, resume=True):
        pass


def test_bad_input_leaves_nothing_and_the_old_file(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    assert not interrupted(path, "one\n", error=DataError).kept
    assert names(tmp_path) == ["out.txt"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("texts", [[], ["one\n"]])
def test_what_can_not_be_gone_on_with_is_not_kept(tmp_path, texts):
    part = interrupted(tmp_path / "out.txt", *texts, origin={} if texts else ORIGIN)
    assert not part.kept
    assert names(tmp_path) == []


def test_a_run_on_a_pipe_takes_the_note_of_an_earlier_one_away(tmp_path):
    path = tmp_path / "out.txt"
    interrupted(path, "one\n")
    with Partial(path, {}, resume=False):
        assert names(tmp_path) == [".out.txt.seqkit-part"]


def test_two_runs_do_not_write_one_file(tmp_path):
    path = tmp_path / "out.txt"
    with Partial(path, ORIGIN, resume=False) as first:
        first.write("one\n", documents=1)
        with (
            pytest.raises(UsageError, match="Another run is writing"),
            Partial(path, ORIGIN, resume=False),
        ):
            pass
    assert path.read_text() == "one\n"


def test_a_full_disk_says_how_to_go_on(tmp_path, monkeypatch):
    path = tmp_path / "out.txt"
    part = Partial(path, ORIGIN, resume=False)

    def full(_):
        raise OSError(errno.ENOSPC, "No space left")

    def run():
        with part:
            part.write("one\n", documents=1)
            monkeypatch.setattr("os.fsync", full)
            part.write("two\n", documents=1)

    with pytest.raises(UsageError, match=r"No space.*--resume goes on") as caught:
        run()
    assert caught.value.what == f"{path} can't be written"
    assert part.kept
    note = json.loads((tmp_path / ".out.txt.seqkit-part.json").read_text())
    assert (note["documents"], note["bytes"]) == (1, 4)


@pytest.mark.parametrize("later", [0, 1])
def test_what_the_system_does_not_write_is_told_and_kept(tmp_path, monkeypatch, later):
    monkeypatch.setattr(partial, "OFTEN", 60.0 * later)  # so that it is noticed at the very end
    path = tmp_path / "out.txt"
    part = Partial(path, ORIGIN, resume=False)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def run():
        with part:
            part.write("one\n", documents=1)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
            part.write("two\n" * 1000, documents=1000)

    try:
        with pytest.raises(UsageError, match=r"can't be written\. File too large.*--resume goes"):
            run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not path.exists()
    with Partial(path, ORIGIN, resume=True) as again:
        assert again.documents == 1 - later
        again.write("3\n", documents=1)
    assert path.read_text() == ("3\n" if later else "one\n3\n")


def test_the_file_is_as_open_as_any_other(tmp_path):
    (tmp_path / "other").write_text("")
    with Partial(tmp_path / "out.txt", ORIGIN, resume=False):
        pass
    assert (tmp_path / "out.txt").stat().st_mode == (tmp_path / "other").stat().st_mode
