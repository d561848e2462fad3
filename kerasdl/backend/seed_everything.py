"""Seeds of the generators that kerasdl itself does not use."""

import random

import numpy as np

from kerasdl import backend


def seed_everything(seed: int) -> None:
    """Seed every generator that a third-party layer may draw from.

    `keras.utils.set_random_seed` would import TensorFlow on every backend.
    """
    random.seed(seed)
    np.random.seed(seed)
    backend.current().seed(seed)
