import keras
import pytest
from keras import layers

from kerasdl.backend.fused.steps import (
    MOST_STEPS,
    affordable_steps,
    who_needs_each_batch,
)


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


class Hooked(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class Patient(Hooked):
    async_safe = True


def test_who_needs_each_batch():
    once = keras.callbacks.ModelCheckpoint("x.keras", save_freq="epoch")
    often = keras.callbacks.ModelCheckpoint("x.keras", save_freq=3)
    plain = [keras.callbacks.EarlyStopping(), keras.callbacks.ProgbarLogger(), once]
    assert who_needs_each_batch(None) is None
    assert who_needs_each_batch([*plain, Patient()]) is None
    assert who_needs_each_batch([*plain, Hooked()]) == "Hooked"
    assert who_needs_each_batch(keras.callbacks.CallbackList([often])) == (
        "ModelCheckpoint"
    )
