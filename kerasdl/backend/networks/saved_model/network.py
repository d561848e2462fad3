"""A network as TensorFlow's SavedModel. Needs TensorFlow."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf


def network(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from a batch of inputs to their outputs."""
    model = tf.saved_model.load(folder / "model")

    def outputs_of(batch: np.ndarray) -> np.ndarray:
        return model.serve(tf.constant(batch)).numpy()

    return outputs_of
