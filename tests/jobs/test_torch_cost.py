"""Operations compared with those that PyTorch counts of products alone."""

import keras
import numpy as np
import pytest
from keras import layers
from torch.utils.flop_counter import FlopCounterMode

import kerasdl
from kerasdl import models
from kerasdl.layers import BottleneckBlock


def stacked(*stack, shape) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


@pytest.mark.parametrize(
    ("model", "besides"),
    [
        (lambda: models.cnn((8, 8, 3), 10), 0.02),
        (lambda: stacked(BottleneckBlock(16, 2), shape=(12, 12, 32)), 0.05),
        (lambda: models.from_preset("conv-autoencoder", (28, 28)), 0.02),
        (lambda: models.from_preset("realmlp", (8,), 3), 0.02),
        (lambda: models.from_preset("tabm", (8,), 3), 0.02),
        (lambda: stacked(layers.LSTM(64), shape=(4, 64)), 0.03),
        (lambda: stacked(layers.SeparableConv2D(8, 3), shape=(9, 9, 16)), 0.02),
        (lambda: stacked(layers.DepthwiseConv1D(9), shape=(30, 4)), 0.06),
        (lambda: stacked(layers.Conv3DTranspose(8, 3), shape=(5, 5, 5, 8)), 0.02),
    ],
)
def test_pytorch_counts_the_same_products(model, besides):
    model = model()
    x = np.zeros((1, *model.input_shape[1:]), "float32")
    with FlopCounterMode(display=False) as counter:
        model(x, training=False)
    ours, theirs = kerasdl.cost(model).flops, counter.get_total_flops()
    assert theirs <= ours <= theirs * (1 + besides)
