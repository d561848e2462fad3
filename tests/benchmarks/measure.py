"""Time one model on one backend; the last line printed is the result as JSON."""

import importlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

import kerasdl
from kerasdl.backend import select

select(sys.argv[1])  # before Keras is imported

import keras

from tests.benchmarks.models import BATCH_SIZE, CASES, compiled, data

Contender = Callable[[], float]
"""Trains one epoch, or two of which it drops the first; returns the epoch's seconds."""


def contenders(name: str, backend: str) -> dict[str, Contender]:
    """Return every way to train the model, in the order of the rounds."""
    x, y = data(name)
    model = compiled(name)
    weights = model.get_weights()
    found = {
        "native": _native(name, backend, weights, x, y),
        "keras": _fit(model, x, y),
    }
    accelerated = kerasdl.accelerate(compiled(name))
    found["kerasdl"] = _fit(accelerated, x, y)
    if backend == "torch" and name.startswith("mlp") and find_spec("lightning"):
        from tests.benchmarks import lightning_loop

        found["lightning"] = lightning_loop.contender(name, weights, x, y)
    return found


def _native(
    name: str,
    backend: str,
    weights: Sequence[np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
) -> Contender:
    native = importlib.import_module(f"tests.benchmarks.native_{backend}")
    train = native.trainer(name, weights, x, y)
    random = np.random.default_rng(0)

    def epoch() -> float:
        start = time.perf_counter()
        train(random.permutation(len(x)).reshape(-1, BATCH_SIZE))
        return time.perf_counter() - start

    return epoch


def _fit(model: keras.Model, x: np.ndarray, y: np.ndarray) -> Contender:
    def epoch() -> float:
        clock = Clock()
        model.fit(
            x,
            y,
            batch_size=BATCH_SIZE,
            epochs=2,  # each call of `fit` begins with some set-up
            shuffle=True,
            verbose=0,
            callbacks=[clock],
        )
        return clock.seconds

    return epoch


class Clock(keras.callbacks.Callback):
    """Holds the seconds of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        # Reading a weight waits for the last step.
        keras.ops.convert_to_numpy(self.model.trainable_variables[-1])
        self.seconds = time.perf_counter() - self.start


def measure(name: str, backend: str, rounds: int) -> dict[str, Any]:
    """Return the milliseconds a step of each contender in each round."""
    ways = contenders(name, backend)
    for epoch in ways.values():
        epoch()  # compiles
    milliseconds: dict[str, list[float]] = {way: [] for way in ways}
    order = list(ways)
    for _ in range(rounds):
        for way in order:
            milliseconds[way].append(ways[way]() / CASES[name].steps * 1e3)
        order.append(order.pop(0))  # each way comes first in its turn
    return {"model": name, "backend": backend, "milliseconds": milliseconds}


if __name__ == "__main__":
    result = measure(sys.argv[2], sys.argv[1], int(sys.argv[3]))
    sys.stdout.write("\n" + json.dumps(result) + "\n")
