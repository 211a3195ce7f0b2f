"""The sections of a recipe that have keys of their own, each key declared once.

Sections that choose a plugin hold the plugin's options, which its package declares.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit.recipe.teacher import Teacher
from seqkit.recipe.training import Training
from seqkit.specs import Options


class Top(Options, frozen=True, kw_only=True):
    """Keys that stand above all sections."""

    random_seed: Annotated[
        int,
        Meta(ge=0, le=2**63 - 1, description="Seed of everything random; the same gives the same."),
    ] = 1


class Corpus(Options, frozen=True, kw_only=True):
    """Where the examples come from."""

    name: Annotated[
        str,
        Meta(description="A corpus that seqkit knows (seqkit corpora list); empty for own files."),
    ] = ""
    train: Annotated[
        tuple[str, ...],
        Meta(
            description="Files, globs, folders, or folders inside a tar archive; relative to the "
            "recipe's folder, or to the corpus's where one is named, whose own splits they replace."
        ),
    ] = ()
    dev: Annotated[
        tuple[str, ...], Meta(description="The same for development, which picks the best epoch.")
    ] = ()
    test: Annotated[
        tuple[str, ...], Meta(description="The same for the final score; never read by training.")
    ] = ()
    unlabelled: Annotated[
        Literal["all"] | tuple[str, ...],
        Meta(
            description="The same for texts without labels, in the format of the training files, "
            "for a teacher to label or virtual adversarial training; or all, those that the named "
            "corpus brings along. A text that is in dev too is left out."
        ),
    ] = ()
    dev_fraction: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Without dev files, this share of the training examples is held out: at "
            "random, or the end of the text for generation. 0 for the corpus's own share, which "
            "is 0.1 for own files.",
        ),
    ] = 0.0
    encoding: Annotated[str, Meta(description="The files' text encoding.")] = "utf-8"
    cache: Annotated[
        bool,
        Meta(
            description="Keep the corpus in numbers beside its files, or in the user's cache, so "
            "that the next run on the same begins at once."
        ),
    ] = True


class Embedding(Options, frozen=True, kw_only=True):
    """How ids become vectors."""

    size: Annotated[int, Meta(ge=0, description="Features of each token; 0 for one-hot input.")] = (
        64
    )
    feature_size: Annotated[
        int,
        Meta(
            ge=0, description="Features drawn from a word's affixes, where the tokenizer has any."
        ),
    ] = 0
    characters: Annotated[
        Literal["none", "cnn", "recurrent"],
        Meta(
            description="Whether the characters of each token are read too, and how: by filters "
            "that slide over them (dos Santos and Zadrozny 2014; Ma and Hovy 2016), or by the "
            "recipe's cell in both directions (Lample et al. 2016). Helps where many words are "
            "rare or new."
        ),
    ] = "none"
    character_size: Annotated[
        int,
        Meta(
            ge=1,
            le=4096,
            description="Features drawn from a token's characters: the number of filters, or twice "
            "the cell's hidden size.",
        ),
    ] = 64
    character_width: Annotated[
        int, Meta(ge=1, le=9, description="Characters that a filter sees at once, an odd number.")
    ] = 3
    init: Annotated[
        Literal["uniform", "normal"],
        Meta(
            description="How vectors are drawn: uniform, between -0.05 and 0.05, or normal, with "
            "a variance of one, which is learnt from much faster where there are few tokens."
        ),
    ] = "uniform"
    dropout: Annotated[float, Meta(ge=0, lt=1, description="Share of features dropped.")] = 0.0
    token_dropout: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Share of the vocabulary of which a batch sees no vectors (Gal and "
            "Ghahramani 2016).",
        ),
    ] = 0.0
    word_dropout: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Share of tokens read as unknown while training (Dyer et al. 2015), so "
            "that the model learns what to do with words that it does not know.",
        ),
    ] = 0.0

    @property
    def spells(self) -> bool:
        """Whether characters are read."""
        return self.characters != "none"


class Encoder(Options, frozen=True, kw_only=True):
    """The recurrent layers."""

    hidden_size: Annotated[int, Meta(ge=1, description="Features of each layer and direction.")] = (
        128
    )
    layers: Annotated[int, Meta(ge=1, le=64, description="Layers on top of each other.")] = 1
    bidirectional: Annotated[
        bool, Meta(description="Read backwards too, and join the two at each step.")
    ] = False
    dropout: Annotated[
        float, Meta(ge=0, lt=1, description="Share of features dropped between layers.")
    ] = 0.0
    dropout_per: Annotated[
        Literal["sequence", "element"],
        Meta(
            description="Whether a dropped feature stays dropped through the sequence (Gal and "
            "Ghahramani 2016) or is drawn anew at each step; for the embedding too."
        ),
    ] = "sequence"
    weight_dropout: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Share of the weights from state to state dropped, drawn once a batch "
            "(DropConnect, Wan et al. 2013; Merity et al. 2018).",
        ),
    ] = 0.0
    max_tokens: Annotated[
        int, Meta(ge=0, description="Tokens of each text that are read; 0 for all of them.")
    ] = 0
    keep: Annotated[
        Literal["start", "end"],
        Meta(description="Which end of a text longer than max_tokens is read."),
    ] = "end"
    context: Annotated[
        int,
        Meta(
            ge=0,
            le=1024,
            description="For tagging, words of the same document that are read on either side of "
            "a sentence (Schweter and Akbik 2020), of which only its own are tagged; 0 to read "
            "each sentence alone.",
        ),
    ] = 0
    reversed: Annotated[
        bool,
        Meta(
            description="For generation, read each text from its end to its beginning. Such a "
            "model writes nothing; the backward direction of others begins from it."
        ),
    ] = False


class Pretrained(Options, frozen=True, kw_only=True):
    """What the weights begin from, if not from chance."""

    model: Annotated[
        str,
        Meta(
            description="A generation model whose vectors and layers this one begins with "
            "(Howard and Ruder 2018): an installed model's name, or a bundle, relative to the "
            "working directory. Words that it does not know begin as the mean of those it does."
        ),
    ] = ""
    backward_model: Annotated[
        str,
        Meta(
            description="The same for the backward direction, trained with encoder.reversed; "
            "embedding.size is then that of both models together."
        ),
    ] = ""
    tokenizer: Annotated[
        Literal["own", "theirs"],
        Meta(
            description="Whether words are learnt from the corpus, or those of pretrained.model "
            "are taken over with its tokenizer, in the place of the section [tokenizer]."
        ),
    ] = "own"
    vectors: Annotated[
        str,
        Meta(
            description="A file of word vectors that the embedding begins with, relative to the "
            "working directory: text (.txt, .vec), word2vec's binary form or a model of fastText "
            "(.bin), gzip too. A word that it lacks is looked up in lower case, then has the mean "
            "of its n-grams' vectors, where fastText gives any, or is drawn."
        ),
    ] = ""
    vectors_words: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000_000,
            description="Words at the start of that file, where most put the frequent ones, that "
            "the vocabulary takes in beside the corpus's own, whatever tokenizer.max_size and "
            "min_count; the model then knows them without having met them in training.",
        ),
    ] = 0
    vectors_frozen: Annotated[
        bool, Meta(description="Leave the embedding as it begins, with vectors.")
    ] = False


class Contextual(Options, frozen=True, kw_only=True):
    """What models of characters say of each token in its sentence (Akbik et al. 2018)."""

    forward: Annotated[
        str,
        Meta(
            description="A generation model of characters that reads the whole sentence, and whose "
            "state after a token's last character stands beside the token's vector (Akbik, Blythe "
            "and Vollgraf 2018): an installed model's name, or a bundle, relative to the working "
            "directory, with the recipe's cell in one layer. For heads that answer to each given "
            "token."
        ),
    ] = ""
    backward: Annotated[
        str,
        Meta(
            description="The one that reads it backwards, trained with encoder.reversed; its state "
            "after a token's first character is taken. Both or none."
        ),
    ] = ""
    size: Annotated[
        int,
        Meta(
            ge=0,
            le=65536,
            description="Features that a product makes of both states together; 0 for the states "
            "as they are.",
        ),
    ] = 0
    frozen: Annotated[
        bool,
        Meta(
            description="Leave the models as they are; what they say of the training data is then "
            "computed once. false trains them too, which takes many times as long."
        ),
    ] = True
    vocab_size: Annotated[
        int, Meta(ge=0, description="Ids of the models' characters; training sets it.")
    ] = 0
    vector_size: Annotated[
        int, Meta(ge=0, description="The models' embedding.size; training sets it.")
    ] = 0
    hidden_size: Annotated[
        int, Meta(ge=0, description="The models' encoder.hidden_size; training sets it.")
    ] = 0

    @property
    def on(self) -> bool:
        """Whether there are such models."""
        return bool(self.forward)

    @property
    def output_size(self) -> int:
        """Features of each token; 0 where there are no models."""
        return (self.size or 2 * self.hidden_size) if self.on else 0


class Bundle(Options, frozen=True, kw_only=True):
    """What is written at the end."""

    weights: Annotated[
        Literal["float32", "float16", "int8"],
        Meta(
            description="How weights are stored: float16 halves the size; int8 quarters it, with a "
            "scale for each row of a matrix. The scores recorded are of the weights so rounded."
        ),
    ] = "float32"
    language: Annotated[
        str, Meta(description="The language of the texts, as a BCP 47 tag; for the model card.")
    ] = ""


#: Sections with keys of their own.
SECTIONS: dict[str, type[Options]] = {
    "corpus": Corpus,
    "embedding": Embedding,
    "encoder": Encoder,
    "pretrained": Pretrained,
    "contextual": Contextual,
    "teacher": Teacher,
    "training": Training,
    "bundle": Bundle,
}
#: Sections that choose a plugin of the same kind.
PARTS = ("reader", "tokenizer", "cell", "head")
#: The order in which sections are written.
ORDER = (
    "corpus",
    "reader",
    "tokenizer",
    "embedding",
    "cell",
    "encoder",
    "head",
    "pretrained",
    "contextual",
    "teacher",
    "training",
    "bundle",
)
