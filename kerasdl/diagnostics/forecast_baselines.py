"""Scores of simple forecasts that a network should beat."""

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import Ridge

from kerasdl.data import Examples
from kerasdl.data.ahead import in_order
from kerasdl.data.targets import Targets
from kerasdl.diagnostics.baseline import (
    TEST_ROWS,
    Baselines,
    examples_used,
    fit,
    is_small_enough,
    known_targets,
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
    y_test, rows = known_targets(test), sample(train)
    horizon = y_test.shape[1] // count
    forecasts: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "last_value": lambda x: repeated(x[:, :, :count], 1, horizon)
    }
    if season:
        forecasts["seasonal_value"] = lambda x: repeated(
            x[:, :, :count], season, horizon
        )
    x, y = train.take(rows)
    if is_small_enough(x):
        ridge = fit(Ridge(alpha=1.0), x.reshape(len(x), -1), y)
        forecasts["ridge_regression"] = lambda x: ridge.predict(x.reshape(len(x), -1))
    baselines: Baselines = {}
    for name, forecast in forecasts.items():
        batches = in_order(test, TEST_ROWS)
        outputs = np.concatenate([forecast(x) for x, *_ in batches])
        outputs = outputs.reshape(y_test.shape)
        baselines[name] = targets.score(y_test, outputs) | {"outputs": outputs}
    if "ridge_regression" in baselines:
        baselines["ridge_regression"] |= examples_used(len(rows), len(train))
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
