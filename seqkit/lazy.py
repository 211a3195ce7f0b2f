"""Load ``"package.module:attribute"`` when it is first needed."""

from __future__ import annotations

import importlib
from typing import Any

from seqkit.errors import MissingDependency, PluginError, SeqkitError

#: Third-party modules that an extra brings, so that a failed import can name it.
EXTRAS: dict[str, str] = {"backports": "files", "matplotlib": "plots", "pyarrow": "files"}


def load(target: str) -> Any:
    """Import what ``target`` names.

    Args:
        target: ``"package.module:attribute"``.

    Returns:
        The attribute.

    Raises:
        MissingDependency: A third-party module that the target imports is not installed.
        PluginError: The target is misspelt or does not exist, or importing it raises.
    """
    module_name, separator, attribute = target.partition(":")
    if not separator or not attribute:
        raise PluginError(
            f"'{target}' names no object", why="A target is written 'package.module:attribute'"
        )
    try:
        module = importlib.import_module(module_name)
    except SeqkitError:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if missing.partition(".")[0] == module_name.partition(".")[0]:
            raise PluginError(f"'{target}' can't be imported", why=str(error)) from error
        raise missing_dependency(missing, wanted_by=target) from error
    # sys.exit() at the top of somebody's module must not end the program in silence.
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"'{target}' can't be imported", why=f"It raised {type(error).__name__}: {error}"
        ) from error
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise PluginError(
            f"'{target}' does not exist", why=f"The module {module_name} has no '{attribute}'"
        ) from None


def missing_dependency(module: str, *, wanted_by: str) -> MissingDependency:
    """The error that names the package, or the extra of seqkit, which brings ``module``.

    Args:
        module: The module that is not there, with or without its package.
        wanted_by: What the user asked for.

    Returns:
        The error, for the caller to raise.
    """
    top = module.partition(".")[0]
    package = f"'seqkit[{EXTRAS[top]}]'" if top in EXTRAS else top
    return MissingDependency(
        f"{wanted_by} needs the module '{top}', which is not installed",
        fix=f"Install it with: pip install {package}",
    )
