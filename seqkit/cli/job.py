"""The work of a command over many documents: what it is, and the text of one block of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqkit.cli.output import Layout
from seqkit.examples import Example
from seqkit.runtimes.base import cores

if TYPE_CHECKING:
    from seqkit.model import TextModel


@dataclass(frozen=True, slots=True)
class Block:
    """Documents that are run together.

    Attributes:
        examples: The documents; none where a pipe has brought nothing for a moment.
        read: Bytes of the input up to the last of them.
    """

    examples: Sequence[Example]
    read: int


@dataclass(frozen=True, slots=True)
class Writing:
    """A model and the layout of its answers: what makes text of a block.

    Attributes:
        model: The model.
        layout: How its answers are written.
    """

    model: TextModel
    layout: Layout

    def text(self, examples: Sequence[Example]) -> str:
        """The text of the results for a block, without what stands before and after it."""
        answers = self.model.answer_block(examples)
        rows = map(self.layout.row, examples, answers)
        return self.layout.between.join(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a command was asked to do, in a form that can be sent to another process.

    Attributes:
        model: A bundle's folder, or an installed model's name.
        task: The head that it must have where no model is named.
        command: What the head must answer to: ``classify`` or ``tag``.
        runtime: What runs it, by name.
        threads: Processor threads for all processes together; 0 for as many as there are cores.
        jobs: Processes that share the work.
        layout: Makes the layout for the model.
        others: More models, whose probabilities are averaged with the model's.
    """

    model: str
    task: str
    command: str
    runtime: str
    threads: int
    jobs: int
    layout: Callable[[TextModel], Layout]
    others: tuple[str, ...] = ()

    def writing(self) -> Writing:
        """Load the model.

        Raises:
            BundleError: There is no such model, or it is damaged.
            UsageError: It is for another task.
        """
        from seqkit import api

        threads = self.threads
        if self.jobs > 1:
            threads = max(1, (threads or cores()) // self.jobs)
        names = [self.model, *self.others]
        model = api.load(names, task=self.task, runtime=self.runtime, threads=threads)
        getattr(model, self.command)(())  # refuses a model that is for something else
        return Writing(model, self.layout(model))
