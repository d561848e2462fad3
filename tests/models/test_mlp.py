"""What sets the MLP apart."""

import keras
import numpy as np

from kerasdl.models import mlp
from tests import contract


def test_shortcuts_of_the_mlp_are_projected_where_widths_differ():
    model = mlp((6,), 2, (8, 8, 5), residual=True, dropout=0.0)
    names = [layer.name for layer in model.layers]
    places = [name for name in names if name.startswith(("projection", "sum"))]
    assert places == ["projection_1", "sum_1", "sum_2", "projection_3", "sum_3"]
    for name in ("dense_1", "dense_2", "dense_3"):
        layer = model.get_layer(name)
        layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    x = np.random.default_rng(0).normal(size=(3, 6)).astype("float32")
    expected = x  # the branches give nothing
    for name in ("projection_1", "projection_3", "head"):
        expected = expected @ contract.numbers(model.get_layer(name).kernel)
    np.testing.assert_allclose(contract.numbers(model(x)), expected, atol=1e-5)


def test_mlp_is_dense_norm_relu_dropout():
    model = mlp((8, 8), 10, hidden_units=(32, 16), dropout=0.3)
    kinds = [type(layer).__name__ for layer in model.layers]
    block = ["Dense", "BatchNormalization", "Activation", "Dropout"]
    assert kinds == ["InputLayer", "Flatten", *block, *block, "Dense"]
    assert model.count_params() == 64 * 32 + 32 * 5 + 32 * 16 + 16 * 5 + 16 * 10 + 10


def test_mlp_kernels_are_he_normal_by_fan_out():
    kernel = mlp((400,), 10, hidden_units=(600,)).get_layer("dense_1").kernel
    std = keras.ops.convert_to_numpy(kernel).std()
    assert np.isclose(std, np.sqrt(2 / 600), rtol=0.02)


def test_every_dropout_of_the_mlp_has_masks_of_its_own():
    ones = np.ones((8, 16), "float32")
    masks = [
        keras.ops.convert_to_numpy(model.get_layer(name)(ones, training=True))
        for model in (mlp((4,), 2, (16, 16), seed=seed) for seed in (0, 1))
        for name in ("dropout_1", "dropout_2")
    ]
    assert len({mask.tobytes() for mask in masks}) == 4
