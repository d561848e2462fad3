"""Bootstrap intervals of scores, and of differences between two."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

RESAMPLES = 1000
COVERAGE = 0.95
MAX_NUMBERS = 2_000_000
"""Numbers in memory at a time."""
ROUNDING = 1e-12
"""Relative spread below which targets differ by rounding only."""


@dataclass(frozen=True)
class Margin:
    """The bounds of a score, or of a difference between two."""

    low: float
    high: float


def resamples(
    examples: int, count: int = RESAMPLES, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield how often resamples hold each example, drawn with replacement.

    Args:
        examples: Number of examples.
        count: Number of resamples.
        seed: Seed of the draws.

    Yields:
        float64 of shape `(resamples, examples)`; all of them have `count` rows.
    """
    generator, most = np.random.default_rng(seed), max(1, MAX_NUMBERS // examples)
    for start in range(0, count, most):
        size = min(most, count - start)
        drawn = generator.integers(examples, size=(size, examples))
        drawn += examples * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * examples)
        yield counts.reshape(size, examples).astype("float64")


def margins(
    score: Callable[[Any, np.ndarray], np.ndarray | None],
    outputs: Any,
    others: dict[str, Any],
    examples: int,
) -> dict[str, Margin]:
    """Return percentile intervals of the score of a model minus that of each other.

    All are scored on the same resamples (Efron and Tibshirani 1993, section 13.3).

    Args:
        score: Scores outputs on resamples; see `Targets.score_resamples`.
        outputs: Outputs of the model.
        others: Outputs of other models by name.
        examples: Number of examples.

    Returns:
        The interval of each; empty if the score cannot be resampled, or is defined in
        less than half of the resamples.
    """
    differences: dict[str, list[np.ndarray]] = {name: [] for name in others}
    for counts in resamples(examples) if others else ():
        if (own := score(outputs, counts)) is None:
            return {}
        for name, other in others.items():
            differences[name].append(own - score(other, counts))
    found = {}
    for name, parts in differences.items():
        if bounds := _bounds(np.concatenate(parts)):
            found[name] = bounds
    return found


def mean_of_resamples(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean of a value of each example, such as an error, over resamples.

    Args:
        values: Numbers or booleans of shape `(examples,)`.
        counts: From `resamples`.
    """
    return counts @ values / counts.sum(-1)


def r2_of_resamples(
    y: np.ndarray, predicted: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the variance-weighted R² of resamples, NaN where all targets are equal.

    Args:
        y: Floats of shape `(examples,)` or `(examples, outputs)`.
        predicted: Floats of the same shape.
        counts: From `resamples`.
    """
    y, predicted = (each.reshape(len(each), -1) for each in (y, predicted))
    y, error = y - y.mean(0), ((y - predicted) ** 2).sum(1)
    squares, total = counts @ (y**2).sum(1), counts.sum(-1)
    spread = squares - ((counts @ y) ** 2).sum(1) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        r2 = 1 - counts @ error / spread
    return np.where(spread > ROUNDING * squares, r2, np.nan)


def interval(
    score: Callable[[np.ndarray], np.ndarray | None], examples: int
) -> Margin | None:
    """Return the percentile interval of a score.

    Args:
        score: Scores resamples; see `Targets.score_resamples`.
        examples: Number of examples.

    Returns:
        None if the score cannot be resampled, or is defined in less than half of the
        resamples.
    """
    parts = []
    for counts in resamples(examples):
        if (values := score(counts)) is None:
            return None
        parts.append(values)
    return _bounds(np.concatenate(parts))


def _bounds(values: np.ndarray) -> Margin | None:
    """Return the interval of resampled values, if enough of them are defined."""
    values = values[np.isfinite(values)]
    if len(values) < RESAMPLES / 2:
        return None
    tail = 50 * (1 - COVERAGE)
    low, high = np.percentile(values, [tail, 100 - tail])
    return Margin(float(low), float(high))
