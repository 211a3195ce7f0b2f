"""fastText lines: labels, each marked by a prefix, then the text."""

from __future__ import annotations

from seqkit.examples import TextExample
from seqkit.readers.lines import LineReader, bad_row, shown


class FastTextReader(LineReader):
    """Reads ``__label__sport __label__local The match ...``; a line without a label is unlabelled.

    fastText itself takes a marked word anywhere for a label. Here labels stand before the text and
    a later one is a bad row, because left in the text it would give the answer away.
    """

    def parse(self, text: str, source: str) -> TextExample:
        """The example in one line."""
        prefix = self.options.prefix
        labels, rest = [], text.strip(" \t")
        while rest.startswith(prefix):
            head, *tail = rest.replace("\t", " ").split(" ", 1)
            if head == prefix:
                raise bad_row(source, f"a name after '{prefix}'", shown(text))
            labels.append(head.removeprefix(prefix))
            rest = rest[len(head) :].lstrip(" \t") if tail else ""
        if f" {prefix}" in rest.replace("\t", " "):
            raise bad_row(source, "labels before the text only", shown(rest[rest.index(prefix) :]))
        return TextExample(rest, source, tuple(labels))
