"""Label directories: a folder a label, a file a text, on disk or in a tar archive."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from seqkit.errors import DataError, did_you_mean
from seqkit.examples import TextExample
from seqkit.readers import lines
from seqkit.readers.archives import Member, members, split_archive
from seqkit.readers.base import Reader

#: How many folders of an archive an error remembers, to name one that was probably meant.
_REMEMBERED = 1000


class LabelDirectoriesReader(Reader):
    """Reads the files that lie directly in the folders of a folder, each named for its label.

    On disk folders and files come in sorted order; in an archive, which is read once from front
    to end and never extracted, as they stand in it. Names that begin with a dot are passed over.
    """

    def read(self, path: Path) -> Iterator[TextExample]:
        """Yield the texts in a folder, an archive, or a folder in an archive."""
        archived = split_archive(path)
        if archived:
            return self._archive(*archived)
        if not path.is_dir():
            raise DataError(f"{path} is no folder", why="label-directories reads a folder a label")
        return self._folder(path)

    def read_unlabelled(self, path: Path) -> Iterator[TextExample]:
        """Yield the texts in a folder that has no folders for labels, here or in an archive.

        Raises:
            DataError: There are none.
        """
        archived = split_archive(path)
        found = False
        for example in self._archived_texts(*archived) if archived else self._texts(path):
            found = True
            yield example
        if not found:
            raise DataError(
                f"{path} has no '{self.options.suffix}' files in it",
                why="texts without labels stand in the folder itself",
                fix="Name that folder, or set suffix to how the files' names end",
            )

    def _texts(self, folder: Path) -> Iterator[TextExample]:
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if not _hidden(file.name) and self._wanted(file.name) and file.is_file():
                with lines.open_binary(file) as stream:
                    yield from self._example(stream, str(file))

    def _archived_texts(self, archive: Path, inside: str) -> Iterator[TextExample]:
        for member in members(archive):
            folder, _, file = member.name.rpartition("/")
            if folder == inside and not _hidden(file) and self._wanted(file):
                yield from self._member(member, f"{archive}/{member.name}")

    def _folder(self, root: Path) -> Iterator[TextExample]:
        folders = sorted(
            entry.name for entry in root.iterdir() if entry.is_dir() and not _hidden(entry.name)
        )
        self._require_labels(folders, root)
        found = False
        for label in self.options.labels or folders:
            for file in sorted((root / label).iterdir()):
                if _hidden(file.name) or not self._wanted(file.name) or not file.is_file():
                    continue
                found = True
                with lines.open_binary(file) as stream:
                    yield from self._example(stream, str(file), label)
        if not found:
            raise self._nothing(root, "")

    def _archive(self, archive: Path, inside: str) -> Iterator[TextExample]:
        prefix = f"{inside}/" if inside else ""
        labels: dict[str, None] = {}
        elsewhere: dict[str, None] = {}
        for member in members(archive):
            name = member.name.removeprefix(prefix) if member.name.startswith(prefix) else ""
            label, _, file = name.partition("/")
            if not file or "/" in file:
                if member.kind == "file" and len(elsewhere) < _REMEMBERED:
                    elsewhere[member.name.rpartition("/")[0].rpartition("/")[0]] = None
                continue
            if _hidden(label) or _hidden(file) or not self._wanted(file):
                continue
            labels[label] = None
            if not self.options.labels or label in self.options.labels:
                yield from self._member(member, f"{archive}/{member.name}", label)
        if not labels:
            folders = [folder for folder in elsewhere if folder]
            near = difflib.get_close_matches(inside, folders, n=1) or folders[:1]
            raise self._nothing(archive / inside, f"{archive}/{near[0]}" if near else "")
        self._require_labels(list(labels), archive / inside)

    def _member(self, member: Member, source: str, *labels: str) -> Iterator[TextExample]:
        if member.kind == "folder":
            return
        if member.kind == "other":
            self.on_bad(DataError(f"{source} is a link or a device, not a regular file"))
        else:
            yield from self._example(member.content, source, *labels)

    def _example(self, stream: BinaryIO, source: str, *labels: str) -> Iterator[TextExample]:
        try:
            text = lines.read_text(stream, source, self.encoding, longest=lines.LONGEST_ITEM)
        except DataError as error:
            self.on_bad(error)
        else:
            yield TextExample(text, source, labels)

    def _wanted(self, name: str) -> bool:
        return name.endswith(self.options.suffix)

    def _require_labels(self, found: list[str], root: Path) -> None:
        for label in self.options.labels:
            if label not in found:
                raise DataError(f"{root} has no folder '{label}'", why=did_you_mean(label, found))

    def _nothing(self, root: Path, meant: str) -> DataError:
        return DataError(
            f"{root} has no folders with '{self.options.suffix}' files in them",
            fix=f"Perhaps {meant} is meant" if meant else "Set suffix to how the files' names end",
        )


def _hidden(name: str) -> bool:
    return name.startswith(".")
