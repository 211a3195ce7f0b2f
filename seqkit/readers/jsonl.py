"""JSON lines: an object a line."""

from __future__ import annotations

from typing import Any

import msgspec

from seqkit.errors import DataError, did_you_mean
from seqkit.examples import Example, TextExample, TokensExample
from seqkit.readers.lines import LineReader, bad_row, shown


class JsonLinesReader(LineReader):
    """Reads objects with a text, labelled or not, or with tokens, tagged or not; more keys may be.

    A label is a string or a list of strings; ``null`` and an absent key are no label.
    """

    def parse(self, text: str, source: str) -> Example:
        """The example in one line."""
        try:
            row = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise bad_row(source, "a JSON object", f"{shown(text)} ({error})") from None
        if not isinstance(row, dict):
            raise bad_row(source, "a JSON object", shown(text))
        if row.get(self.options.tokens) is not None:
            return self._sentence(row, source)
        value = row.get(self.options.text)
        if value is None:
            raise DataError(
                f"{source}: expected the key '{self.options.text}' or '{self.options.tokens}', "
                "found neither",
                why=did_you_mean(self.options.text, row),
            )
        if not isinstance(value, str):
            raise self._wrong("text", "a string", value, source)
        return TextExample(value, source, self._labels(row, source))

    def _labels(self, row: dict[str, Any], source: str) -> tuple[str, ...]:
        value = row.get(self.options.label)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        return self._strings("label", "a string or a list of strings", value, source)

    def _sentence(self, row: dict[str, Any], source: str) -> TokensExample:
        expected = "a list of strings that are not empty"
        tokens = self._strings("tokens", expected, row[self.options.tokens], source)
        document = self._document(row, source)
        tags = row.get(self.options.tags)
        if tags is None:
            return TokensExample(tokens, source, document=document)
        tags = self._strings("tags", expected, tags, source)
        if len(tags) != len(tokens):
            raise bad_row(source, f"{len(tokens)} tags, one a token", f"{len(tags)}")
        return TokensExample(tokens, source, tags, document=document)

    def _document(self, row: dict[str, Any], source: str) -> str:
        file = source.rpartition(":")[0]
        name = row.get(self.options.document)
        if name is None:
            return file
        if not isinstance(name, str | int) or isinstance(name, bool):
            raise self._wrong("document", "a string or a whole number", name, source)
        return f"{file}:{name}"

    def _strings(self, option: str, expected: str, value: Any, source: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self._wrong(option, expected, value, source)
        return tuple(value)

    def _wrong(self, option: str, expected: str, value: Any, source: str) -> DataError:
        found = shown(msgspec.json.encode(value).decode())
        return bad_row(source, f"{expected} under '{getattr(self.options, option)}'", found)
