"""A picture of a metric over the epochs of several runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from kerasdl.diagnostics.picture import write_picture
from kerasdl.errors import printable


def write_curve_plot(
    metric: str,
    curves: Mapping[str, Sequence[float | None]],
    path: Path,
    form: Literal["png", "svg"],
) -> None:
    """Write the curves of a metric to a file.

    Args:
        metric: Its name.
        curves: Its value in each epoch of each run, None where there is none.
        path: The file.
        form: Its format.

    Raises:
        StorageError: If it cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    for number, (name, curve) in enumerate(curves.items()):
        values = [float("nan") if value is None else value for value in curve]
        # It is text, not mathematics; what begins with an underscore has no legend.
        label = " " + printable(name).replace("$", r"\$")
        epochs = range(1, len(values) + 1)
        axes.plot(epochs, values, color=f"C{number % 10}", label=label)
    axes.set(xlabel="epoch", ylabel=metric)
    axes.legend()
    write_picture(figure, path, form)
