"""What the predictions of a trained model rest on, for the report."""

from typing import TYPE_CHECKING

import numpy as np

from kerasdl import tasks
from kerasdl.diagnostics.permutation import (
    MOST_GROUPS,
    importance_figure,
    permutation_importance,
)
from kerasdl.errors import reason_of
from kerasdl.figures import Figure
from kerasdl.jobs.attributions import attributions
from kerasdl.tasks.outputs import outputs_of

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset
    from kerasdl.tasks.measured import Predicted

MOST_EXAMPLES = 500
"""Test examples whose features are shuffled."""
FEWEST_EXAMPLES = 10


def explained(
    model: "keras.Model", dataset: "Dataset", config: "Config", test: "Predicted | None"
) -> tuple[list[Figure], str]:
    """Return explanations, or no figures and the reason.

    Args:
        model: As for `explanations`.
        dataset: As for `explanations`.
        config: As for `explanations`.
        test: As for `explanations`; None if the outputs are not kept.
    """
    if test is None:
        return [], "predictions of this task are not explained"
    if not test.is_finite:
        return [], "some predictions are not finite"
    if len(test.outputs) < FEWEST_EXAMPLES:
        count = len(test.outputs)
        return [], f"{count} test examples are too few; {FEWEST_EXAMPLES} are needed"
    try:
        figures = explanations(model, dataset, config, test)
    except Exception as fault:  # noqa: BLE001  such as a layer without a gradient
        return [], f"predictions cannot be explained: {reason_of(fault)}"
    return figures, "" if figures else "data or a model of this kind are not explained"


def explanations(
    model: "keras.Model", dataset: "Dataset", config: "Config", test: "Predicted"
) -> list[Figure]:
    """Return which features matter, or which parts of some images or texts do.

    Args:
        model: The model of a run, trained.
        dataset: Its data.
        config: Its config.
        test: Targets and outputs of the test split.
    """
    if groups := dataset.preprocessing.feature_groups():
        return _importances(model, dataset, config.training.seed, groups)
    return attributions(model, dataset, test)


def _importances(
    model: "keras.Model", dataset: "Dataset", seed: int, groups: dict[str, np.ndarray]
) -> list[Figure]:
    task = tasks.find(dataset.encoding.task)
    rows = np.arange(min(len(dataset.test), MOST_EXAMPLES))
    names = [*groups][:MOST_GROUPS]
    if len(rows) < FEWEST_EXAMPLES:
        return []
    x, y = dataset.test.take(rows)
    once = np.ones((1, len(rows)))
    sign = 1 if task.direction(task.headline) == "max" else -1

    def score(outputs: np.ndarray) -> float:
        quick = dataset.targets.score_resamples(task.headline, y, outputs, once)
        if quick is None:
            return sign * dataset.targets.score(y, outputs)[task.headline]
        return sign * float(quick[0])

    def scores(versions: np.ndarray) -> np.ndarray:
        every = versions.reshape(-1, *x.shape[1:])
        outputs = outputs_of(model, every, len(every))
        return np.array([score(each) for each in np.split(outputs, len(versions))])

    is_defined = task.headline not in dataset.targets.undefined(y)
    if not is_defined or dataset.targets.origin == "inputs":
        return []
    chosen = {name: groups[name] for name in names}
    falls = permutation_importance(scores, x, chosen, seed)
    if not np.isfinite(falls).all():
        return []
    label = f"{'fall' if sign > 0 else 'rise'} of {task.headline.replace('_', ' ')}"
    return [importance_figure(names, falls, label, len(rows))]
