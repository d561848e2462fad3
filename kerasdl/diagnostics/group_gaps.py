"""Differences of measures between groups, with bootstrap intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kerasdl.data.measure import Measure
from kerasdl.diagnostics.bootstrap import COVERAGE, resamples
from kerasdl.diagnostics.group_rates import SMALLEST

SHUFFLES = 200
"""Times that groups are shuffled, for what chance alone gives."""


@dataclass(frozen=True)
class Gap:
    """The largest difference of a measure between two groups.

    Args:
        name: Such as `"demographic parity difference"`.
        of: The class or the target that it is about; empty for all.
        difference: The largest value minus the least.
        low: Lower bound of its 95 % interval.
        high: Upper bound of its 95 % interval.
        chance: What random groups of these sizes stay below in 95 % of cases.
    """

    name: str
    of: str
    difference: float
    low: float
    high: float
    chance: float


def group_gaps(
    measures: Sequence[Measure], groups: Mapping[str, np.ndarray], seed: int = 0
) -> list[Gap]:
    """Return the gaps of measures between groups, as fairlearn defines them.

    A group counts for a measure that is over at least `SMALLEST` of its examples.
    Without two such groups, there is no gap.

    Args:
        measures: The measures.
        groups: The examples of each group, booleans of shape `(examples,)`; no two
            groups share an example.
        seed: Seed of the resamples.
    """
    if not groups or not measures:
        return []
    members = np.stack([*groups.values()], axis=1).astype("float64")  # (n, groups)
    among = np.stack([measure.among for measure in measures]).astype("float64")
    values = np.stack([measure.values for measure in measures]) * among
    counted = among @ members >= SMALLEST  # (measures, groups)
    own = _differences(values @ members, among @ members, counted)
    resampled = np.concatenate(
        [
            _differences(*_sums(counts, values, among, members), counted)
            for counts in resamples(len(members), seed=seed)
        ]
    )
    shuffled, generator = [], np.random.default_rng(seed)
    for _ in range(SHUFFLES):
        mixed = members[generator.permutation(len(members))]
        shuffled.append(_differences(values @ mixed, among @ mixed, counted))
    return [*_named(measures, own, resampled, np.array(shuffled))]


def _sums(
    counts: np.ndarray, values: np.ndarray, among: np.ndarray, members: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return sums and counts of resamples, of shape `(resamples, measures, groups)`."""
    sums, totals = (
        np.stack([counts @ (row[:, None] * members) for row in each], axis=1)
        for each in (values, among)
    )
    return sums, totals


def _named(
    measures: Sequence[Measure],
    own: np.ndarray,
    resampled: np.ndarray,
    shuffled: np.ndarray,
) -> list[Gap]:
    """Return the largest of the differences that share a name and a class."""
    places: dict[tuple[str, str], list[int]] = {}
    for place, measure in enumerate(measures):
        if np.isfinite(own[place]):
            places.setdefault((measure.gap, measure.of), []).append(place)
    tail, gaps = 50 * (1 - COVERAGE), []
    for (name, of), each in places.items():
        low, high = np.nanpercentile(resampled[:, each].max(1), [tail, 100 - tail])
        chance = np.nanpercentile(shuffled[:, each].max(1), 100 * COVERAGE)
        numbers = own[each].max(), low, high, chance
        gaps.append(Gap(name, of, *map(float, numbers)))
    return gaps


def _differences(
    sums: np.ndarray, counts: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    """Return the largest mean minus the least, NaN without two groups that count.

    Args:
        sums: Sums of each measure and group, of shape `(…, measures, groups)`.
        counts: How many values each is of.
        counted: Which of them count, of shape `(measures, groups)`.
    """
    counted = counted & (counts > 0)
    means = sums / np.maximum(counts, 1e-300)
    largest = np.where(counted, means, -np.inf).max(-1)
    least = np.where(counted, means, np.inf).min(-1)
    return np.where(counted.sum(-1) > 1, largest - least, np.nan)
