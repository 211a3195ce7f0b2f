"""List and run the benchmarks."""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
from pathlib import Path

from benchmarks.report import Absent
from benchmarks.settings import FEWEST_ROUNDS, ROUNDS, Settings, cores
from seqkit import environment
from seqkit.errors import DataError

HERE = Path(__file__).parent
RESULTS = HERE / "results"
_MISSING = 2  # the status of a run in which a corpus was missing


def found() -> dict[str, str]:
    """The benchmarks and what each measures: the modules here that have a function ``run``."""
    known = {}
    for path in sorted(HERE.glob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(n, ast.FunctionDef) and n.name == "run" for n in module.body):
            doc = ast.get_docstring(module) or ""
            known[path.stem.replace("_", "-")] = doc.partition("\n")[0]
    return known


def settings_of(given: argparse.Namespace) -> Settings:
    """What the command line asks for."""
    rounds = given.rounds or ROUNDS
    if given.quick:
        return Settings(rounds=1, seeds=1, threads=given.threads, quick=True)
    return Settings(
        rounds=max(rounds, given.seeds or 0), seeds=given.seeds or rounds, threads=given.threads
    )


def main() -> None:
    """Run those named, or all; print the tables of each and save them under ``results``."""
    environment.prepare()
    known = found()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all by default")
    parser.add_argument("--list", action="store_true", help="say what there is, and stop")
    parser.add_argument("--quick", action="store_true", help="only show that they run")
    parser.add_argument("--rounds", type=int, help=f"at least {FEWEST_ROUNDS}; {ROUNDS} by default")
    parser.add_argument("--seeds", type=int, help="over how many seeds; one a round by default")
    parser.add_argument(
        "--threads", type=int, default=cores(), help="of each contender; one a core by default"
    )
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < FEWEST_ROUNDS and not given.quick:
        parser.error(f"fewer than {FEWEST_ROUNDS} rounds tell nothing")
    if min(given.threads, given.seeds or 1) < 1:
        parser.error("--threads and --seeds are at least 1")
    if unknown := set(given.names) - set(known):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    missing = False
    for name, doc in known.items():
        if given.list:
            print(f"{name}: {doc}")
        elif not given.names or name in given.names:
            module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
            try:
                report = module.run(settings_of(given))
            except Absent as why:
                print(f"{name}: absent: {why}\n")
                continue
            except DataError as error:
                print(f"error: {name}: {error}", file=sys.stderr)
                missing = True
                continue
            path = report.save(RESULTS, f"{name}-quick" if given.quick else name)
            print(f"{report.markdown()}\nsaved in {path} and {path.with_suffix('.json').name}\n")
    sys.exit(_MISSING if missing else 0)


if __name__ == "__main__":
    main()
