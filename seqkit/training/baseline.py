"""What a bag of words scores on the same split, so that a network is seen beside it."""

from __future__ import annotations

import time

import numpy as np
import torch

from seqkit.bundle.manifest import BaselineRecord
from seqkit.decoding.base import Decoder
from seqkit.decoding.classification import ClassificationDecoder
from seqkit.encoding import Encoded
from seqkit.heads import NBSVMOptions
from seqkit.heads.nbsvm import NBSVMHead
from seqkit.runtimes.padding import alike, pad
from seqkit.tokenizers.base import Tokenizer
from seqkit.training.store import Corpus

#: Training tokens that are read at most, and marks of texts by labels ...
_MOST_TOKENS, _MOST_MARKS = 1 << 23, 1 << 24
#: ... and weights of all labels together, and of one.
_MOST_WEIGHTS, _MOST_BUCKETS = 1 << 22, 1 << 20
#: Entries of the largest vocabulary that is taken for one of characters.
_CHARACTERS = 1000
#: A logit above every threshold.
_SURE = 1e6


def bag_of_ngrams(
    corpus: Corpus, tokenizer: Tokenizer, decoder: Decoder, *, random_seed: int
) -> BaselineRecord | None:
    """Train the head ``nbsvm`` on what the model reads, and score it on the development data.

    It takes seconds, memory that does not grow with the corpus, and random numbers of its own.
    Where several labels may hold and thresholds are not tuned, each is given to the share of the
    development texts that it has of the training texts (proportional assignment; Yang 2001, "A
    study of thresholding strategies for text categorization"), for no one threshold suits all.

    Args:
        corpus: With targets.
        tokenizer: What made its ids.
        decoder: The model's.
        random_seed: Draws the order of the texts.

    Returns:
        None where there is no development data, or the task is not to label texts.
    """
    if not (corpus.dev and isinstance(decoder, ClassificationDecoder)):
        return None
    began = time.perf_counter()
    longest, name = _longest(tokenizer)
    L = decoder.output_size
    head = NBSVMHead(
        0,
        L,
        NBSVMOptions(
            ngrams=longest,
            ngram_buckets=max(1, min(_MOST_BUCKETS, _MOST_WEIGHTS // L)),
            multi_label=decoder.options.multi_label,
        ),
    )
    chosen = _chosen(corpus, L)
    head.study(chosen, torch.Generator().manual_seed(random_seed))
    dev = list(corpus.dev)
    logits = _logits(head, dev)
    targets = [e.target for e in dev if e.target is not None]
    if decoder.options.multi_label and decoder.options.threshold != "tuned":
        shares = np.mean([e.target for e in chosen if e.target is not None], axis=0)
        logits = _proportional(logits, shares)
    return BaselineRecord(
        name=name,
        metric=decoder.metric,
        score=decoder.score(list(logits), targets)[decoder.metric],
        train_examples=len(chosen),
        seconds=round(time.perf_counter() - began, 3),
    )


def _longest(tokenizer: Tokenizer) -> tuple[int, str]:
    """Tokens of the longest n-gram, and what to call a bag of them."""
    if tokenizer.tokens_are_words:
        return 2, "a bag of words and word pairs"
    if tokenizer.vocab_size < _CHARACTERS:
        return 5, "a bag of up to five characters"
    return 2, "a bag of tokens and token pairs"


def _chosen(corpus: Corpus, labels: int) -> list[Encoded]:
    """Training texts, evenly spread where there are more than it takes."""
    train = corpus.train
    most = min(
        len(train),
        max(1, _MOST_MARKS // labels),
        max(1, int(len(train) * _MOST_TOKENS / max(1, train.tokens))),
    )
    return [train[i] for i in np.linspace(0, len(train) - 1, most).astype(int).tolist()]


@torch.no_grad()
def _logits(head: NBSVMHead, examples: list[Encoded]) -> np.ndarray:
    """``(N, L)``."""
    logits = np.empty((len(examples), head.output_size), np.float32)
    for indices in alike(examples):
        padded = pad([examples[i] for i in indices])
        logits[indices] = head(torch.from_numpy(padded.ids), torch.from_numpy(padded.lengths))
    return logits


def _proportional(logits: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Logits that are sure of a label's share of the texts, those that were surest.

    Args:
        logits: ``(N, L)``.
        shares: ``(L,)``, of the texts that each label is given to.
    """
    rank = np.argsort(np.argsort(-logits, axis=0, kind="stable"), axis=0)
    sure = np.float32(_SURE)
    return np.where(rank < np.rint(shares * len(logits)), sure, -sure)
