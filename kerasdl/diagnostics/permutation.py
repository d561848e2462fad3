"""How much worse predictions are if features are shuffled among the examples."""

from collections.abc import Callable, Mapping

import numpy as np

from kerasdl.figures import Importances

REPEATS = 5
MOST_GROUPS = 60
CONFIDENCE = 0.95


def permutation_importance(
    score: Callable[[np.ndarray], float],
    x: np.ndarray,
    groups: Mapping[str, np.ndarray],
    seed: int,
    repeats: int = REPEATS,
) -> np.ndarray:
    """Return the fall of a score when the features of a group are shuffled.

    Breiman 2001, https://doi.org/10.1023/A:1010933404324, section 10; Fisher et al. 2019,
    https://arxiv.org/abs/1801.01489. The features of a group keep together.

    Args:
        score: Returns the score of inputs of the shape of `x`; higher is better.
        x: Inputs of shape `(examples, …)`.
        groups: For each name, a boolean array of shape `x.shape[1:]`.
        seed: Seed of the shuffles.
        repeats: Shuffles of each group.

    Returns:
        float64 of shape `(groups, repeats)`.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.inspection import permutation_importance as of_columns

    masks, count = [*groups.values()], len(x)
    # Column j holds the example from which group j is taken.
    origins = np.repeat(np.arange(count)[:, None], len(masks), 1)

    def of_origins(_: object, rows: np.ndarray, __: object) -> float:
        taken = x.copy()
        for mask, column in zip(masks, rows.T, strict=True):
            if (column != origins[:, 0]).any():
                taken[:, mask] = x[column][:, mask]
        return score(taken)

    found = of_columns(
        DummyClassifier(), origins, np.zeros(count), scoring=of_origins,
        n_repeats=repeats, random_state=seed,
    )  # fmt: skip
    return np.asarray(found["importances"], "float64")


def importance_figure(
    names: list[str], falls: np.ndarray, label: str, examples: int
) -> Importances:
    """Return the means of falls of a score, the greatest first, with intervals.

    Args:
        names: The name of each group.
        falls: float64 of shape `(groups, repeats)`, with two repeats or more.
        label: What the falls are.
        examples: Examples that were scored.
    """
    from scipy import stats

    repeats = falls.shape[1]
    means = falls.mean(1)
    factor = stats.t.ppf((1 + CONFIDENCE) / 2, repeats - 1) / np.sqrt(repeats)
    radius = factor * falls.std(1, ddof=1)
    order = np.argsort(-means, kind="stable")
    return Importances(
        "Importance of the features",
        label,
        [names[n] for n in order],
        means[order].tolist(),
        (means - radius)[order].tolist(),
        (means + radius)[order].tolist(),
        f"How much worse the score is when a feature is shuffled among {examples:,} test "
        f"examples: mean of {repeats} shuffles, and its 95 % interval over shuffles. "
        "Of features that tell the same, each may seem to matter little. Breiman 2001.",
    )
