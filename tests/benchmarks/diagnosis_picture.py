"""The learning curves of planted faults, as docs/diagnosis.md shows them.

`KERAS_BACKEND=torch python -m tests.benchmarks.diagnosis_picture docs/diagnosis.png` in the
root of the repository.
"""

import contextlib
import tempfile
from pathlib import Path

import click

from kerasdl.backend import select

select()  # before Keras is imported

from matplotlib.figure import Figure

from kerasdl import registry
from kerasdl.diagnostics.picture import write_picture
from tests.jobs.planted_faults import FAULTS, REGISTERED

SHOWN = (
    "rate of 1, digits",
    "rate / 1000, table",
    "inputs not scaled, wine",
    "labels shuffled, digits",
    "30 % of labels wrong, digits",
    "weights all zero",
    "gradient stopped",
    "dead ReLUs",
    "ten layers of sigmoids",
    "1 in 100",
    "two epochs, table",
    "two units",
    "huge model, 100 digits",
    "spike in epoch 11",
    "deep recurrent net",
    "rate decays at once",
    "dropout of 0.9",
    "one batch an epoch",
)
COLUMNS = 3


@click.command()
@click.argument("path", type=Path)
def main(path: Path) -> None:
    """Train the faults, and draw the losses of their epochs."""
    for name, choices in REGISTERED.items():
        registry.REGISTRIES[name].update(choices)
    chosen = [fault for fault in FAULTS if fault.name in SHOWN]
    rows = -(-len(chosen) // COLUMNS)
    figure = Figure(figsize=(9, 2.1 * rows), layout="constrained")
    axes = figure.subplots(rows, COLUMNS).flat
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for fault, place in zip(chosen, axes, strict=False):
            lines = fault.train().history
            epochs = [line["epoch"] + 1 for line in lines]
            for name in ("loss", "val_loss"):
                values = [line.get(name) for line in lines]
                place.plot(epochs, values, ".-", markersize=3, label=name)
            place.set_title(f"{fault.causes[0]}\n({fault.name})", fontsize=8)
            place.tick_params(labelsize=7)
            place.ticklabel_format(useOffset=False)
    figure.legend(
        *place.get_legend_handles_labels(), loc="outside lower center", ncols=2
    )
    write_picture(figure, path, "png")


if __name__ == "__main__":
    main()
