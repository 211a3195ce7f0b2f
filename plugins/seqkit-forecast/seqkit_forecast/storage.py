"""A forecaster as a folder: ``forecaster.json`` and ``weights.safetensors``, no code in either."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import torch
from msgspec import Meta
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors
from safetensors.numpy import save as to_safetensors

from seqkit.bundle.manifest import damaged, read_member, retired_path, staging_path
from seqkit.errors import BundleError
from seqkit_forecast.forecaster import Forecaster, Trace
from seqkit_forecast.model import Network
from seqkit_forecast.results import Tried
from seqkit_forecast.scaling import Scaling, lag_of
from seqkit_forecast.settings import ScalingName, Settings, checked

DESCRIPTION = "forecaster.json"
WEIGHTS = "weights.safetensors"
#: The newest form of the folder; a reader refuses a newer one.
FORMAT_VERSION = 1

_LARGEST_DESCRIPTION = 16 << 20  # bytes
_LARGEST_WEIGHTS = 2 << 30
_MOST_COLUMNS = 10_000
#: What the names of weights and of the scaling's numbers begin with in the file.
_NETWORK, _SCALING = "network.", "scaling."


class Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``forecaster.json`` says.

    Attributes:
        format_version: The folder's form.
        settings: All decided.
        trace: Of the series.
        scaling: Its name.
        tried: The scalings that were trained with.
    """

    format_version: Annotated[int, Meta(ge=1)] = FORMAT_VERSION
    settings: Settings
    trace: Trace
    scaling: ScalingName
    tried: Annotated[tuple[Tried, ...], Meta(min_length=1)]


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Make sure that a forecaster may be written there, before any time is spent on one.

    Raises:
        BundleError: Something stands there that is no forecaster, or ``overwrite`` is needed.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BundleError(f"{folder} is a file", fix="Name a folder for the forecaster")
    names = {entry.name for entry in folder.iterdir()}
    if strange := sorted(names - {DESCRIPTION, WEIGHTS}):
        raise BundleError(
            f"{folder} can't be replaced by a forecaster",
            why=f"it holds '{strange[0]}', which is not part of one",
            fix="Choose another folder",
        )
    if names and not overwrite:
        raise BundleError(
            f"{folder} holds a forecaster already",
            fix="Choose another folder, or allow this one to be replaced (--overwrite)",
        )


def save(forecaster: Forecaster, folder: Path, *, overwrite: bool) -> None:
    """Write a forecaster beside ``folder`` and rename it, so that no half of one is ever there.

    Args:
        forecaster: What to write.
        folder: Where; see :func:`check_target`.
        overwrite: Whether a forecaster that stands there may be replaced.

    Raises:
        BundleError: The folder may not be replaced, or can't be written.
    """
    target = folder.absolute()
    staging, retired = staging_path(target), retired_path(target)
    _put_back(retired, target)
    check_target(target, overwrite=overwrite)
    description = Description(
        settings=forecaster.settings,
        trace=forecaster.trace,
        scaling=forecaster.scaling.name,
        tried=forecaster.tried,
    )
    encoded = msgspec.json.format(msgspec.json.encode(description), indent=2) + b"\n"
    files = {DESCRIPTION: encoded, WEIGHTS: to_safetensors(_arrays(forecaster))}
    try:
        for left in (staging, retired):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        staging.mkdir(parents=True)
        for name, content in files.items():
            _write(staging / name, content)
        if target.exists():
            target.rename(retired)
        staging.rename(target)
    except OSError as error:
        raise BundleError(
            f"The forecaster {folder} can't be written", why=error.strerror or str(error)
        ) from error
    finally:
        _put_back(retired, target)
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def load(folder: Path) -> Forecaster:
    """Read a forecaster, everything checked before it is used.

    Raises:
        BundleError: It is missing, damaged or too new.
        PluginError: Its cell is not installed.
    """
    if not (folder / DESCRIPTION).exists():
        raise BundleError(
            f"{folder} is no forecaster" if folder.is_dir() else f"There is no folder {folder}",
            why=f"it has no {DESCRIPTION}" if folder.is_dir() else "",
            fix="'seqkit forecast --save' writes one",
        )
    description = _described(folder)
    file = folder / WEIGHTS
    try:
        arrays = from_safetensors(read_member(folder, WEIGHTS, limit=_LARGEST_WEIGHTS))
    # KeyError is a type that numpy does not have, ValueError a shape that it can't hold
    except (SafetensorError, KeyError, ValueError) as error:
        raise damaged(file, f"{type(error).__name__}: {error}") from error
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise damaged(file, f"a number of '{name}' is not finite")
    return Forecaster(
        settings=description.settings,
        trace=description.trace,
        scaling=_scaling(description, arrays, file),
        network=_network(description, arrays, file),
        shifts=_array(arrays, "shifts", (len(description.settings.quantiles),), file),
        tried=description.tried,
    )


def _arrays(forecaster: Forecaster) -> dict[str, np.ndarray]:
    state = forecaster.network.state_dict()
    arrays = {_NETWORK + name: tensor.detach().cpu().numpy() for name, tensor in state.items()}
    arrays |= {
        _SCALING + name: np.ascontiguousarray(getattr(forecaster.scaling, name))
        for name in _shapes(forecaster.settings, forecaster.trace)
    }
    return {**arrays, "shifts": forecaster.shifts}


def _shapes(settings: Settings, trace: Trace) -> dict[str, tuple[int, ...]]:
    """The shape of each array of the scaling."""
    columns, others = len(trace.names), len(trace.exogenous_names)
    return {
        "mean": (columns,),
        "spread": (columns,),
        "step_mean": (columns, settings.horizon),
        "step_spread": (columns, settings.horizon),
        "exogenous_mean": (others,),
        "exogenous_spread": (others,),
    }


def _described(folder: Path) -> Description:
    data = read_member(folder, DESCRIPTION, limit=_LARGEST_DESCRIPTION)
    file = folder / DESCRIPTION
    try:
        version = msgspec.json.decode(data, type=_Version).format_version
        if version > FORMAT_VERSION:
            raise BundleError(
                f"{folder} has the format {version} of forecasters",
                why=f"this version of seqkit-forecast reads formats up to {FORMAT_VERSION}",
                fix="Upgrade with: pip install --upgrade seqkit-forecast",
            )
        found = msgspec.json.decode(data, type=Description)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise damaged(file, str(error)) from error
    settings, trace = found.settings, found.trace
    columns = len(trace.names) + len(trace.exogenous_names)
    if checked(settings) != settings:
        raise damaged(file, "its quantiles are not in order, or the median is missing")
    if not (settings.season and settings.window) or not 0 < columns <= _MOST_COLUMNS:
        raise damaged(file, "it has no season, no window or no columns")
    if (trace.step is None) != (trace.first is None):
        raise damaged(file, "it has dates without a step, or a step without dates")
    return found


class _Version(msgspec.Struct, frozen=True):
    format_version: Annotated[int, Meta(ge=1)]


def _scaling(description: Description, arrays: dict[str, np.ndarray], file: Path) -> Scaling:
    shapes = _shapes(description.settings, description.trace)
    found = {name: _array(arrays, _SCALING + name, shape, file) for name, shape in shapes.items()}
    return Scaling(
        name=description.scaling,
        lag=lag_of(description.scaling, description.settings.season),
        **found,
    )


def _array(
    arrays: dict[str, np.ndarray], name: str, shape: tuple[int, ...], file: Path
) -> np.ndarray:
    array = arrays.get(name)
    if array is None or array.shape != shape:
        found = "is missing" if array is None else f"has the shape {array.shape}, not {shape}"
        raise damaged(file, f"'{name}' {found}")
    return array.astype(np.float64)


def _network(description: Description, arrays: dict[str, np.ndarray], file: Path) -> Network:
    settings, trace = description.settings, description.trace
    rows = settings.horizon * len(settings.quantiles)
    # before so large a network is made
    _array(arrays, f"{_NETWORK}head.weight", (rows, settings.hidden), file)
    network = Network(
        cell=settings.cell,
        features=1 + len(trace.exogenous_names) + 2 * (settings.season > 1),
        hidden=settings.hidden,
        horizon=settings.horizon,
        quantiles=len(settings.quantiles),
    )
    state = {
        name.removeprefix(_NETWORK): torch.from_numpy(array.copy())
        for name, array in arrays.items()
        if name.startswith(_NETWORK)
    }
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise damaged(file, " ".join(str(error).split())) from error
    return network


def _put_back(retired: Path, target: Path) -> None:
    """Give the old forecaster its name again where a write ended between two renames."""
    if retired.exists() and not target.exists():
        retired.rename(target)


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
