"""Objects of Keras and PyTorch have settings too, which a step reads anew."""

from typing import Any

import keras
import pytest
import torch
from keras import layers, ops

from tests.backend.fused.torch_twins import net, scaled_loss, twins


def test_a_variable_frozen_between_steps() -> None:
    def freeze(model: keras.Model) -> Any:
        kernel = model.layers[0].kernel
        return lambda value: setattr(kernel, "trainable", not value)

    pair = twins(net)
    pair.fit(freeze)
    pair.assert_equal(reports=0)


class Buffered(layers.Layer):
    """Keep a tensor as PyTorch's modules do."""

    def build(self, input_shape: tuple) -> None:
        self.register_buffer("scale", torch.ones(()))
        self.built = True

    def call(self, x: Any) -> Any:
        return x * self.scale


class Averaging(Buffered):
    def call(self, x: Any) -> Any:
        self.scale = 0.9 * self.scale + 0.1
        return x * self.scale


def test_a_buffer_that_a_callback_replaces() -> None:
    def write(model: keras.Model) -> Any:
        layer = model.layers[1]
        return lambda value: setattr(layer, "scale", torch.tensor(1.0 + value))

    pair = twins(lambda: net(Buffered()))
    pair.fit(write)
    pair.assert_equal(reports=0)


def test_a_buffer_that_a_step_replaces_is_left_to_keras() -> None:
    pair = twins(lambda: net(Averaging()))
    pair.fit()
    pair.assert_equal(reports=1)


class Switched(layers.Layer):
    def call(self, x: Any) -> Any:
        return 2 * x if self.training else x


def test_a_layer_that_reads_pytorchs_switch() -> None:
    def write(model: keras.Model) -> Any:
        return lambda value: model.layers[1].train(not value)

    pair = twins(lambda: net(Switched()))
    pair.fit(write)
    pair.assert_equal(reports=0)


def test_a_module_of_pytorch_in_a_dict() -> None:
    held = {"slope": torch.nn.LeakyReLU(0.0)}

    class Leaky(layers.Layer):
        def call(self, x: Any) -> Any:
            return held["slope"](x)

    def write(value: float) -> None:
        held["slope"].negative_slope = value

    pair = twins(lambda: net(Leaky()))
    pair.fit(lambda model: write, before=lambda: write(0.0))
    pair.assert_equal(reports=0)


def test_a_loss_that_reads_a_callback() -> None:
    class Progress(keras.callbacks.Callback):
        weight = 0.0

        def __init__(self) -> None:
            super().__init__()
            self.weight = 0.0

    progress = Progress()
    pair = twins(lambda: net(loss=scaled_loss(lambda: progress.weight)))

    def write(value: float) -> None:
        progress.weight = value

    pair.fit(lambda model: write, before=lambda: write(0.0))
    pair.assert_equal(reports=0)


@pytest.mark.parametrize("name", ["best", "wait"])
def test_a_loss_that_reads_a_callback_of_keras(name: str) -> None:
    stopping = keras.callbacks.EarlyStopping("loss", patience=99)
    setattr(stopping, name, 0.0)

    def loss(y: Any, p: Any) -> Any:
        return ops.mean((y - p) ** 2) + getattr(stopping, name) * ops.mean(abs(p))

    def write(value: float) -> None:
        setattr(stopping, name, value)

    pair = twins(lambda: net(loss=loss))
    pair.fit(lambda model: write, before=lambda: write(0.0))
    pair.assert_equal(reports=0)
