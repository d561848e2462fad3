"""The layers of a model, for the report."""

import math
from collections.abc import Iterator

import keras

from kerasdl.figures import Cell, Figure, Table
from kerasdl.jobs.model_graph import model_graph

MOST_LAYERS = 300


def model_figures(model: keras.Model) -> list[Figure]:
    """Return the graph of a model, and its layers in the order of the computation."""
    rows = [[*_row(layer)] for layer in model.layers[:MOST_LAYERS]]
    trainable = sum(math.prod(v.shape) for v in model.trainable_variables)
    note = f"{model.count_params():,} parameters, {trainable:,} of them trainable."
    if (left := len(model.layers) - len(rows)) > 0:
        note = f"{left:,} more layers. {note}"
    table = Table("Layers", ["layer", "class", "output", "parameters"], rows, note)
    return [*filter(None, [model_graph(model)]), table]


def _row(layer: keras.layers.Layer) -> Iterator[Cell]:
    """Yield the cells of a layer: its name, its class, its output and its size."""
    yield layer.name
    yield type(layer).__name__
    shape = getattr(getattr(layer, "output", None), "shape", None)
    yield "" if shape is None else " × ".join(map(str, shape[1:]))
    yield layer.count_params() if layer.built else None
