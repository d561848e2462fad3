"""What the tests of schedules share."""

import keras
import numpy as np


def values(schedule, steps: int) -> np.ndarray:
    rates = keras.ops.convert_to_numpy(schedule(np.arange(steps)))
    assert rates.dtype == "float32"
    return rates
