"""Whether a change helps by more than the seeds differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
APART = 1.5
"""The differences of a change that vary so many times as much as all are noisier."""


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
    control: Sequence[float],
    changed: Mapping[str, Sequence[float]],
    tried: int = 0,
    finest: float = 0.0,
) -> dict[str, Effect]:
    """Return what each change adds, with intervals that hold for all changes at once.

    A score is taken as the sum of what its seed and its change add, and a rest. The
    variance of the rest is that of the analysis of variance in two ways (Fisher 1925),
    and Bonferroni's correction takes the number of changes into account. Of one change,
    this is the paired t-test. It is also taken of a change whose own differences vary by
    more than `APART` times that, since one change may be noisier than others.

    Args:
        control: The score of each seed without a change, two or more.
        changed: For each change the scores of the same seeds.
        tried: How many changes were tried, if these are not all.
        finest: The least step of a score, such as that of one example of an accuracy.
            The rest deviates by as much at least.
    """
    from scipy import stats

    scores = np.array([control, *changed.values()], "float64")
    means, count = scores.mean(1), scores.shape[1]
    rest = scores - means[:, None] - scores.mean(0) + scores.mean()
    freedom = len(changed) * (count - 1)
    variance = max(float(np.square(rest).sum()) / freedom, finest**2)
    level = 1 - (1 - CONFIDENCE) / max(tried, len(changed))
    own = (scores[1:] - scores[0]).var(1, ddof=1) / 2
    is_noisy = own > APART * variance
    variances = np.where(is_noisy, own, variance)
    deviates = stats.t.ppf((1 + level) / 2, np.where(is_noisy, count - 1, freedom))
    radii = (deviates * np.sqrt(2 * variances / count)).tolist()
    differences = (means[1:] - means[0]).tolist()
    return {
        name: Effect(mean, mean - radius, mean + radius)
        for name, mean, radius in zip(changed, differences, radii, strict=True)
    }
