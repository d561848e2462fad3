"""How much worse predictions are if features are shuffled among the examples."""

from collections.abc import Callable, Mapping

import numpy as np

from kerasdl.figures import Importances

REPEATS = 5
MOST_GROUPS = 60
CONFIDENCE = 0.95


def permutation_importance(
    scores: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    groups: Mapping[str, np.ndarray],
    seed: int,
    repeats: int = REPEATS,
) -> np.ndarray:
    """Return the fall of a score when the features of a group are shuffled.

    Breiman 2001, https://doi.org/10.1023/A:1010933404324, section 10; Fisher et al. 2019,
    https://arxiv.org/abs/1801.01489. The features of a group keep together. The shuffles
    are those of scikit-learn's function of this name, which scores one at a time.

    Args:
        scores: Returns the score of each of several versions of the inputs, an array of
            shape `(repeats, *x.shape)`; higher is better.
        x: Inputs of shape `(examples, …)`.
        groups: For each name, a boolean array of shape `x.shape[1:]`.
        seed: Seed of the shuffles.
        repeats: Shuffles of each group.

    Returns:
        float64 of shape `(groups, repeats)`.
    """
    drawn = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
    shuffles, order = np.random.RandomState(drawn), np.arange(len(x))
    orders, before = np.zeros((repeats, len(x)), int), np.arange(len(x))
    for number in range(repeats):  # each shuffles what the one before left
        shuffles.shuffle(order)
        before = orders[number] = before[order]
    versions = np.repeat(x[None], repeats, 0)  # all alike, so that shapes are as below
    unshuffled = np.asarray(scores(versions), "float64")
    falls = np.zeros((len(groups), repeats))
    for fall, mask in zip(falls, groups.values(), strict=True):
        shuffled = versions.copy()
        shuffled[:, :, mask] = x[:, mask][orders]
        fall[:] = unshuffled - scores(shuffled)
    return falls


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
