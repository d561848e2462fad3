"""Twenty steps of a preset on drawn targets, to compare with those of one by hand."""

from collections.abc import Callable

import numpy as np

from kerasdl import config as configs
from kerasdl.config import Config

STEPS, EPOCHS = 20, 4


def problem(
    preset: str, task: str, rows: Callable[[int], np.ndarray], batch_size: int
) -> tuple[np.ndarray, np.ndarray, Config]:
    """Return inputs, targets of three classes or one number, and the config.

    The ε of the optimizer is so small that no rounding of gradients counts.
    """
    x, drawn = rows(STEPS // EPOCHS * batch_size), np.random.default_rng(1)
    y = drawn.integers(0, 3, len(x))
    if task == "regression":
        y = drawn.normal(size=(len(x), 1))
    given = [f"data.task={task}", "optimizer.epsilon=1e-20"]
    given += [f"training.epochs={EPOCHS}", f"training.batch_size={batch_size}"]
    return x, y, configs.load(preset, settings=given)
