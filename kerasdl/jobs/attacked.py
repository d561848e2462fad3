"""Inputs of a model that are changed against it."""

from collections.abc import Iterator

import numpy as np

from kerasdl import backend
from kerasdl.data.corrupted import uniform
from kerasdl.data.pictures import is_pictures
from kerasdl.diagnostics.attacks import STEPS, Ball, Gradient, fgsm, pgd
from kerasdl.jobs.evaluate import Subject

OF_PIXELS = 8 / 255
"""Radius for images, as a share of the range of their pixels."""
OF_NUMBERS = 0.1
"""Radius for other numbers, which are standardised."""


def can_be_attacked(subject: Subject) -> bool:
    """Return whether the inputs are numbers that may change a little."""
    [only] = subject.encoding.preprocessing.signature.values()
    return only.dtype == "float32" and not only.cardinalities


def ball_of(x: np.ndarray, radius: float | None) -> Ball:
    """Return what an attack may change: images stay within their range.

    Args:
        x: Inputs of shape `(examples, …)`.
        radius: The radius; None for the usual one.
    """
    if not is_pictures(x.shape[1:]):
        return Ball(OF_NUMBERS if radius is None else radius)
    low, high = float(x.min()), float(x.max())
    return Ball(OF_PIXELS * (high - low) if radius is None else radius, low, high)


def attacked(
    subject: Subject, x: np.ndarray, y: np.ndarray, ball: Ball, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of each attack, and the inputs that it makes.

    Args:
        subject: The model.
        x: Inputs of shape `(examples, …)`.
        y: Encoded targets.
        ball: What may change.
        seed: Seed of the start of PGD, which depends on the row as well.
    """
    gradient, rows = loss_gradient(subject), np.arange(len(x))
    yield "FGSM", fgsm(gradient, x, y, ball)
    start = uniform(seed, "pgd", rows, x.shape[1:])
    yield f"PGD, {STEPS} steps", pgd(gradient, x, y, ball, start)


def loss_gradient(subject: Subject) -> Gradient:
    """Return a function for the gradient of the training loss by the inputs."""
    task, config, model = subject.task, subject.config, subject.model
    loss, size = task.loss(config), subject.batch_size
    one = backend.current().input_gradient(
        lambda x, y: loss(y, model(x, training=False)), model.variables
    )

    def gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        whole = []
        for begin in range(0, len(x), size):
            rows = np.minimum(
                np.arange(begin, begin + size), len(x) - 1
            )  # of one shape
            targets = task.as_trained(config, y[rows], subject.encoding.targets)
            whole.append(one(x[rows], targets)[: len(x) - begin])
        return np.concatenate(whole)

    return gradient
