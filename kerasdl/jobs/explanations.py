"""What the predictions of a trained model rest on, for the report."""

from typing import TYPE_CHECKING

import numpy as np

from kerasdl.diagnostics.permutation import (
    MOST_GROUPS,
    importance_figure,
    permutation_importance,
)
from kerasdl.figures import Figure
from kerasdl.jobs.attributions import attributions
from kerasdl.tasks.outputs import outputs_of

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session
    from kerasdl.tasks.measured import Predicted

MOST_EXAMPLES = 500
"""Test examples whose features are shuffled."""
FEWEST_EXAMPLES = 10


def explanations(session: "Session", test: "Predicted") -> list[Figure]:
    """Return which features matter, or which parts of some images or texts do."""
    groups = session.dataset.preprocessing.feature_groups()
    if not groups:
        return attributions(session, test)
    return _importances(session, groups)


def _importances(session: "Session", groups: dict[str, np.ndarray]) -> list[Figure]:
    dataset, headline = session.dataset, session.task.headline
    rows = np.arange(min(len(dataset.test), MOST_EXAMPLES))
    names = [*groups][:MOST_GROUPS]
    if len(rows) < FEWEST_EXAMPLES:
        return []
    x, y = dataset.test.take(rows)
    once = np.ones((1, len(rows)))
    sign = 1 if session.task.direction(headline) == "max" else -1

    def score(inputs: np.ndarray) -> float:
        outputs = outputs_of(session.model, inputs, len(inputs))
        quick = dataset.targets.score_resamples(headline, y, outputs, once)
        if quick is None:
            return sign * dataset.targets.score(y, outputs)[headline]
        return sign * float(quick[0])

    is_defined = headline not in dataset.targets.undefined(y)
    if not is_defined or dataset.targets.origin == "inputs":
        return []
    chosen = {name: groups[name] for name in names}
    seed = session.config.training.seed
    falls = permutation_importance(score, x, chosen, seed)
    if not np.isfinite(falls).all():
        return []
    label = f"{'fall' if sign > 0 else 'rise'} of {headline.replace('_', ' ')}"
    return [importance_figure(names, falls, label, len(rows))]
