"""What a model costs: operations, memory and time."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from kerasdl import backend
from kerasdl.backend.keras_internals import dtype_size
from kerasdl.backend.layer_calls import Call, traced
from kerasdl.diagnostics.latency import Latency, latency
from kerasdl.diagnostics.model_cost import LayerCost, layer_costs
from kerasdl.errors import ConfigError
from kerasdl.layers.work import OWN_LAYERS

BATCH_SIZES = (1, 32)
"""Batches whose latency is measured."""


@dataclass(frozen=True)
class Measured:
    """The latency of a batch.

    Args:
        policy: The dtype policy.
        batch_size: Examples in the batch.
        latency: The times of `predict_on_batch`.
        peak_memory_bytes: Peak memory of the accelerator so far, if there is one.
    """

    policy: str
    batch_size: int
    latency: Latency
    peak_memory_bytes: int | None


@dataclass(frozen=True)
class Cost:
    """What a model costs.

    Args:
        parameters: Number of its weights.
        trainable_parameters: Number of those that are trained.
        layers: What each layer costs for one example.
        not_counted: Layers and operations whose cost is unknown; the sums lack them.
        batch_size: Examples in a batch of the training.
        weight_bytes: Memory of the weights.
        gradient_bytes: Memory of the gradients.
        optimizer_bytes: Memory of the optimizer; None if the model is not compiled.
        measured: Latencies, if they were measured.
    """

    parameters: int
    trainable_parameters: int
    layers: list[LayerCost]
    not_counted: list[str]
    batch_size: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int | None
    measured: list[Measured]

    @property
    def flops(self) -> int:
        """Floating-point operations for one example; a multiply-add counts as two."""
        return sum(layer.flops for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Memory of what the gradient needs of a batch."""
        return self.batch_size * sum(layer.activation_bytes for layer in self.layers)

    @property
    def training_bytes(self) -> int | None:
        """Estimated memory of the training; None if the model is not compiled."""
        if self.optimizer_bytes is None:
            return None
        constant = self.weight_bytes + self.gradient_bytes + self.optimizer_bytes
        return constant + self.activation_bytes

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        sums = ("flops", "activation_bytes", "training_bytes")
        return asdict(self) | {name: getattr(self, name) for name in sums}


def cost(
    model: keras.Model, x: Any = None, batch_size: int = 32, measure: bool = False
) -> Cost:
    """Return what a built model costs.

    Operations and memory follow from shapes alone, so they are the same on every
    machine and backend. They are those of inference for one example, where a
    multiplication and an addition are two operations. The memory is an estimate: a
    backend may keep more of a batch, or compute it again::

        print(kerasdl.cost(model).flops)

    Args:
        model: The model, compiled if the memory of its training is wanted.
        x: A batch of inputs, needed if the model leaves sizes open, or is a subclass.
        batch_size: Examples in a batch of the training.
        measure: Whether to measure its latency, too, which takes seconds.

    Raises:
        ConfigError: If the layers of the model cannot be walked.
    """
    example = _example(model, x)
    layers, unknown = layer_costs(_walked(model, example), OWN_LAYERS)
    trainable = model.trainable_variables
    return Cost(
        parameters=model.count_params(),
        trainable_parameters=sum(int(np.prod(each.shape)) for each in trainable),
        layers=layers,
        not_counted=unknown,
        batch_size=batch_size,
        weight_bytes=_bytes(model.weights),
        gradient_bytes=_bytes(trainable),
        optimizer_bytes=_optimizer_bytes(model),
        measured=measured(model, example) if measure else [],
    )


def measured(model: keras.Model, example: Any) -> list[Measured]:
    """Return the latency of a model for batches of `BATCH_SIZES`.

    Args:
        model: The model.
        example: A batch of inputs, whose first example is repeated.
    """
    results = []
    for size in BATCH_SIZES:
        batch = keras.tree.map_structure(
            lambda x, size=size: np.repeat(x[:1], size, axis=0), example
        )
        times = latency(lambda batch=batch: model.predict_on_batch(batch))
        peak = backend.current().peak_device_memory_bytes()
        results.append(Measured(model.dtype_policy.name, size, times, peak))
    return results


def drawn(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return one example: normal numbers, or ones where they are whole."""
    if "float" not in dtype:
        return np.ones((1, *shape), dtype)
    return np.random.default_rng(0).normal(size=(1, *shape)).astype("float32")


def _example(model: keras.Model, x: Any) -> Any:
    """Return a batch of one: the first example of `x`, or one drawn."""
    if x is not None:
        return keras.tree.map_structure(lambda each: np.asarray(each)[:1], x)
    inputs = getattr(model, "input", None)
    if inputs is None:  # `Sequential` has a list alone
        [inputs] = getattr(model, "inputs", None) or [None]
    if inputs is None:
        what = f"the inputs of model {model.name!r} are unknown"
        raise ConfigError(what, "give a batch of them: x")
    shapes = [each.shape[1:] for each in keras.tree.flatten(inputs)]
    if any(None in shape for shape in shapes):
        what = f"model {model.name!r} takes inputs of any size: {shapes}"
        raise ConfigError(what, "give a batch of them: x")
    return keras.tree.map_structure(
        lambda each: drawn(each.shape[1:], each.dtype), inputs
    )


def _walked(model: keras.Model, example: Any) -> Call:
    """Return all calls of layers in a model.

    Raises:
        ConfigError: If the model cannot be called where only shapes are known.
    """
    specs = keras.tree.map_structure(
        lambda x: keras.KerasTensor(x.shape, x.dtype.name), example
    )
    try:
        return traced(model, specs)
    except Exception as fault:  # Keras raises what its layers do
        text = re.sub(r"\x1b\[\d*m", "", str(fault))  # bold print
        _, _, cause = text.rpartition("Error encountered:")
        reason = " ".join(cause.split())[:200] or type(fault).__name__
        what = f"the layers of model {model.name!r} cannot be walked: {reason}"
        raise ConfigError(
            what, "call it on a batch first, and give such a batch"
        ) from fault


def _optimizer_bytes(model: keras.Model) -> int | None:
    """Return the memory of the optimizer of a compiled model, once it is built."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return None
    if not optimizer.built:
        optimizer = type(optimizer).from_config(optimizer.get_config())
        optimizer.build(model.trainable_variables)
    return _bytes(optimizer.variables)


def _bytes(variables: Iterable[keras.Variable]) -> int:
    return sum(
        int(np.prod(each.shape)) * dtype_size(each.dtype) // 8 for each in variables
    )
