"""Gradients in float32 are those in float64, whatever kernels the sizes choose."""

from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import pytest

from kerasdl import layers
from tests import contract
from tests.layers import test_contract
from tests.variants import quickest

SIZES: dict[str, tuple[tuple, Callable[[], keras.layers.Layer]]] = {
    "BottleneckBlock 1": ((6, 8, 8, 1), lambda: layers.BottleneckBlock(1, 2, 0)),
    "BottleneckBlock 3": ((6, 8, 8, 3), lambda: layers.BottleneckBlock(2, 2, 0)),
    "BottleneckBlock 8": ((1, 9, 6, 8), lambda: layers.BottleneckBlock(2, 1, 0)),
    "PatchEmbedding 1": ((1, 9, 6, 1), lambda: layers.PatchEmbedding(3, 4, 0)),
    "PatchEmbedding 3": ((6, 4, 4, 3), lambda: layers.PatchEmbedding(1, 4, 0)),
    "ResidualBlock 1": ((6, 8, 8, 1), lambda: layers.ResidualBlock(8, 2, 0)),
    "ResidualBlock 3": ((6, 8, 8, 3), lambda: layers.ResidualBlock(8, 2, 0)),
    "ResidualBlock 3 odd": ((1, 9, 7, 3), lambda: layers.ResidualBlock(3, 3, 0)),
    "ResidualBlock 8": ((6, 7, 5, 8), lambda: layers.ResidualBlock(4, 1, 0)),
}
"""Shape of the inputs, batch and channels included, and the layer."""
FEW_SIZES = ("PatchEmbedding 1", "ResidualBlock 3", "ResidualBlock 3 odd")
KERNELS = (
    *("AttentionPooling", "BatchEnsembleDense", "BottleneckBlock", "Dropout"),
    *("MultiHeadAttention", "PBLDEmbedding", "PatchEmbedding", "RMSNormalization"),
    "PiecewiseLinearEmbedding",
)
"""Layers that differ in what a backend has to compute."""


class Sum(keras.layers.Layer):
    """A `ResidualSum` of one tensor and of its square."""

    def __init__(self):
        super().__init__()
        self.sum = layers.ResidualSum(0.2, 0.2, 0.1, 0)

    def build(self, input_shape: tuple) -> None:
        self.sum.build(input_shape, input_shape)

    def call(self, inputs, training: bool = False):
        return self.sum(inputs, inputs**2, training=training)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape


def model(shape: tuple, layer: Callable[[], keras.layers.Layer]) -> keras.Model:
    inputs = keras.Input(shape)
    scaled = keras.layers.Dense(shape[-1], kernel_initializer="identity")(inputs)
    return keras.Model(inputs, layer()(scaled))


def drawn(shape: tuple) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize(
    "name", [*KERNELS, *quickest(*sorted(test_contract.CASES.keys() - {*KERNELS}))]
)
def test_of_every_layer(name: str):
    build = partial(test_contract.model, name)
    contract.assert_gradients_are_precise(build, test_contract.inputs(name))


@pytest.mark.parametrize(
    "size", [*FEW_SIZES, *quickest(*sorted(SIZES.keys() - {*FEW_SIZES}))]
)
def test_of_other_sizes(size: str):
    (batch, *shape), layer = SIZES[size]
    build = partial(model, tuple(shape), layer)
    contract.assert_gradients_are_precise(build, drawn((batch, *shape)))


@pytest.mark.parametrize("size", ["ResidualBlock 3", *quickest("BottleneckBlock 3")])
def test_of_fused_steps(size: str):
    (batch, *shape), layer = SIZES[size]
    build = partial(model, tuple(shape), layer)
    x = drawn((batch, *shape))
    contract.assert_gradients_are_precise(build, x, accelerated=True)


@pytest.mark.variant
def test_of_residual_sums():
    contract.assert_gradients_are_precise(partial(model, (5, 6), Sum), drawn((6, 5, 6)))
