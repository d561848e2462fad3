import keras
import numpy as np
import pytest
from scipy import stats

from kerasdl.layers import Dropout
from tests.layers.test_random_bits import reference


def masks(layer: Dropout, shape: tuple[int, ...], steps: int) -> np.ndarray:
    ones = np.ones(shape, "float32")
    calls = [layer(ones, training=True) for _ in range(steps)]
    return np.stack([keras.ops.convert_to_numpy(call) for call in calls])


def test_masks_are_a_function_of_seed_and_step():
    layer = Dropout(0.3, seed=42)
    for step, mask in enumerate(masks(layer, (6, 50), 3)):
        kept = reference(300, 42, step).reshape(6, 50) >= round(0.3 * 2**32) - 2**31
        assert np.array_equal(mask, np.where(kept, np.float32(1 / 0.7), 0))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_of_zeros(rate: float):
    kept = masks(Dropout(rate, seed=0), (500, 500), 1) > 0
    assert stats.binomtest(int(kept.sum()), kept.size, 1 - rate).pvalue > 1e-4


def test_inference_and_rate_zero_change_nothing():
    x = np.ones((2, 3), "float32")
    assert np.array_equal(keras.ops.convert_to_numpy(Dropout(0.5)(x)), x)
    assert np.array_equal(masks(Dropout(0.0), (2, 3), 1)[0], x)


def test_compiled_equals_eager():
    """`fit` steps through the same masks as eager calls, once for each batch."""
    eager = masks(Dropout(0.5, seed=1), (4, 8), 3)
    inputs = keras.Input((8,))
    # Keras warns of models without weights; this scale is trained at a rate of 0.
    scale = keras.layers.EinsumDense("bi,i->bi", (8,), kernel_initializer="ones")
    model = keras.Model(inputs, scale(Dropout(0.5, seed=1)(inputs)))

    class Sum(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.sum(y_pred * y_true)

    model.compile(loss=Sum(reduction="sum"), optimizer=keras.optimizers.SGD(0.0))
    x = np.ones((12, 8), "float32")
    weights = np.random.default_rng(0).normal(size=(12, 8)).astype("float32")
    loss = model.fit(x, weights, batch_size=4, shuffle=False, verbose=0).history["loss"]
    expected = (eager * weights.reshape(3, 4, 8)).sum((1, 2)).mean()
    assert np.isclose(loss[0], expected, rtol=1e-5)


def test_the_batch_may_vary():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, keras.layers.Dense(1)(Dropout(0.5, seed=1)(inputs)))
    model.compile(loss="mse", optimizer="sgd")
    model.fit(np.ones((10, 8)), np.ones((10, 1)), batch_size=4, verbose=0)


def test_no_weights_and_a_round_trip():
    layer = Dropout(0.25, seed=7, name="drop")
    assert layer.weights == []
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    assert np.array_equal(masks(layer, (9,), 2), masks(again, (9,), 2))


def test_half_precision():
    layer = Dropout(0.5, seed=3, dtype="mixed_float16")
    out = layer(np.ones((4, 4), "float32"), training=True)
    assert keras.backend.standardize_dtype(out.dtype) == "float16"
    assert set(np.unique(keras.ops.convert_to_numpy(out))) == {0.0, 2.0}


def test_a_rate_close_to_one_keeps_next_to_nothing():
    assert (masks(Dropout(1 - 1e-11, seed=0), (1000,), 1) == 0).all()


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_rates_out_of_range(rate: float):
    with pytest.raises(ValueError, match="0 ≤ rate < 1"):
        Dropout(rate)
