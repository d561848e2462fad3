"""Small trainings on digits, and ways to kill them."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

BACKEND = keras.config.backend()
EXAMPLES, BATCH_SIZE, EPOCHS = 200, 32, 3  # six batches and a short one


def digits() -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images[:EXAMPLES] / 16).astype("float32"), bunch.target[:EXAMPLES]


def narrow(dtype: str = "float32") -> keras.Model:
    head = layers.Dense(10, name="head", dtype=dtype)
    return keras.Sequential([keras.Input((8, 8)), layers.Flatten(), head])


def compiled(
    build: Callable[[], keras.Model] = narrow,
    optimizer: Callable[[], keras.optimizers.Optimizer] = keras.optimizers.SGD,
) -> keras.Model:
    """Return the model as a new process would: with the same names and weights."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(), loss, metrics=["accuracy"])
    return model


class KilledError(Exception):
    pass


class Kill(keras.callbacks.Callback):
    """Ends training without a word, after so many steps or epochs."""

    async_safe = True

    def __init__(self, steps: int = -1, epochs: int = -1):
        super().__init__()
        self.steps, self.epochs, self.seen = steps, epochs, 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.seen += 1
        if self.seen == self.steps:
            raise KilledError

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == self.epochs:
            raise KilledError


def fit(
    model: keras.Model, *callbacks: keras.callbacks.Callback, **arguments: Any
) -> dict[str, list[float]]:
    given = {"batch_size": BATCH_SIZE, "epochs": EPOCHS, "verbose": 0}
    # TensorFlow shuffles with draws that nobody can take back.
    given["shuffle"] = BACKEND != "tensorflow"
    x, y = digits()
    given["validation_data"] = (x[:50], y[:50])
    return model.fit(x, y, callbacks=list(callbacks), **given | arguments).history


def state(model: keras.Model) -> dict[str, np.ndarray]:
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return {
        f"{n} {v.path}": keras.ops.convert_to_numpy(v) for n, v in enumerate(variables)
    }


def assert_equal(one: keras.Model, other: keras.Model) -> None:
    """Bit for bit."""
    for (name, ours), theirs in zip(
        state(one).items(), state(other).values(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
