"""The `kerasdl lr-find` command."""

from pathlib import Path
from typing import Any

import click

from kerasdl.cli.config_flags import chosen, config_flags
from kerasdl.cli.picture_form import picture_form
from kerasdl.cli.printing import say
from kerasdl.cli.text_plot import text_plot
from kerasdl.cli.verb import backend_option, select, verb
from kerasdl.diagnostics.rate_sweep import RateSweep, check_range


@click.command("lr-find")
@config_flags
@backend_option
@click.option("--lowest", default=1e-6, show_default=True, help="The first rate.")
@click.option("--highest", default=10.0, show_default=True, help="The last rate.")
@click.option(
    "--steps",
    type=click.IntRange(10, 100_000),
    default=100,
    show_default=True,
    help="Steps of the sweep; each of a few short runs takes 3/5 as many.",
)
@click.option("--output", type=Path, help="Draw the curve as .png or .svg.")
@verb
def command(
    backend: str | None,
    lowest: float,
    highest: float,
    steps: int,
    output: Path | None,
    as_json: bool,
    **flags: Any,
) -> Any:
    """Find a learning rate by a sweep and short runs; keep nothing that is trained."""
    check_range(lowest, highest)
    form = picture_form(output)
    config, *_, download = chosen(**flags)
    select(backend)

    from kerasdl.jobs.lr_find import lr_find_of_run

    sweep = lr_find_of_run(
        config, lowest=lowest, highest=highest, steps=steps, download=download
    )
    if output and form:
        from kerasdl.diagnostics.rate_plot import write_rate_plot

        write_rate_plot(sweep, output, form)
    if not as_json:
        _show(sweep, output)
    return {
        "suggested": sweep.suggested,
        "steepest": sweep.steepest,
        "valley": sweep.valley,
        "trials": [{"rate": r, "loss": loss} for r, loss in sweep.trials.items()],
        "rates": sweep.rates.tolist(),
        "losses": sweep.losses.tolist(),
        "smoothed": sweep.smoothed.tolist(),
    }


def _show(sweep: RateSweep, output: Path | None) -> None:
    say("\n".join(text_plot(sweep.rates, sweep.smoothed, sweep.suggested)))
    if sweep.valley is None:
        say("the loss never falls: check the data and the model")
    else:
        say(
            f"steepest   {sweep.steepest:.1e}, where the loss falls by the largest factor"
        )
        say(f"valley     {sweep.valley:.1e}, where it is lowest")
        for rate, loss in sweep.trials.items():
            say(f"short run  {rate:.1e} ends at a loss of {loss:.4g}")
        if sweep.suggested is None:
            say("every short run diverged: clip the gradients, or check the data")
        else:
            say(f"suggested  --lr {sweep.suggested:g}")
        if sweep.ends_at_best:
            say("the best short run is the last one that was tried: widen the range")
    if output:
        say(f"drawn in {output}")
