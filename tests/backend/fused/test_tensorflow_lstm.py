"""The written-out LSTM gives the outputs and gradients of Keras's loop."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from kerasdl.backend.fused.tensorflow_kernels import native_kernels


def gradients(layer: layers.Layer, *, native: bool, **given: Any) -> list:
    """Return outputs, and gradients of what weighs them all differently."""
    x = tf.Variable(np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32"))
    states = given.pop("initial_state", [])

    @tf.function
    def run() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(states)
            extra = {"initial_state": states} if states else {}
            outputs = tf.nest.flatten(layer(x, **extra, **given))
            loss = sum(
                tf.reduce_sum(tf.cast(part, "float32") * tf.cos(tf.range(size)))
                for part in outputs
                if (size := float(part.shape[-1]))
            )
        weights = [weight.value for weight in layer.trainable_weights]
        return outputs, tape.gradient(loss, [x, *states, *weights])

    if not native:
        return tf.nest.flatten(run())
    with native_kernels():
        return tf.nest.flatten(run())


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"return_sequences": True},
        {"return_sequences": True, "return_state": True},
        {"go_backwards": True, "return_sequences": True},
        {"dropout": 0.4},
        {"recurrent_dropout": 0.4},
        {"use_bias": False},
        {"activation": "relu"},
        {"unroll": True},
        {"dtype": "mixed_bfloat16"},
        {"dtype": "mixed_float16", "return_sequences": True},
    ],
    ids=str,
)
def test_like_keras(arguments: dict[str, Any]) -> None:
    found = []
    for native in (False, True):
        keras.utils.set_random_seed(0)
        layer = layers.LSTM(6, **arguments)
        layer.build((3, 5, 4))
        found.append(gradients(layer, native=native, training=True))
    tolerance = 5e-2 if "16" in arguments.get("dtype", "") else 1e-5
    for ours, keras_own in zip(found[1], found[0], strict=True):
        ours, keras_own = (np.asarray(v, "float32") for v in (ours, keras_own))
        np.testing.assert_allclose(ours, keras_own, rtol=tolerance, atol=tolerance)


def test_states_that_are_given() -> None:
    layer = layers.LSTM(6, return_state=True)
    layer.build((3, 5, 4))
    states = [tf.cast(tf.random.normal((3, 6)), "float32") for _ in range(2)]
    found = [
        gradients(layer, native=native, initial_state=states)
        for native in (False, True)
    ]
    for ours, keras_own in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-5, atol=1e-6)


def test_both_directions_and_a_state_kept_between_batches() -> None:
    found = []
    for native in (False, True):
        keras.utils.set_random_seed(0)
        inner = layers.LSTM(6, return_sequences=True, stateful=True)
        layer = layers.Bidirectional(inner)
        layer.build((3, 5, 4))
        found.append([gradients(layer, native=native) for _ in range(2)][1])
    for ours, keras_own in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-5, atol=1e-6)


def test_a_layer_may_be_compiled_with_xla_afterwards() -> None:
    layer = layers.LSTM(6)
    layer.build((3, 5, 4))
    gradients(layer, native=True)
    assert layer.supports_jit
