"""What of the first steps is recorded."""

import keras
import numpy as np

from kerasdl.config import load
from kerasdl.jobs.parity_record import record


def test_what_has_no_gradient_is_trained_in_float64_alone():
    """Adam would make steps of what rounding leaves in float32."""
    settings = ["model.hidden_units=[8]", "schedule.name=constant"]
    recordings = record(load("mlp", settings=settings))
    assert keras.config.floatx() == "float32"
    for precision, recording in recordings.items():
        begin = recording["initial_weights"]
        end = recording["weights_after_10_steps"]
        moved = {name for name in begin if (begin[name] != end[name]).any()}
        held = {"dense_1/bias"} if precision == "float32" else set()
        assert moved == {*begin} - held
        assert all(array.dtype == precision for array in end.values())
    biases = [r["weights_after_10_steps"]["dense_1/bias"] for r in recordings.values()]
    np.testing.assert_allclose(*biases, atol=1e-9)
