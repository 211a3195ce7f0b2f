"""Models that contenders predict with: each made once by a program of its library, and kept.

They lie beside the prepared corpora, and are made anew when the program, its environment or the
corpus changes.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import prepared
from benchmarks.contest import Contender, Contest, Failed, Say, execute, interpreter
from benchmarks.settings import Settings
from seqkit import __version__


def equip(
    contenders: Sequence[Contender],
    makers: Mapping[str, Contender],
    settings: Settings,
    *,
    data: Path,
    say: Say = lambda _: None,
) -> tuple[list[Contender], dict[str, str]]:
    """Give contenders the models that they need.

    Args:
        contenders: All who are to take part.
        makers: By a contender's name, whose program makes its model; it is given ``--save`` and
            the path, and the contender ``--model`` and the same. Those not named need none.
        settings: Of the contest.
        data: The prepared corpus that makers read.
        say: Is told what is made.

    Returns:
        The contenders, and why there is no model for each of those that are absent.
    """
    contest = Contest()
    equipped = []
    for contender in contenders:
        maker = makers.get(contender.name)
        if maker is not None:
            try:
                path = _made(maker, settings, contest, data=data, say=say)
                arguments = (*contender.arguments, "--model", str(path))
                contender = replace(contender, arguments=arguments)  # noqa: PLW2901
            except Failed as error:
                contest.absent[contender.name] = f"there is no model for it: {error}"
        equipped.append(contender)
    return equipped, {
        c.name: contest.absent[c.name] for c in contenders if c.name in contest.absent
    }


def _made(maker: Contender, settings: Settings, contest: Contest, *, data: Path, say: Say) -> Path:
    """The model of a maker, from before or new.

    Raises:
        Failed: It can't be installed, or its program failed, now or for another contender.
    """
    if maker.name in contest.absent:
        raise Failed(contest.absent[maker.name])
    kind = f"model-{'quick-' if settings.quick else ''}{Path(maker.script).stem}"
    target = prepared.cache() / f"{kind}-{_key(maker, data)}"
    if target.exists():
        return target
    python = interpreter(maker, settings, contest, say)
    if python is None:
        raise Failed(contest.absent[maker.name])
    target.parent.mkdir(parents=True, exist_ok=True)
    for outdated in target.parent.glob(f"{kind}-*"):
        shutil.rmtree(outdated) if outdated.is_dir() else outdated.unlink()
    say(f"making {maker.name}")
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        new = Path(temporary) / "new"
        saving = replace(maker, arguments=(*maker.arguments, "--save", str(new)))
        try:
            threads, quick = settings.threads, settings.quick
            execute(saving, python, data=data, seed=1, threads=threads, quick=quick)
        except Failed as error:
            contest.absent[maker.name] = str(error)
            raise
        new.rename(target)
    return target


def _key(maker: Contender, data: Path) -> str:
    """Stands for everything that the model depends on."""
    made_by = __version__ if maker.environment is None else maker.environment.digest()
    program = (maker.folder / maker.script).read_text(encoding="utf-8")
    parts = [program, *maker.arguments, made_by, data.name]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
