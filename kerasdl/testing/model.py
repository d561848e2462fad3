"""Contract tests of layers, models and families."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import accelerate
from kerasdl.backend import installed
from kerasdl.backend.dtype_policy import dtype_policy
from kerasdl.data.signature import Input
from kerasdl.jobs.other_backends import on_other_backends
from kerasdl.models.family import Family
from kerasdl.testing.require import require

POLICIES = ("float32", "mixed_bfloat16")


def check_layer(
    make: Callable[[], keras.layers.Layer],
    x: Any,
    backends: Sequence[str] | None = None,
    excused: Sequence[str] = (),
    policies: Sequence[str] = POLICIES,
) -> None:
    """Check that a layer builds, learns, reloads, and is the same on every backend.

    It follows a dense layer, which must receive a gradient through it. Backends are
    compared in float32 alone.

    Args:
        make: Returns a new layer, always with the same arguments.
        x: Inputs of shape `(batch, …)`, floating-point numbers.
        backends: Backends to compare with, each in a process of its own; by default,
            all others that are installed.
        excused: As in `check_model`.
        policies: Dtype policies of Keras to check under.

    Raises:
        AssertionError: If it does not.
        KerasDLError: If it cannot be loaded on another backend.
        ValueError: If its class is defined in a function.
    """
    for policy in policies:
        with dtype_policy(policy):
            layer = make()
            inputs = keras.Input(x.shape[1:])
            dense = keras.layers.Dense(x.shape[-1], kernel_initializer="identity")
            model = keras.Model(inputs, layer(dense(inputs)))
        check_model(model, x, excused, fused=False)
        if policy == "float32":
            others = on_other_backends(_others(backends), type(layer), x, model)
            _check_equal(others, lambda model=model: [_outputs(model, x)])
    layer = make()
    method = type(layer).compute_output_shape
    if method is keras.layers.Layer.compute_output_shape:  # not overridden
        return
    expected = tuple(layer.compute_output_shape((None, *x.shape[1:])))
    require(
        model.output_shape == expected,
        f"compute_output_shape gives {expected}, the output has {model.output_shape}",
    )


def check_family(
    family: Family,
    x: np.ndarray,
    num_outputs: int | None,
    vocabulary_size: int = 0,
    excused: Sequence[str] = (),
    backends: Sequence[str] | None = None,
    policies: Sequence[str] = POLICIES,
) -> None:
    """Check that a family builds, obeys its seed, learns, fuses and reloads.

    Args:
        family: The family, with keys that make it small.
        x: Inputs of shape `(batch, …)`: float32 numbers, or int32 token ids.
        num_outputs: As in `Family.build`.
        vocabulary_size: The number of token ids, for a family that reads them.
        excused: As in `check_model`.
        backends: As in `check_layer`.
        policies: As in `check_layer`.

    Raises:
        AssertionError, KerasDLError, ValueError: As `check_layer`.
    """
    family = family.for_data(Input(x.shape[1:], str(x.dtype), vocabulary_size or None))
    model, again, other = (
        family.build(x.shape[1:], num_outputs, seed=seed) for seed in (0, 0, 1)
    )
    pairs = zip(model.get_weights(), again.get_weights(), strict=True)
    require(
        all(np.array_equal(*pair) for pair in pairs),
        "the same seed gives different weights",
    )
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    require(
        not all(np.array_equal(*pair) for pair in pairs),
        "another seed gives the same weights",
    )
    for policy in policies:
        with dtype_policy(policy):
            model = family.build(x.shape[1:], num_outputs, seed=0)
        check_model(model, x, excused)
    others = on_other_backends(
        _others(backends), type(family), x, num_outputs=num_outputs, family=family
    )
    _check_equal(others, lambda: [_outputs(again, x), *again.get_weights()])


def check_model(
    model: keras.Model, x: Any, excused: Sequence[str] = (), fused: bool = True
) -> None:
    """Check that a model computes, reloads and learns; this trains it for a step.

    Outputs are finite, do not depend on the batch, and are the same bits after
    `model.save`. One step of gradient descent moves every weight to a finite value.

    Args:
        model: The model, built.
        x: Inputs of shape `(batch, …)`, two or more.
        excused: Words in the paths of weights whose gradient is zero except for
            rounding, such as a bias before a normalisation.
        fused: Whether the step must be one that `kerasdl.accelerate` fuses.

    Raises:
        AssertionError: If it does not.
    """
    outputs = _check_forward(model, x)
    _check_reloads(model, x, outputs)
    _check_learns(model, x, excused, fused)


def _others(backends: Sequence[str] | None) -> list[str]:
    if backends is not None:
        return [*backends]
    return [name for name in installed() if name != keras.config.backend()]


def _check_equal(
    others: dict[str, list[np.ndarray]], expected: Callable[[], list[np.ndarray]]
) -> None:
    """Check outputs up to rounding, and initial weights to the last bit."""
    for backend, (outputs, *weights) in others.items():
        ours, *initial = expected()
        pairs = zip(weights, initial, strict=True)
        same = all(np.array_equal(*pair) for pair in pairs)
        require(same, f"the same seed gives other weights under {backend}")
        error = np.abs(outputs - ours).max() / max(1, np.abs(ours).max())
        require(error < 1e-4, f"outputs differ under {backend}, by {error:.1e}")


def _outputs(model: keras.Model, x: Any) -> np.ndarray:
    if keras.config.backend() == "jax":  # else it compiles each operation alone
        return np.asarray(model.predict_on_batch(x)).astype("float32")
    values = keras.ops.cast(model(x, training=False), "float32")
    return keras.ops.convert_to_numpy(values)


def _check_forward(model: keras.Model, x: Any) -> np.ndarray:
    """Check the outputs of all examples; in float32, also those of one alone."""
    whole = _outputs(model, x)
    require(bool(np.isfinite(whole).all()), "an output is not finite")
    shape = (len(x), *model.output_shape[1:])
    require(whole.shape == shape, f"outputs are {whole.shape}, not {shape}")
    if model.compute_dtype == "float32":
        alone = _outputs(model, x[:1])
        same = alone.shape == (1, *shape[1:]) and np.allclose(
            alone, whole[:1], rtol=1e-5, atol=1e-5
        )
        require(same, "the outputs of an example depend on the others of its batch")
    return whole


def _check_reloads(model: keras.Model, x: Any, outputs: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model.save(path := Path(folder, "model.keras"))
        again = keras.saving.load_model(path)
    same = np.array_equal(outputs, _outputs(again, x))
    require(same, "loaded from a file, it computes different outputs")


def _check_learns(
    model: keras.Model, x: Any, excused: Sequence[str], fused: bool
) -> None:
    model.compile(keras.optimizers.SGD(0.5), "mse")
    lines: list[str] = []
    if fused:
        accelerate(model, report=lines.append)
    before = [keras.ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    targets = np.random.default_rng(1).normal(size=(len(x), *model.output_shape[1:]))
    model.fit(x, targets.astype("float32"), len(x), shuffle=False, verbose=0)
    require(not lines, f"its step cannot be fused: {lines}")
    for old, variable in zip(before, model.trainable_variables, strict=True):
        new = keras.ops.convert_to_numpy(variable)
        finite = bool(np.isfinite(new.astype("float32")).all())
        require(finite, f"{variable.path} is not finite after a step")
        idle = any(word in variable.path for word in excused)
        moved = idle or not np.array_equal(old, new)
        require(moved, f"no gradient reaches {variable.path}")
