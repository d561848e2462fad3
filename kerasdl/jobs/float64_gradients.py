"""The gradients of a batch in float64, by a copy of the model."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kerasdl.backend.float64 import float64
from kerasdl.backend.keras_internals import flatten_layers, seed_generators
from kerasdl.backend.observed_calls import replaced_calls
from kerasdl.jobs.layer_outputs import array
from kerasdl.jobs.parity_gradients import GradientRecorder
from kerasdl.jobs.recorded_gradients import recorded_gradients

Batch = tuple[Any, ...]
LARGEST = 20_000_000
"""Models of more weights are not copied: their gradients in float64 take minutes."""


class NotComparableError(Exception):
    """A model has no copy in float64; the message says why."""


def both_gradients(
    model: keras.Model, batch: Batch
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the gradients of a batch in float32 and in float64, by the same paths.

    Random layers behave as in inference, normalisation by a batch as in training.

    Args:
        model: A compiled model in float32.
        batch: A batch `(x, y)` or `(x, y, weights)`.

    Raises:
        NotComparableError: If the model draws random numbers, is not in float32, is
            large, or cannot be copied.
    """
    layers = flatten_layers(model)
    if model.count_params() > LARGEST:
        raise NotComparableError(f"it has more than {LARGEST:,} weights")
    if any(layer.compute_dtype not in ("float32", "float64") for layer in layers):
        raise NotComparableError("it computes in 16 bits")
    if names := [layer.name for layer in layers if _always_random(layer)]:
        raise NotComparableError(f"{names[0]} draws random numbers also in inference")
    with _without_noise(model):
        single = recorded_gradients(model, batch)
    if not single:
        raise NotComparableError("its own train_step applies no gradients")
    with float64():
        try:
            copy = _copy(model, batch)
        except Exception as fault:
            reason = " ".join(str(fault).split())[:120]
            raise NotComparableError(f"it cannot be copied: {reason}") from fault
        with _without_noise(copy):
            double = _gradients(copy, model, batch)
    return single, dict(zip(single, double, strict=True))


def _copy(model: keras.Model, batch: Batch) -> keras.Model:
    """Return a built copy whose layers compute in float64."""
    classes = {type(layer).__name__: type(layer) for layer in flatten_layers(model)}
    with keras.saving.CustomObjectScope(classes):
        copy = type(model).from_config(_doubled(model.get_config()))
    if not all(layer.built for layer in flatten_layers(copy)):
        copy(_wide(batch[0]), training=False)
    copy.set_weights(model.get_weights())
    for one, other in zip(
        model.trainable_variables, copy.trainable_variables, strict=True
    ):
        if one.shape != other.shape or other.dtype != "float64":
            raise ValueError(f"{other.path} is {other.dtype}")
    return copy


def _gradients(copy: keras.Model, model: keras.Model, batch: Batch) -> list[np.ndarray]:
    recorder = GradientRecorder()
    loss = keras.tree.map_structure(_renewed, model.loss)
    eagerly = keras.config.backend() == "tensorflow"  # the same kernels, not traced
    copy.compile(recorder, loss, loss_weights=_weights(model), run_eagerly=eagerly)
    copy.train_on_batch(*_wide(batch))
    return [array(gradient) for gradient in recorder.gradients]


def _weights(model: keras.Model) -> Any:
    return (model.get_compile_config() or {}).get("loss_weights")


def _renewed(loss: Any) -> Any:
    """Return a loss that computes in the dtype of now."""
    if isinstance(loss, keras.losses.Loss):
        return type(loss).from_config(loss.get_config())
    return loss


def _doubled(config: Any) -> Any:
    """Return a config whose dtypes are float64 instead of float32."""
    if isinstance(config, dict):
        if "DTypePolicy" in str(config.get("class_name")):
            return {**config, "config": {**config["config"], "name": "float64"}}
        doubled = {name: _doubled(value) for name, value in config.items()}
        if config.get("dtype") == "float32":
            doubled["dtype"] = "float64"
        return doubled
    if isinstance(config, list | tuple):
        return type(config)(map(_doubled, config))
    return config


def _wide(batch: Any) -> Any:
    """Return floats as float64 that float32 has as well."""

    def wide(leaf: Any) -> Any:
        if leaf is None or leaf.dtype.kind != "f":
            return leaf
        return leaf.astype("float32").astype("float64")

    return keras.tree.map_structure(wide, batch)


def _always_random(layer: keras.Layer) -> bool:
    return bool(seed_generators(layer)) and not _takes_training(layer)


def _takes_training(layer: keras.Layer) -> bool:
    return "training" in inspect.signature(layer.call).parameters


@contextlib.contextmanager
def _without_noise(model: keras.Model) -> Iterator[None]:
    """Let layers that draw random numbers behave as in inference."""

    def quiet(layer: keras.Layer) -> Callable[..., Any]:
        call = layer.call

        @functools.wraps(call)
        def method(*args: Any, **kwargs: Any) -> Any:
            return call(*args, **{**kwargs, "training": False})

        return method

    noisy = [layer for layer in flatten_layers(model)[1:] if seed_generators(layer)]
    with replaced_calls({id(layer): (layer, quiet(layer)) for layer in noisy}):
        yield
