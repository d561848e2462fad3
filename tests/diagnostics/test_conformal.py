"""Widths of intervals, by the definition and by how often they hold a number."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

from kerasdl.diagnostics import conformal
from kerasdl.diagnostics.conformal import calibrate, least_examples, radius


@pytest.mark.parametrize(
    ("count", "coverage", "place"),
    [(9, 0.9, 9), (10, 0.9, 10), (19, 0.9, 18), (99, 0.95, 95), (100, 0.5, 51)],
)
def test_the_place_of_the_quantile(count: int, coverage: float, place: int):
    residuals = calibrate(np.arange(count, 0, -1) * (-1.0) ** np.arange(count))
    assert residuals == [*map(float, range(1, count + 1))]
    assert radius(residuals, coverage) == place


@pytest.mark.parametrize(("coverage", "count"), [(0.9, 9), (0.95, 19), (0.5, 1)])
def test_how_many_examples_a_coverage_needs(coverage: float, count: int):
    assert least_examples(coverage) == count
    assert radius([1.0] * count, coverage) == 1
    with pytest.raises(ValueError, match="too few"):
        radius([1.0] * (count - 1), coverage)


def test_of_many_residuals_a_sample_is_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(conformal, "MAX_RESIDUALS", 1000)
    kept = calibrate(np.random.default_rng(0).normal(size=20_000))
    assert len(kept) == 1000
    assert radius(kept, 0.9) == pytest.approx(1.645, abs=0.1)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_intervals_hold_their_coverage_on_real_data(coverage: float):
    """Over a hundred splits into training, calibration and test.

    With 53 residuals, the expected share is 44/54 for 0.8 and 49/54 for 0.9.
    """
    x, y = load_diabetes(return_X_y=True)
    held = []
    for seed in range(100):
        rows = np.random.default_rng(seed).permutation(len(y))
        train, calibration, test = np.split(rows, [300, 353])
        model = Ridge(0.01).fit(x[train], y[train])
        width = radius(
            calibrate(y[calibration] - model.predict(x[calibration])), coverage
        )
        held.append((np.abs(y[test] - model.predict(x[test])) <= width).mean())
    expected = np.ceil(54 * coverage) / 54
    assert np.mean(held) == pytest.approx(expected, abs=0.015)
