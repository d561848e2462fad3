"""The written-out LSTM gives the outputs and gradients of Keras's loop."""

import contextlib
from typing import Any

import jax
import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.backend.fused.jax import _native_kernels

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def gradients(layer: layers.Layer, *, native: bool) -> list:
    """Return outputs, and gradients of what weighs them all differently."""
    fixed = [variable.value for variable in layer.non_trainable_variables]

    def loss(weights: list, x: jax.Array) -> Any:
        outputs, _ = layer.stateless_call(weights, fixed, x, training=True)
        parts = jax.tree.leaves(outputs)
        weigh = [
            (part * jax.numpy.cos(np.arange(part.shape[-1]))).sum() for part in parts
        ]
        return sum(weigh), parts

    weights = [variable.value for variable in layer.trainable_variables]
    with _native_kernels() if native else contextlib.nullcontext():
        found = jax.value_and_grad(loss, (0, 1), has_aux=True)(weights, X)
    return jax.tree.leaves(found)


def backwards(layer: layers.LSTM) -> layers.LSTM:
    layer.go_backwards = True
    return layer


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"return_sequences": True, "return_state": True},
        {"stateful": True},
        {"dropout": 0.4},
        {"recurrent_dropout": 0.4},
        {"use_bias": False},
        {"activation": "relu"},
        {"unroll": True},
        {"dtype": "mixed_bfloat16"},
    ],
    ids=str,
)
@pytest.mark.parametrize("wrap", [None, layers.Bidirectional, backwards])
def test_like_keras(arguments: dict[str, Any], wrap: Any) -> None:
    found = []
    for native in (False, True):
        keras.utils.set_random_seed(0)
        layer = layers.LSTM(6, **arguments)
        layer = wrap(layer) if wrap else layer
        layer.build(X.shape)
        found.append(gradients(layer, native=native))
    for ours, keras_own in zip(found[1], found[0], strict=True):
        ours, keras_own = (np.asarray(v, "float32") for v in (ours, keras_own))
        np.testing.assert_allclose(ours, keras_own, rtol=1e-5, atol=1e-5)
