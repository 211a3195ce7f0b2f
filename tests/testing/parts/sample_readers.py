"""Readers that each break the contract in one way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from seqkit.errors import DataError
from seqkit.examples import Example
from seqkit.readers import JsonLinesOptions
from seqkit.readers.jsonl import JsonLinesReader


class SwallowsBadRows(JsonLinesReader):
    """Reads on after any bad row but undecodable bytes, and says nothing."""

    def read(self, path: Path) -> Iterator[Example]:
        stop = self.on_bad

        def tell(error: DataError) -> None:
            if "UTF-8" in str(error) or "utf-8" in str(error):
                stop(error)

        self.on_bad = tell
        try:
            yield from super().read(path)
        finally:
            self.on_bad = stop


class StopsAtBadRows(JsonLinesReader):
    """Ends at the first bad row, even where it is to be skipped."""

    def read(self, path: Path) -> Iterator[Example]:
        errors: list[DataError] = []
        stop, self.on_bad = self.on_bad, errors.append
        try:
            for example in super().read(path):
                if errors:
                    break
                yield example
        finally:
            self.on_bad = stop
        for error in errors[:1]:
            stop(error)


class ReplacesBytes(JsonLinesReader):
    """Puts U+FFFD where bytes can't be decoded."""

    def read(self, path: Path) -> Iterator[Example]:
        content = path.read_bytes().decode("utf-8", "replace").replace("\ufffd", "")
        whole = path.with_suffix(".clean")
        whole.write_text(content, encoding="utf-8")
        stop = self.on_bad

        def tell(error: DataError) -> None:
            stop(DataError(str(error).replace(str(whole), str(path))))

        self.on_bad = tell
        try:
            for example in super().read(whole):
                source, document = (
                    told.replace(str(whole), str(path))
                    for told in (example.source, example.document)
                )
                yield replace(example, source=source, document=document)
        finally:
            self.on_bad = stop


class NamesNoLine(JsonLinesReader):
    def read(self, path: Path) -> Iterator[Example]:
        for example in super().read(path):
            yield replace(example, source=str(path))


class ReadsOnce(JsonLinesReader):
    """Gives nothing the second time."""

    read_before = False

    def read(self, path: Path) -> Iterator[Example]:
        found = [] if self.read_before else list(super().read(path))
        self.read_before = True
        yield from found


class NamesNoFiles(JsonLinesReader):
    def files(self, path: Path) -> list[Path]:
        return []


class BareOptions(JsonLinesOptions, frozen=True, kw_only=True):
    depth: int = 1
