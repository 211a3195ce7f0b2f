"""Readers: corpus files to examples, streamed. One file a format; none imports torch.

This page declares their options; ``base.py`` is the interface, ``lines.py`` decodes,
``archives.py`` reads tar files in place, ``compressed.py`` unpacks, ``files.py`` finds files and
their readers.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit.specs import Options, ReaderSpec


class TextOptions(Options, frozen=True, kw_only=True):
    """Options of the ``text`` reader."""

    unit: Annotated[
        Literal["file", "line", "paragraph"],
        Meta(
            description="What one document is: the whole file, each line, or each block of "
            "lines between blank ones."
        ),
    ] = "file"


class JsonLinesOptions(Options, frozen=True, kw_only=True):
    """Options of the ``jsonl`` reader."""

    text: Annotated[str, Meta(description="The key that holds the text.")] = "text"
    label: Annotated[
        str,
        Meta(description="The key that holds the label, or a list of labels; may be absent."),
    ] = "label"
    tokens: Annotated[
        str,
        Meta(description="The key that holds a list of tokens; a row that has it is a sentence."),
    ] = "tokens"
    tags: Annotated[str, Meta(description="The key that holds a list of tags; may be absent.")] = (
        "tags"
    )
    document: Annotated[
        str,
        Meta(
            description="The key that names the document of a sentence of tokens, a string or a "
            "whole number. Sentences in a row that name the same are read in context by a model "
            "with encoder.context; so are those of a file whose rows have no such key."
        ),
    ] = "document"


class TableOptions(Options, frozen=True, kw_only=True):
    """Options of the ``csv`` and ``tsv`` readers."""

    header: Annotated[bool, Meta(description="Whether the first row names the columns.")] = True
    text: Annotated[
        str, Meta(description="The text's column: its name, or its number counted from 1.")
    ] = "text"
    label: Annotated[
        str,
        Meta(
            description="The label's column: its name, or its number; empty for none. A column "
            "'label' may be absent, one of another name may not."
        ),
    ] = "label"
    label_separator: Annotated[
        str, Meta(description="What separates several labels in one cell; empty for one label.")
    ] = ""
    labels_file: Annotated[
        str,
        Meta(
            description="A file beside the data with one label name a line; the label column "
            "then holds numbers counted from 0."
        ),
    ] = ""
    quoting: Annotated[
        bool, Meta(description="Whether double quotes enclose cells, as in RFC 4180.")
    ] = True


class ParquetOptions(Options, frozen=True, kw_only=True):
    """Options of the ``parquet`` reader."""

    text: Annotated[str, Meta(description="The column that holds the text.")] = "text"
    label: Annotated[
        str,
        Meta(
            description="The column that holds the label, or a list of labels; empty for none. A "
            "column 'label' may be absent, one of another name may not."
        ),
    ] = "label"


class FastTextOptions(Options, frozen=True, kw_only=True):
    """Options of the ``fasttext`` reader."""

    prefix: Annotated[str, Meta(min_length=1, description="What marks a label.")] = "__label__"


class LabelDirectoriesOptions(Options, frozen=True, kw_only=True):
    """Options of the ``label-directories`` reader."""

    labels: Annotated[
        tuple[str, ...],
        Meta(description="The folders to read, each named for its label; empty for all."),
    ] = ()
    suffix: Annotated[str, Meta(description="Read only files that end so.")] = ".txt"


class ColumnsOptions(Options, frozen=True, kw_only=True):
    """Options of the ``columns`` reader."""

    token: Annotated[int, Meta(ge=1, description="The token's column, counted from 1.")] = 1
    tag: Annotated[
        int, Meta(description="The tag's column, counted from 1, or from the end with -1.")
    ] = -1
    separator: Annotated[
        Literal["whitespace", "tab"], Meta(description="What stands between columns.")
    ] = "whitespace"


class ConlluOptions(Options, frozen=True, kw_only=True):
    """Options of the ``conllu`` reader."""

    tag: Annotated[
        Literal["upos", "xpos", "deprel"], Meta(description="The column that holds the tag.")
    ] = "upos"


class WikiTextOptions(Options, frozen=True, kw_only=True):
    """Options of the ``wikitext`` reader."""

    unknown: Annotated[
        Literal["drop-sentence", "keep"],
        Meta(description="What becomes of a sentence in which a word is replaced by <unk>."),
    ] = "drop-sentence"


READERS = [
    ReaderSpec(
        name="text",
        target="seqkit.readers.text:TextReader",
        summary="plain text: a document a file, a line or a paragraph",
        options=TextOptions,
        suffixes=(".txt", ".md"),
        tasks=("generation", "classification", "tagging"),
    ),
    ReaderSpec(
        name="jsonl",
        target="seqkit.readers.jsonl:JsonLinesReader",
        summary="JSON lines: an object a line",
        options=JsonLinesOptions,
        suffixes=(".jsonl", ".ndjson"),
        tasks=("generation", "classification", "tagging"),
    ),
    ReaderSpec(
        name="csv",
        target="seqkit.readers.table:CsvReader",
        summary="comma-separated values with named columns",
        options=TableOptions,
        suffixes=(".csv",),
        tasks=("generation", "classification"),
    ),
    ReaderSpec(
        name="tsv",
        target="seqkit.readers.table:TsvReader",
        summary="tab-separated values with named columns",
        options=TableOptions,
        suffixes=(".tsv",),
        tasks=("generation", "classification"),
    ),
    ReaderSpec(
        name="parquet",
        target="seqkit.readers.parquet:ParquetReader",
        summary="Parquet: a text a row; needs the extra 'files'",
        options=ParquetOptions,
        suffixes=(".parquet",),
        tasks=("generation", "classification"),
    ),
    ReaderSpec(
        name="fasttext",
        target="seqkit.readers.fasttext:FastTextReader",
        summary="fastText lines: __label__NAME before the text",
        options=FastTextOptions,
        suffixes=(".ft", ".fasttext"),
        tasks=("classification",),
    ),
    ReaderSpec(
        name="label-directories",
        target="seqkit.readers.directories:LabelDirectoriesReader",
        summary="a folder a label, a file a text; tar archives are read in place",
        options=LabelDirectoriesOptions,
        suffixes=(".tar", ".tar.gz", ".tgz"),
        tasks=("generation", "classification"),
    ),
    ReaderSpec(
        name="columns",
        target="seqkit.readers.columns:ColumnsReader",
        summary="CoNLL columns: a token a line with its tag, a blank line between sentences",
        options=ColumnsOptions,
        suffixes=(".conll", ".bio", ".iob"),
        tasks=("tagging",),
    ),
    ReaderSpec(
        name="conllu",
        target="seqkit.readers.conllu:ConlluReader",
        summary="Universal Dependencies' CoNLL-U",
        options=ConlluOptions,
        suffixes=(".conllu",),
        tasks=("tagging",),
    ),
    ReaderSpec(
        name="wikitext",
        target="seqkit.readers.wikitext:WikiTextReader",
        summary="WikiText's tokens put together again as running text",
        options=WikiTextOptions,
        suffixes=(".tokens",),
        tasks=("generation",),
    ),
]
