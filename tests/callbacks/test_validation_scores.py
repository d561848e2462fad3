import math

import keras
import pytest

from kerasdl.callbacks import ValidationScores

pytestmark = pytest.mark.any_backend


def test_logs_keep_their_values_and_a_diverged_epoch_has_no_scores():
    callback = ValidationScores(lambda model: {"accuracy": 0.5, "f1": 0.25})
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd")
    callback.set_model(model)
    logs = {"val_loss": 1.0, "val_accuracy": 0.75}
    callback.on_epoch_end(0, logs)
    assert logs == {"val_loss": 1.0, "val_accuracy": 0.75, "val_f1": 0.25}
    diverged = {"val_loss": math.nan}
    callback.on_epoch_end(1, diverged)
    assert diverged.keys() == {"val_loss"}
    callback.on_epoch_end(2, None)
