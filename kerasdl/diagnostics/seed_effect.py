"""Whether a change helps by more than the seeds differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Effect:
    """What a change adds to a score.

    Args:
        mean: The mean difference over the seeds.
        low: The lower end of its interval.
        high: The upper end of its interval.
    """

    mean: float
    low: float
    high: float


def effects(
    control: Sequence[float], changed: Mapping[str, Sequence[float]]
) -> dict[str, Effect]:
    """Return what each change adds, with intervals that hold for all changes at once.

    Differences are paired by seed. Their variance is pooled over the changes, and
    Bonferroni's correction takes their number into account.

    Args:
        control: The score of each seed without a change, two or more.
        changed: For each change the scores of the same seeds.
    """
    from scipy import stats

    base = np.asarray(control, "float64")
    pairs = {name: np.asarray(each, "float64") - base for name, each in changed.items()}
    freedom = sum(len(each) - 1 for each in pairs.values())
    squares = sum(float(np.square(each - each.mean()).sum()) for each in pairs.values())
    level = 1 - (1 - CONFIDENCE) / max(1, len(pairs))
    deviate = float(stats.t.ppf((1 + level) / 2, max(freedom, 1)))
    radius = deviate * (squares / max(freedom, 1) / len(base)) ** 0.5
    return {
        name: Effect(float(each.mean()), each.mean() - radius, each.mean() + radius)
        for name, each in pairs.items()
    }
