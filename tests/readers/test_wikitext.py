from __future__ import annotations

from pathlib import Path

import pytest

from seqkit.readers import WikiTextOptions
from seqkit.readers.wikitext import WikiTextReader, running_text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("The well @-@ known 1 @,@ 200 m , 0 @.@ 5 % .", "The well-known 1,200 m, 0.5%."),
        ("It 's the captain 's , isn 't it ?", "It's the captain's, isn't it?"),
        ('He said " no " , twice .', 'He said "no", twice.'),
        ("One ( or two ) [ sic ] for $ 5 .", "One (or two) [sic] for $5."),
        ("plain words", "plain words"),
        ("", ""),
    ],
)
def test_signs_stand_beside_their_words_again(tokens: str, text: str) -> None:
    assert running_text(tokens) == text


def read(tmp_path: Path, content: str, options: WikiTextOptions) -> str:
    file = tmp_path / "some.tokens"
    file.write_text(content, encoding="utf-8")
    (example,) = WikiTextReader(options).read(file)
    assert example.source == str(file)
    return example.text


CONTENT = """\

 = A heading =\x20

 First one . The <unk> one . Last one !\x20
 = = A smaller one = =\x20
 Another line .\x20
"""


def test_headings_and_sentences_with_gaps_are_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, CONTENT, WikiTextOptions()) == "First one. Last one!\nAnother line."


def test_gaps_can_be_kept(tmp_path: Path) -> None:
    text = read(tmp_path, CONTENT, WikiTextOptions(unknown="keep"))
    assert text == "First one. The <unk> one. Last one!\nAnother line."


def test_ordinary_text_stays_as_it_is(tmp_path: Path) -> None:
    content = "SPEAKER:\nWhat, ho! 'tis late.\n\nOTHER:\nSo late?"
    assert read(tmp_path, content, WikiTextOptions()) == content.replace("\n\n", "\n")
