"""A teacher's answers, kept from one run to the next: to ask is slow, and they stay the same."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from pathlib import Path

import numpy as np

_FOLDER = "answers"
#: Files that are kept, the latest used ones.
_MOST = 8

_log = logging.getLogger(__name__)


class KeptAnswers:
    """The answers to some texts, there or not.

    Args:
        folder: Of the entries of a corpus; see :func:`seqkit.training.places.folder_of`.
        key: What stands for the texts and for whoever answers.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.path = folder / _FOLDER / f"{key}.npy"

    def load(self, shape: tuple[int, int]) -> np.ndarray | None:
        """Take them, if they are there and whole.

        Args:
            shape: ``(texts, labels)``.

        Returns:
            float32 of that shape, each between 0 and 1.
        """
        try:
            found = _checked(np.load(self.path, allow_pickle=False), shape)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError) as error:
            _log.warning("the teacher is asked again: %s can't be used: %s", self.path, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(self.path)  # the latest used ones are kept
        return found

    def save(self, answers: np.ndarray) -> None:
        """Keep them, if there is room.

        Args:
            answers: float32, ``(texts, labels)``.
        """
        folder = self.path.parent
        new = folder / f".new-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with new.open("wb") as file:
                np.save(file, answers, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
            kept = sorted(folder.glob("*.npy"), key=lambda path: -path.stat().st_mtime)
            for old in kept[_MOST:]:
                old.unlink()
        except OSError as error:
            _log.warning("the teacher's answers are not kept in %s: %s", folder, error)
        finally:
            new.unlink(missing_ok=True)


def _checked(found: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    if found.dtype != np.float32 or found.shape != shape:
        raise ValueError(f"it holds {found.dtype} {found.shape}")
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError("it holds numbers that are no probabilities")
    return found
