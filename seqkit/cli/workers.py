"""Processes that share the work of a command: each with a model of its own, answers in order."""

from __future__ import annotations

import functools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from seqkit.cli.job import Block, Job, Writing
from seqkit.errors import SeqkitError
from seqkit.examples import Example

#: Blocks for each process that are on their way, so that none waits for the next.
_AHEAD = 2

#: The job of a worker process, once it has begun.
_given: list[Job] = []


def in_processes(job: Job, blocks: Iterator[Block]) -> Generator[tuple[Block, str], None, None]:
    """Each block with the text of its results, in their order.

    Args:
        job: What to do with them, in ``job.jobs`` processes.
        blocks: Read a little ahead; where that fails, the error comes after the results before it.

    Raises:
        SeqkitError: A process ended, most likely for want of memory.
    """
    pending: deque[tuple[Block, Future[str]]] = deque()
    context = multiprocessing.get_context("spawn")  # torch's threads don't survive a fork
    with ProcessPoolExecutor(job.jobs, context, initializer=_begin, initargs=(job,)) as pool:
        try:
            # All at once, with nothing to do yet: the pool would wait without end for a process
            # that it begins while it finds another one dead.
            for _ in range(job.jobs):
                _submit(pool, ())
            failure: SeqkitError | None = None
            while failure is None:
                try:
                    block = next(blocks, None)
                except SeqkitError as error:
                    block, failure = None, error
                if block is None:
                    break
                if block.examples:
                    pending.append((block, _submit(pool, block.examples)))
                while pending and _is_due(pending, block, _AHEAD * job.jobs):
                    yield _next(pending)
            while pending:
                yield _next(pending)
        except BrokenProcessPool:
            raise SeqkitError(
                "A worker process ended before its work was done",
                why="perhaps it was killed, or there was no memory left for it",
                fix="Try fewer --jobs",
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure


def _is_due(pending: deque[tuple[Block, Future[str]]], block: Block, most: int) -> bool:
    """Whether to hand out the first result: it is there, or nothing else is to be done."""
    return pending[0][1].done() or len(pending) >= most or not block.examples


def _next(pending: deque[tuple[Block, Future[str]]]) -> tuple[Block, str]:
    block, text = pending.popleft()
    return block, text.result()


def _submit(pool: ProcessPoolExecutor, examples: Sequence[Example]) -> Future[str]:
    """Give work to the pool, which begins its processes as there is some.

    They take over which signals are blocked: Ctrl-C is for the command alone, which ends them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_text, examples)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(job: Job) -> None:
    """In a worker process: keep the job, and end with the command, even if that is killed."""
    _given.append(job)
    command = multiprocessing.parent_process()
    assert command is not None
    threading.Thread(target=_end_after, args=(command.sentinel,), daemon=True).start()


def _end_after(sentinel: int, end: Callable[[int], None] = os._exit) -> None:
    multiprocessing.connection.wait([sentinel])
    end(1)


@functools.cache
def _writing() -> Writing:
    return _given[0].writing()


def _text(examples: Sequence[Example]) -> str:
    return _writing().text(examples)
