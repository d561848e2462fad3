"""NLinear, compared with the formula of its paper."""

import keras
import numpy as np
import pytest

from kerasdl.data.signature import Input, Past
from kerasdl.models.families.nlinear import NLinear

X = np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")


@pytest.mark.variant
@pytest.mark.parametrize("targets", [1, 2, 3])
@pytest.mark.parametrize("steps", [1, 3, 4])
def test_it_is_the_last_value_and_a_linear_map_of_the_changes(targets: int, steps: int):
    """Also if there are as many examples as steps or targets."""
    outputs = steps * targets
    model = NLinear(hidden_units=0, targets=targets).build((6, 3), outputs)
    last = X[:, -1:, :targets]
    unchanged = np.repeat(last, steps, axis=1)
    drawn = np.random.default_rng(1)
    kernel, bias = drawn.normal(size=(6, steps)), drawn.normal(size=steps)
    changes = np.einsum("bwt,wh->bht", X[:, :, :targets] - last, kernel)
    changed = unchanged + changes + bias[:, None]
    weights = [np.zeros((6, steps)), np.zeros(steps)], [kernel, bias]
    for values, expected in zip(weights, (unchanged, changed), strict=True):
        model.get_layer("linear").set_weights(values)
        for count in (1, 3, 4):
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(model(X[:count])),  # a batch of known size
                expected[:count].reshape(count, outputs),
                rtol=1e-4,
                atol=1e-5,
            )


def test_a_shift_of_the_window_shifts_the_forecast():
    """Also with its network, which begins with hardly any change."""
    model = NLinear(targets=1).build((6, 3), 2)
    first = model.predict_on_batch(X)
    np.testing.assert_allclose(first, np.repeat(X[:, -1, :1], 2, 1), atol=0.2)
    shift = np.array([100, -3, 7], "float32")
    np.testing.assert_allclose(
        model.predict_on_batch(X + shift), first + 100, rtol=1e-4
    )


def test_the_data_tell_the_targets():
    pasts = (Past("a", 0, 1, 1), Past("b", 0, 1, 1))
    assert NLinear().for_data(Input((6, 3), past=pasts)).targets == 2
    assert NLinear().for_data(Input((6, 3))).targets == 1
    assert NLinear(targets=1).for_data(Input((6, 3), past=pasts)).targets == 1


@pytest.mark.parametrize(
    ("shape", "targets", "outputs", "message"),
    [
        ((6,), 1, 2, "input_shape"),
        ((6, 3), 4, 4, "features for 4 `targets`"),
        ((6, 3), 2, 3, "must be a multiple of `targets`"),
    ],
)
def test_what_does_not_fit(shape: tuple, targets: int, outputs: int, message: str):
    with pytest.raises(ValueError, match=message):
        NLinear(targets=targets).build(shape, outputs)
