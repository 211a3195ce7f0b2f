"""Parquet: a text a row, read some rows at a time. Needs the extra ``files``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from seqkit import lazy
from seqkit.errors import DataError, did_you_mean
from seqkit.examples import Example, TextExample
from seqkit.readers.base import Reader
from seqkit.readers.lines import bad_row, shown

#: Rows that are read at once.
_AT_ONCE = 1024


class ParquetReader(Reader):
    """Reads a text a row, labelled or not: a label is a string or a list of strings.

    A row's source is ``file:row``, counted from 1.
    """

    def read_unlabelled(self, path: Path) -> Iterator[Example]:
        """Yield the text of each row, where the column of labels may be missing."""
        options = msgspec.structs.replace(self.options, label="")
        return type(self)(options, encoding=self.encoding, on_bad=self.on_bad).read(path)

    def read(self, path: Path) -> Iterator[TextExample]:
        """Yield the example of each row."""
        try:
            import pyarrow
            from pyarrow import parquet
        except ModuleNotFoundError as error:
            raise lazy.missing_dependency("pyarrow", wanted_by=str(path)) from error
        try:
            with parquet.ParquetFile(path) as file:
                columns = self._columns(file.schema_arrow.names, path)
                number = 0
                for batch in file.iter_batches(_AT_ONCE, columns=columns):
                    for row in batch.to_pylist():
                        number += 1
                        try:
                            example = self._example(row, f"{path}:{number}")
                        except DataError as error:
                            self.on_bad(error)
                            continue
                        yield example
        except (OSError, pyarrow.ArrowException) as error:
            why = " ".join(str(error).split())
            raise DataError(f"{path} can't be read as Parquet", why=why) from error

    def _columns(self, names: list[str], path: Path) -> list[str]:
        text, label = self.options.text, self.options.label
        # as in tables, the usual column of labels may be missing, one that was named may not
        wanted = [text] if label in ("", "label") and label not in names else [text, label]
        for name in wanted:
            if name not in names:
                raise DataError(
                    f"{path}: there is no column '{name}'",
                    why=did_you_mean(name, names),
                    fix="Set text and label to names of columns",
                )
        return wanted

    def _example(self, row: dict[str, Any], source: str) -> TextExample:
        text, label = row[self.options.text], row.get(self.options.label)
        if not isinstance(text, str):
            raise bad_row(source, f"a string in '{self.options.text}'", shown(str(text)))
        labels = [] if label is None else label if isinstance(label, list) else [label]
        if not all(isinstance(each, str) for each in labels):
            expected = f"a string or a list of strings in '{self.options.label}'"
            raise bad_row(source, expected, shown(str(label)))
        return TextExample(text, source, tuple(labels))
