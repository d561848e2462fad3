"""Scores of simple forecasts that a network should beat."""

import numpy as np
from sklearn.linear_model import Ridge

from kerasdl.data import Examples
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.baseline import (
    Baselines,
    examples_used,
    fit,
    is_small_enough,
    sample,
)


def forecasters(
    train: Examples, test: Examples, targets: Targets, count: int, season: int
) -> Baselines:
    """Score simple forecasts on the test split.

    Args:
        train: Training windows `(examples, window, features)`, and what follows them,
            step by step, `(examples, horizon * count)`.
        test: Test windows.
        targets: The encoding of what follows.
        count: How many of the first features are predicted.
        season: Steps of a season, at most those of a window; 0 for none.

    Returns:
        The last value, the value a season before if there is one, and ridge regression
        on the flattened window, unless it would take too long. Outputs are encoded.
    """
    x_test, y_test = test.arrays()
    horizon = y_test.shape[1] // count
    outputs = {"last_value": repeated(x_test[:, :, :count], 1, horizon)}
    if season:
        outputs["seasonal_value"] = repeated(x_test[:, :, :count], season, horizon)
    baselines: Baselines = {
        name: targets.score(y_test, each) | {"outputs": each}
        for name, each in outputs.items()
    }
    rows = sample(len(train))
    if is_small_enough(np.empty((len(rows), *x_test.shape[1:]), "bool")):
        x, y = train.take(rows)
        ridge = fit(Ridge(alpha=1.0), x.reshape(len(x), -1), y)
        predicted = ridge.predict(x_test.reshape(len(x_test), -1)).reshape(y_test.shape)
        scores = targets.score(y_test, predicted) | {"outputs": predicted}
        baselines["ridge_regression"] = scores | examples_used(len(rows), len(train))
    return baselines


def repeated(past: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Return forecasts that repeat the last season.

    Args:
        past: Of shape `(examples, window, numbers)`.
        season: Steps of a season, 1 to `window`.
        horizon: Steps to forecast.

    Returns:
        Of shape `(examples, horizon * numbers)`, step by step.
    """
    steps = past.shape[1] - season + np.arange(horizon) % season
    return past[:, steps].reshape(len(past), -1)
