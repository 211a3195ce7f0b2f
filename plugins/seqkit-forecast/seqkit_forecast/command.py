"""``seqkit forecast``: the next values of series of numbers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from seqkit.cli.options import PartName, encoding_option, struct_options
from seqkit.errors import UsageError
from seqkit_forecast.settings import Settings

if TYPE_CHECKING:
    from seqkit_forecast.forecaster import Forecaster
    from seqkit_forecast.results import Evaluation, Tried
    from seqkit_forecast.series import Series

#: What can't be chosen again for a forecaster that is trained.
_TRAINED = (
    "season",
    "cell",
    "hidden",
    "window",
    "quantiles",
    "scaling",
    "epochs",
    "held_out",
    "random_seed",
    "save",
    "overwrite",
)
#: The format of a file by its suffix; a table otherwise.
_FORMS = {".csv": "csv", ".json": "json"}
_WIDEST = 100


class Season(click.ParamType):  # type: ignore[type-arg] # generic in newer click alone
    """A number of rows, or auto."""

    name = "season"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; 0 for auto."""
        if isinstance(value, int):
            return value
        if value == "auto":
            return 0
        if not (value.isascii() and value.isdecimal() and int(value)):
            self.fail(f"'{value}' is no season; write a number of rows from 1, or auto", param, ctx)
        return int(value)


class Quantiles(click.ParamType):  # type: ignore[type-arg] # likewise
    """Numbers between 0 and 1, with commas between them."""

    name = "quantiles"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Each of them."""
        if isinstance(value, tuple):
            return value
        try:
            found = tuple(float(word) for word in value.split(","))
        except ValueError:
            found = ()
        if not found or not all(0 < number < 1 for number in found):
            self.fail(f"'{value}' are no quantiles; write them as 0.1,0.5,0.9", param, ctx)
        return found


@click.command(
    epilog="""\b
Example:
  seqkit forecast airline-passengers.csv --column Passengers --date Month
  seqkit forecast sales.csv --column shop --column web --exogenous price --season 7
  seqkit forecast sales.csv --column shop --date day --save models/shop
  seqkit forecast sales-later.csv --model models/shop --date day --format csv"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="A column to forecast; several are learnt together by one network.",
)
@click.option(
    "--date", default="", metavar="NAME", help="The column of dates, which must have no gaps."
)
@click.option(
    "--date-format",
    default="",
    metavar="FORMAT",
    help="How dates are written, such as %d.%m.%Y.  [default: found in the first row]",
)
@click.option(
    "--exogenous",
    multiple=True,
    metavar="NAME",
    help="A column that is read along, but not forecast; only its past is used.",
)
@click.option(
    "--gaps",
    type=click.Choice(["error", "fill"]),
    default="error",
    show_default=True,
    help="Missing rows and empty cells: an error, or filled linearly.",
)
@encoding_option
@struct_options(Settings, ["horizon"])
@click.option(
    "--season",
    type=Season(),
    default="auto",
    show_default=True,
    metavar="N|auto",
    help="Rows after which the series repeats; 1 for none.",
)
@click.option(
    "--cell", type=PartName("cell"), default="gru", show_default=True, help="The recurrent cell."
)
@struct_options(Settings, ["hidden", "window"])
@click.option(
    "--quantiles",
    type=Quantiles(),
    default="0.1,0.5,0.9",
    show_default=True,
    metavar="Q,...",
    help="Shares of values that should lie below what is forecast; the median is always there.",
)
@struct_options(Settings, ["scaling", "epochs", "held_out", "random_seed"])
@click.option(
    "--save", type=click.Path(path_type=Path, file_okay=False), help="Write the forecaster there."
)
@click.option("--overwrite", is_flag=True, help="Let --save replace a forecaster.")
@click.option(
    "--model",
    type=click.Path(path_type=Path, file_okay=False),
    help="Forecast with one that --save wrote, instead of training.",
)
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw a picture there, as PNG."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    help="How results are written.  [default: by the suffix of --out, otherwise table]",
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write results to this file, complete or not at all.",
)
@click.pass_context
def forecast(
    ctx: click.Context,
    /,
    *,
    file: Path,
    columns: tuple[str, ...],
    exogenous: tuple[str, ...],
    horizon: int,
    save: Path | None,
    overwrite: bool,
    model: Path | None,
    plot: Path | None,
    form: str | None,
    out: Path | None,
    **options: Any,
) -> None:
    """Learn columns of FILE, a table with a header, and forecast their next values.

    The end of the series is kept for a test, in which the network is compared with methods that
    need no training: naive repeats the last value, seasonal-naive the last season, drift goes on
    in the line from the first value through the last. A MASE below theirs means that the network
    is worth its while; where it is not, that is said. Then it is trained on all of FILE, and
    forecasts the values that come after it, with intervals.
    """
    from seqkit.cli import output
    from seqkit_forecast import report
    from seqkit_forecast.series import read_series

    for path in (out, plot):
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"There is no folder {path.parent}", fix="Make it first")
    reading = {key: options.pop(key) for key in ("date", "date_format", "gaps", "encoding")}
    if plot is not None:
        from seqkit_forecast import picture

        picture.check()
    if model is not None:
        _refuse_training(ctx)
        forecaster = _loaded(model)
        columns = columns or forecaster.trace.names
        exogenous = exogenous or forecaster.trace.exogenous_names
    series = read_series(file, columns, exogenous=exogenous, **reading)
    evaluation: Evaluation | None
    if model is None:
        settings = Settings(horizon=horizon, **options)
        forecaster, evaluation = _trained(series, settings, save, overwrite=overwrite)
    else:
        evaluation = _tested(forecaster, series)
    given = ctx.get_parameter_source("horizon") is ParameterSource.COMMANDLINE
    forecasts = forecaster.forecast(series, horizon if given else None)
    if plot is not None:
        shown = report.history_shown(series, forecaster.settings)
        plot.write_bytes(picture.picture(series, forecasts, history=shown))
    form = form or _FORMS.get(out.suffix.lower() if out else "", "table")
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    text = report.to_chunks(form, series, forecaster, evaluation, forecasts, width=width)
    output.write(text, out)
    if evaluation and (form != "table" or out):
        for sentence in report.verdicts(evaluation):
            click.echo(sentence, err=True)


def _refuse_training(ctx: click.Context) -> None:
    for name in _TRAINED:
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(
                f"--{name.replace('_', '-')} can't be given with --model",
                why="the forecaster is trained already",
                fix="Leave one of the two away",
            )


def _loaded(model: Path) -> Forecaster:
    from seqkit_forecast.forecaster import Forecaster

    return Forecaster.load(model)


def _trained(
    series: Series, settings: Settings, save: Path | None, *, overwrite: bool
) -> tuple[Forecaster, Evaluation]:
    """A forecaster of all rows, and the test of one that had not seen the last of them.

    It is written where that is wanted; progress goes to standard error.
    """
    from seqkit_forecast.fitting import fit, refit

    if save is not None:
        from seqkit_forecast.storage import check_target

        check_target(save, overwrite=overwrite)
    forecaster = fit(series, settings, observe=_say)
    evaluation = forecaster.evaluate(series)
    if not forecaster.interrupted:
        forecaster = refit(forecaster, series)
    if forecaster.interrupted:
        click.echo("interrupted: going on with the best so far", err=True)
    if save is not None:
        forecaster.save(save, overwrite=overwrite)
        click.echo(f"wrote {save}", err=True)
    return forecaster, evaluation


def _say(tried: Tried) -> None:
    click.echo(
        f"trained with {tried.scaling}: loss {tried.loss:.4g} on the validation tail, best epoch "
        f"{tried.epoch} of {tried.epochs}, {tried.seconds:.1f} s",
        err=True,
    )


def _tested(forecaster: Forecaster, series: Series) -> Evaluation | None:
    """The test on the rows after those that it has learnt from, where there are enough."""
    first = forecaster.first_unseen(series)
    if first + forecaster.settings.horizon > len(series) or first <= forecaster.settings.season:
        click.echo("not tested: there are too few rows after those it learnt from", err=True)
        return None
    return forecaster.evaluate(series)
