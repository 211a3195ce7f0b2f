"""From the characters of words to vectors: a convolution over them, or a recurrent reading."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells.base import Cell
from seqkit.errors import UsageError
from seqkit.nn.encoder import Encoder
from seqkit.nn.kernels import CellKernel
from seqkit.nn.pooling import Last
from seqkit.recipe.sections import Embedding
from seqkit.spelling import CHARACTER_SIZE, PADDING, ROWS, Spelling


class CharacterReader(nn.Module, ABC):
    """Reads each distinct word of a batch once, whatever it is padded with.

    Args:
        size: ``S``, features of a word.

    Attributes:
        weight: The characters' vectors, ``(ROWS, CHARACTER_SIZE)``; that of padding is zero.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.weight = nn.Parameter(torch.zeros(ROWS, CHARACTER_SIZE))

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw anew: vectors uniformly with a variance of 1 over their size (Ma and Hovy 2016)."""
        bound = math.sqrt(3 / CHARACTER_SIZE)
        nn.init.uniform_(self.weight, -bound, bound, generator=generator)
        self.weight[PADDING] = 0
        self._reset(generator)

    def forward(self, spelling: Spelling[Tensor]) -> Tensor:
        """The vector of the word at each step, ``(T, B, S)``; zeros for padding."""
        return F.embedding(spelling.words, self.read(spelling.characters))

    @abstractmethod
    def read(self, characters: Tensor) -> Tensor:
        """Read words.

        Args:
            characters: int64 ``(W, C)``, padding after each word's end.

        Returns:
            ``(W, S)``, zeros for a word of padding alone.
        """

    def look_up(self, characters: Tensor) -> Tensor:
        """The vectors of characters of any shape, in one more axis."""
        return F.embedding(characters, self.weight, padding_idx=PADDING)

    @abstractmethod
    def _reset(self, generator: torch.Generator) -> None:
        """Draw the parameters beside :attr:`weight`."""


class CharacterCNN(CharacterReader):
    """The greatest that each filter finds anywhere in the word.

    ::

        r_f = max(0, max over i of  b_f + sum over j of  W_fj x_(i + j - width // 2))

    where ``i`` goes over the word and the marks at its ends, and ``x`` is zero beyond them: dos
    Santos and Zadrozny 2014, "Learning character-level representations for part-of-speech
    tagging", section 2.2; Ma and Hovy 2016, "End-to-end sequence labeling via bi-directional
    LSTM-CNNs-CRF".

    Args:
        size: ``S``, the number of filters.
        width: Characters that a filter sees, an odd number.

    Attributes:
        filters: ``W``, ``(S, width * CHARACTER_SIZE)``, character by character.
        bias: ``(S,)``.
    """

    def __init__(self, size: int, *, width: int) -> None:
        super().__init__(size)
        self.width = width
        self.filters = nn.Parameter(torch.zeros(size, width * CHARACTER_SIZE))
        self.bias = nn.Parameter(torch.zeros(size))

    def _reset(self, generator: torch.Generator) -> None:
        nn.init.xavier_uniform_(self.filters, generator=generator)
        nn.init.zeros_(self.bias)

    def read(self, characters: Tensor) -> Tensor:
        """The filters' greatest values; see :meth:`CharacterReader.read`."""
        most, half = characters.shape[1], self.width // 2
        real = characters != PADDING  # (W, C)
        wide = F.pad(characters, (half, half), value=PADDING)
        # Where there are characters alone, N places in all: most words are much shorter than the
        # longest, and training took two and a half times as long through their padding.
        seen = torch.stack([wide[:, j : j + most][real] for j in range(self.width)], dim=1)
        windows = self.look_up(seen).flatten(1)  # (N, width * CHARACTER_SIZE)
        found = F.linear(windows, self.filters, self.bias)  # (N, S)
        lengths = real.sum(dim=1)
        greatest = torch.segment_reduce(found, "max", lengths=lengths, unsafe=True)
        return greatest.relu()  # which makes the greatest of nothing zero


class CharacterRNN(CharacterReader):
    """What a cell gives after it has read the word forwards, beside backwards.

    Lample et al. 2016, "Neural architectures for named entity recognition", section 4.1.

    Args:
        size: ``S``, an even number: half of it is the hidden size of each direction.
        cell: Makes a cell from its input size and its hidden size.
        kernel: What runs the cells where it fits; none for the cells themselves.

    Raises:
        UsageError: The size is odd.
    """

    def __init__(
        self, size: int, *, cell: Callable[[int, int], Cell], kernel: CellKernel | None = None
    ) -> None:
        super().__init__(size)
        if size % 2:
            raise UsageError(
                f"embedding.character_size is {size}",
                why="half of it is for each of the two directions that a word is read in",
                fix="Set embedding.character_size to an even number",
            )
        self.encoder = Encoder(cell, CHARACTER_SIZE, size // 2, bidirectional=True, kernel=kernel)
        self.pooling = Last(size, directions=2)

    def _reset(self, generator: torch.Generator) -> None:
        self.encoder.reset_parameters(generator)

    def read(self, characters: Tensor) -> Tensor:
        """The outputs at each word's two ends; see :meth:`CharacterReader.read`."""
        lengths = (characters != PADDING).sum(dim=1)
        steps = self.encoder(self.look_up(characters.t()), lengths)  # (C, W, S)
        pooled: Tensor = self.pooling(steps, lengths)
        return pooled


def character_reader(
    sizes: Embedding, cell: Callable[[int, int], Cell], kernel: CellKernel | None
) -> CharacterReader | None:
    """What a recipe's embedding reads characters with; none where it does not.

    Args:
        sizes: The recipe's section.
        cell: Makes the recipe's cell from its input size and its hidden size.
        kernel: What runs that cell where it fits.
    """
    make: dict[str, Callable[[], CharacterReader | None]] = {
        "none": lambda: None,
        "cnn": lambda: CharacterCNN(sizes.character_size, width=sizes.character_width),
        "recurrent": lambda: CharacterRNN(sizes.character_size, cell=cell, kernel=kernel),
    }
    return make[sizes.characters]()
