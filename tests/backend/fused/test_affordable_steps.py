import keras
import pytest
from keras import layers

from kerasdl.backend.fused.affordable_steps import MOST_STEPS, affordable_steps


def dense(features: int) -> keras.Model:
    inputs = keras.Input((features,))
    return keras.Model(inputs, layers.Dense(features, use_bias=False)(inputs))


@pytest.mark.parametrize(
    ("features", "shape", "dtype", "steps"),
    [
        (10, (64, 10), "float32", MOST_STEPS),
        # 6 operations × 10⁶ weights × 100 examples are 6 · 10⁸ of the 25 · 10⁹.
        (1000, (1000, 1000), "float32", 4),
        (1000, (100, 10, 1000), "float32", 4),  # ten tokens with features
        (1000, (100, 10), "int32", 4),  # ten token numbers
        (1000, (64, 224, 224, 3), "float32", 1),
    ],
)
def test_an_execution_computes_about_as_much(features, shape, dtype, steps):
    batch = [keras.KerasTensor(shape, dtype), keras.KerasTensor((shape[0],), "int32")]
    assert affordable_steps(dense(features), batch) == steps
