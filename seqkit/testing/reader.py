"""What every reader must do: say where each example stands, and drop nothing in silence."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from seqkit.errors import DataError
from seqkit.examples import Example, TextExample, TokensExample
from seqkit.readers.base import OnBad, Reader, stop_at_bad
from seqkit.testing.contract import Contract, ContractError, NotApplicable
from seqkit.testing.fresh import run_fresh
from seqkit.testing.plugin import require_described

_IMPORT = "import sys; from seqkit import lazy; lazy.load(sys.argv[1])"


class ReaderContract(Contract):
    """The contract of :class:`seqkit.readers.base.Reader`; set ``name`` to the reader's.

    Attributes:
        good: A file's content; where it is empty, nothing is read.
        count: How many examples are in it.
        bad: A file's content with one bad row, between good ones; none where any row is good.
        bad_line: The line in which the bad row begins, counted from 1.
        suffix: How the file's name ends; the spec's first suffix where it is empty.
        binary: Whether the format has no lines of text, in which bytes could be wrong.
    """

    kind = "reader"

    good: ClassVar[bytes] = b""
    count: ClassVar[int] = 0
    bad: ClassVar[bytes | None] = None
    bad_line: ClassVar[int] = 0
    suffix: ClassVar[str] = ""
    binary: ClassVar[bool] = False

    def new(self, on_bad: OnBad = stop_at_bad) -> Reader:
        """A reader with the contract's options."""
        reader = self.load()(self.checked_options(), on_bad=on_bad)
        if not isinstance(reader, Reader):
            raise ContractError(
                f"{self.part.spec.target} makes a {type(reader).__name__}; a reader is a subclass "
                "of seqkit.readers.base.Reader"
            )
        return reader

    def content(self) -> bytes:
        """A good file's.

        Raises:
            NotApplicable: The contract has none.
        """
        if not self.good:
            raise NotApplicable("the contract has no file to read; a subclass sets good and count")
        return self.good

    @contextmanager
    def file(self, content: bytes) -> Iterator[Path]:
        """A file of that content, for a while."""
        ending = self.suffix or next(iter(self.part.spec.suffixes), ".txt")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"examples{ending}")
            path.write_bytes(content)
            yield path

    def test_reads_every_example(self) -> None:
        """A good file gives its examples, of text or of as many tags as tokens."""
        with self.file(self.content()) as path:
            found = list(self.new().read(path))
        if len(found) != self.count:
            raise ContractError(f"it reads {len(found)} examples where there are {self.count}")
        for example in found:
            if not isinstance(example, TextExample | TokensExample):
                raise ContractError(
                    f"it yields a {type(example).__name__}, neither TextExample nor TokensExample"
                )
            tags = example.tags if isinstance(example, TokensExample) else ()
            if tags and len(tags) != len(example.tokens):  # type: ignore[union-attr]
                raise ContractError(f"{example.source} has {len(tags)} tags, not one a token")

    def test_sources_name_file_and_line(self) -> None:
        """Each example says where it stands: the file, and the line where there are several."""
        with self.file(self.content()) as path:
            sources = [example.source for example in self.new().read(path)]
            for source in sources:
                if _place(source, path) is None:
                    raise ContractError(
                        f"an example's source is {source!r}; it must be {path.name}:LINE with the "
                        "path that was read before it, or lie in that path"
                    )
        if len(set(sources)) < len(sources):
            twice = next(source for source in sources if sources.count(source) > 1)
            raise ContractError(f"two examples have the source {twice!r}; add the line")

    def test_reads_the_same_again(self) -> None:
        """The same file gives the same examples, and a reader can read several times."""
        reader = self.new()
        with self.file(self.content()) as path:
            if list(reader.read(path)) != list(reader.read(path)):
                raise ContractError("reading the file again gives other examples")

    def test_names_the_files_it_reads(self) -> None:
        """Files lists what a path's examples depend on, so that a change is noticed."""
        with self.file(self.content()) as path:
            if path not in self.new().files(path):
                raise ContractError("files(path) does not list the file itself")

    def test_reads_a_stream(self) -> None:
        """From a stream it reads what it does from a file, or says that it needs one."""
        with self.file(self.content()) as path:
            wanted = list(self.new().read(path))
            try:
                found = list(self.new().read_stream(io.BytesIO(self.content()), str(path)))
            except DataError as error:
                raise NotApplicable(str(error)) from error
        if found != wanted:
            raise ContractError(
                f"from a stream it reads {len(found)} examples that are not those of the file"
            )

    def test_bad_row_is_an_error(self) -> None:
        """A bad row ends the reading, with its file and line."""
        if self.bad is None:
            raise NotApplicable("the contract names no bad row")
        with self.file(self.bad) as path:
            self._require_error(self.new(), path, self.bad_line, "a bad row")

    def test_reads_on_after_a_bad_row(self) -> None:
        """Where a bad row is skipped it is reported once, and everything after it is read."""
        if self.bad is None:
            raise NotApplicable("the contract names no bad row")
        errors: list[DataError] = []
        with self.file(self.bad) as path:
            found = [_place(e.source, path) for e in self.new(errors.append).read(path)]
        if len(errors) > 1:
            raise ContractError(f"one bad row is reported {len(errors)} times: {errors[1]}")
        if not any(place and place > self.bad_line for place in found):
            raise ContractError(
                f"no example after the bad row in line {self.bad_line} is read, though the row is "
                "to be skipped"
            )

    def test_undecodable_bytes_are_an_error(self) -> None:
        """Bytes that are no UTF-8 are an error with file and line, never dropped or replaced."""
        if self.binary:
            raise NotApplicable("the format is no text")
        lines = self.content().split(b"\n")
        last = max(number for number, line in enumerate(lines) if line.strip())
        lines[last] += b"\xff\xfe"
        with self.file(b"\n".join(lines)) as path:
            self._require_error(self.new(), path, last + 1, "bytes that are no UTF-8")

    def test_options_are_documented(self) -> None:
        """Each of its options has a description."""
        require_described(self.part.spec)

    def test_imports_no_torch(self) -> None:
        """Its module imports no torch, in a fresh process."""
        run_fresh(_IMPORT, self.part.spec.target).require_no_torch("it")

    def _require_error(self, reader: Reader, path: Path, line: int, what: str) -> None:
        try:
            found: list[Example] = list(reader.read(path))
        except DataError as error:
            place = f"{path}:{line}"
            if not str(error).startswith(place):
                said = str(error).replace(str(path), path.name)
                raise ContractError(
                    f"the error of {what} is '{said}'; it must begin with {path.name}:{line}"
                ) from error
            return
        raise ContractError(
            f"{what} in line {line} is no error: {len(found)} examples are read; hand a DataError "
            f"that begins with the file and the line to on_bad"
        )


def _place(source: str, path: Path) -> int | None:
    """The line in a source, 0 where it has none; none where it does not lie in ``path``."""
    rest = source.removeprefix(str(path))
    if rest == source or rest[:1] not in ("", ":", "/"):
        return None
    line = rest.rpartition(":")[2]
    if line.isdecimal():
        return int(line)
    return None if rest.startswith(":") else 0
