"""Simple forecasts, compared with loops and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from kerasdl.data.examples import ArrayExamples
from kerasdl.diagnostics import baseline, forecast_baselines
from kerasdl.diagnostics.forecast_baselines import forecasters, repeated
from kerasdl.tasks.forecasts import Forecasts
from kerasdl.tasks.numbers import Numbers

WINDOW, HORIZON = 6, 5


def examples(count: int, seed: int) -> ArrayExamples:
    """Windows of three features, of which the first two are predicted."""
    drawn = np.random.default_rng(seed)
    x = drawn.normal(size=(count, WINDOW, 3)).cumsum(1).astype("float32")
    y = drawn.normal(size=(count, HORIZON * 2)).astype("float32")
    return ArrayExamples(x, y)


TARGETS = Forecasts(
    (Numbers(5.0, 2.0), Numbers(-1.0, 0.5)) * HORIZON, (), (1.0, 2.0) * HORIZON
)


@pytest.mark.parametrize("season", [1, 3, 4, 6])
def test_a_season_is_repeated_as_in_a_loop(season: int):
    past = examples(4, 0).x[:, :, :2]
    found = repeated(past, season, HORIZON).reshape(4, HORIZON, 2)
    for example in range(4):
        series = [*past[example]]
        for step in range(HORIZON):
            series.append(series[-season])
            np.testing.assert_array_equal(found[example, step], series[-1])


def test_scores_are_those_of_scikit_learn():
    train, test = examples(50, 1), examples(8, 2)
    found = forecasters(train, test, TARGETS, 2, 3)
    assert [*found] == ["last_value", "seasonal_value", "ridge_regression"]
    ridge = Ridge(1.0).fit(train.x.reshape(50, -1), train.y)
    predicted = ridge.predict(test.x.reshape(8, -1))
    errors = np.abs(predicted - test.y) * ([2.0, 0.5] * HORIZON)
    scores = found["ridge_regression"]
    assert scores["mean_absolute_error"] == pytest.approx(errors.mean(), rel=1e-5)
    scaled = (errors / ([1.0, 2.0] * HORIZON)).mean()
    assert scores["mean_absolute_scaled_error"] == pytest.approx(scaled, rel=1e-5)
    assert scores["examples"] == 50
    assert "seasonal_value" not in forecasters(train, test, TARGETS, 2, 0)


def test_ridge_regression_takes_little_time(monkeypatch: pytest.MonkeyPatch):
    train, test = examples(50, 1), examples(8, 2)
    monkeypatch.setattr(baseline, "MAX_NUMBERS", 50 * WINDOW * 3 - 1)
    assert "ridge_regression" not in forecasters(train, test, TARGETS, 2, 3)
    monkeypatch.setattr(forecast_baselines, "sample", lambda count: np.arange(20))
    scores = forecasters(train, test, TARGETS, 2, 3)["ridge_regression"]
    assert (scores["examples"], scores["of"]) == (20, 50)
