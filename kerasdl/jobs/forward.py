"""One forward pass, and what its layers take and give."""

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.observed_calls import observed_calls
from kerasdl.callbacks.layer_statistics import is_rectifier
from kerasdl.diagnostics.input_findings import feature_size
from kerasdl.jobs.layer_outputs import array

BOUNDED = {
    keras.activations.sigmoid: (0.0, 1.0),
    keras.activations.hard_sigmoid: (0.0, 1.0),
    keras.activations.tanh: (-1.0, 1.0),
}
KERNELS = (
    keras.layers.Dense,
    keras.layers.EinsumDense,
    keras.layers.RNN,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
)
"""Layers that take integers as numbers; other layers may look them up."""


@dataclass
class Forward:
    """What a forward pass of a batch shows.

    Args:
        outputs: The outputs of the model.
        seen: The greatest mean or deviation of a feature that a kernel takes.
        rectified: The outputs of rectifiers by path.
        bounded: The outputs of sigmoids and tanhs in hidden layers by path, with their
            bounds.
        activations: Names of the activations of the model's outputs; empty if unknown.
    """

    outputs: list[np.ndarray] = field(default_factory=list)
    seen: float = 0.0
    rectified: dict[str, np.ndarray] = field(default_factory=dict)
    bounded: dict[str, tuple[np.ndarray, float, float]] = field(default_factory=dict)
    activations: list[str] = field(default_factory=list)


def forward(model: keras.Model, x: Any) -> Forward:
    """Return what a forward pass in training mode shows. Running statistics change."""
    seen = Forward()
    made: list[tuple[Any, keras.Layer]] = []

    def observe(layer: keras.Layer, taken: Any, output: Any) -> None:
        made.append((output, layer))
        try:
            _note(seen, layer, taken, output)
        except Exception:  # noqa: BLE001  in a loop that a backend compiles
            return

    with observed_calls(model, observe):
        outputs = keras.tree.flatten(model(x, training=True))
    for output in outputs:
        layer = next((layer for each, layer in made if each is output), None)
        seen.activations.append(_activation(layer))
        if layer is not None:
            seen.bounded.pop(layer.path or layer.name, None)
    seen.outputs = [array(output) for output in outputs]
    return seen


def _note(seen: Forward, layer: keras.Layer, taken: Any, output: Any) -> None:
    """Keep what a call of a layer shows."""
    activation, name = getattr(layer, "activation", None), layer.path or layer.name
    if is_rectifier(layer):
        seen.rectified[name] = array(output)
    if activation in BOUNDED and not isinstance(layer, keras.layers.RNN):
        seen.bounded[name] = (array(output), *BOUNDED[activation])
    if _has_kernel(layer):
        for part in map(array, keras.tree.flatten(taken)):
            if part.dtype.kind == "f" or isinstance(layer, KERNELS):
                seen.seen = max(seen.seen, feature_size(part)[0])


def _has_kernel(layer: keras.Layer) -> bool:
    """Return whether a layer itself multiplies its input by trained weights."""
    if isinstance(layer, keras.layers.Embedding):
        return False
    alone = isinstance(layer, KERNELS) or len(flatten_layers(layer)) == 1
    return alone and any(len(each.shape) > 1 for each in layer.trainable_variables)


def _activation(layer: keras.Layer | None) -> str:
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", "")
