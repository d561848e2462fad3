"""What each layer of a model does with a batch: forward, backward, and in a step."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from kerasdl import backend
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.observed_calls import observed_calls
from kerasdl.backend.optimizer_of import optimizer_of
from kerasdl.checkpoint.undisturbed import undisturbed
from kerasdl.diagnostics.unit_findings import dead_units
from kerasdl.optimizers.norm_recorder import NormRecorder

Batch = tuple[Any, ...]
ByLayer = dict[str, float]
RECTIFIERS = (keras.activations.relu, keras.activations.relu6)
MOST_BATCHES = 64
"""Batches that an optimizer may take before it changes the weights."""


class LayerStatistics:
    """Measures the layers of a compiled model, and leaves it as it was.

    The model's own step is compiled once more, and kept for further measurements.

    Args:
        model: The model.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self.recorder = NormRecorder(model.optimizer)
        self.made: dict[str, Any] = {}

    def measure(self, batch: Batch) -> dict[str, ByLayer]:
        """Return statistics of a batch by layer.

        Args:
            batch: Arrays `(x, y)` or `(x, y, weights)`.

        Returns:
            `activation_mean` and `activation_std` of the outputs of layers with
            weights, in inference; the `dead_share` of the units of rectifiers;
            `gradient_norm`, the norm of the gradient of the weights of a layer; and
            `update_ratio`, the norm of their change in one step over their own. The
            norms are missing if the model's `train_step` passes no gradients to
            `model.optimizer`.
        """
        with undisturbed(self.model):
            statistics = activations(self.model, batch[0])
            before = _weights(self.model)
            self._step(batch)
            changes = {
                name: w - before[name] for name, w in _weights(self.model).items()
            }
            statistics["gradient_norm"] = self._gradient_norms()
        sizes, moved = _norms(before), _norms(changes)
        ratios = {n: moved[n] / sizes[n] for n in sizes if sizes[n] and moved[n]}
        statistics["update_ratio"] = ratios
        return {name: values for name, values in statistics.items() if values}

    def _step(self, batch: Batch) -> None:
        """Take one step of the optimizer, which may accumulate several batches."""
        self.recorder.build(self.model.trainable_variables)
        with optimizer_of(self.model, self.recorder, self.made):
            taken = _number(self.recorder.iterations)
            for _ in range(MOST_BATCHES):
                self.model.train_on_batch(*batch)
                if _number(self.recorder.iterations) != taken:
                    break
                if not self.recorder.applied:
                    break

    def _gradient_norms(self) -> ByLayer:
        if not self.recorder.applied:
            return {}
        norms = backend.current().to_numpy(self.recorder.norms)
        paths = (_plain(self.model, v.path) for v in self.model.trainable_variables)
        return _joined(zip(paths, norms, strict=True))


def activations(model: keras.Model, x: Any) -> dict[str, ByLayer]:
    """Return statistics of the outputs of layers, in inference."""
    means, deviations, dead = {}, {}, {}

    def observe(layer: keras.Layer, taken: Any, output: Any) -> None:
        first = keras.tree.flatten(output)[0]
        name = _plain(model, layer.path or layer.name)
        if not keras.backend.is_float_dtype(first.dtype):
            return
        if _is_innermost(layer) and layer.trainable_variables:
            values = _array(first)
            means[name], deviations[name] = float(values.mean()), float(values.std())
        if is_rectifier(layer):
            dead[name] = dead_units(_array(first)) / first.shape[-1]

    with observed_calls(model, observe):
        model(x, training=False)
    return {"activation_mean": means, "activation_std": deviations, "dead_share": dead}


def is_rectifier(layer: keras.Layer) -> bool:
    """Return whether the outputs of a layer are those of rectified linear units."""
    activation = getattr(layer, "activation", None)
    return isinstance(layer, keras.layers.ReLU) or activation in RECTIFIERS


def _is_innermost(layer: keras.Layer) -> bool:
    """Return whether a layer holds its weights itself."""
    return isinstance(layer, keras.layers.RNN) or len(flatten_layers(layer)) == 1


def _weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Return copies of the trainable weights by path."""
    to_numpy = backend.current().to_numpy
    return {
        _plain(model, variable.path): to_numpy(variable).astype("float64")
        for variable in model.trainable_variables
    }


def _plain(model: keras.Model, path: str) -> str:
    """Return a path without the name of the model, which Keras numbers."""
    return path.removeprefix(f"{model.name}/")


def _norms(arrays: dict[str, np.ndarray]) -> ByLayer:
    return _joined((path, np.linalg.norm(array)) for path, array in arrays.items())


def _joined(norms: Iterable[tuple[str, Any]]) -> ByLayer:
    """Return the norms of all variables of each layer together."""
    squares: ByLayer = {}
    for path, norm in norms:
        layer = path.rpartition("/")[0] or path
        squares[layer] = squares.get(layer, 0.0) + float(norm) ** 2
    return {layer: float(np.sqrt(square)) for layer, square in squares.items()}


def _array(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor).astype("float32")


def _number(variable: Any) -> int:
    return int(keras.ops.convert_to_numpy(variable))
