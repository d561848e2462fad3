"""A picture of a sweep of learning rates."""

from pathlib import Path
from typing import Literal

import numpy as np

from kerasdl.diagnostics.picture import write_picture
from kerasdl.diagnostics.rate_sweep import RateSweep


def write_rate_plot(sweep: RateSweep, path: Path, form: Literal["png", "svg"]) -> None:
    """Write the losses of a sweep, and the rates that it suggests, to a file.

    Raises:
        StorageError: If it cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.plot(sweep.rates, sweep.losses, ".", color="0.7", label="loss of a batch")
    axes.plot(sweep.rates, sweep.smoothed, color="C0", label="smoothed")
    named = {"steepest": sweep.steepest, "valley": sweep.valley}
    for color, (name, rate) in zip(("C1", "C2"), named.items(), strict=True):
        if rate is not None:
            label = f"{name} {rate:.1e}"
            axes.axvline(rate, color=color, linestyle="--", label=label)
    if sweep.trials:
        ends = (np.array([*sweep.trials]), np.array([*sweep.trials.values()]))
        axes.plot(*ends, "D", color="C3", label="end of a short run")
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
    axes.legend()
    write_picture(figure, path, form)
