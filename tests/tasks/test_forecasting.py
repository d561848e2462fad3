"""Forecasts as a task."""

import json

import numpy as np
import pytest

from kerasdl.data.signature import Input, Past
from kerasdl.errors import DataError
from kerasdl.tasks.forecasting import Forecasting
from kerasdl.tasks.forecasts import Forecasts

PASTS = Past("a", 5.0, 2.0, 0.5), Past("b", -1.0, 4.0, 3.0)
SIGNATURE = {"inputs": Input((6, 3), past=PASTS)}
RAW = np.random.default_rng(0).normal(size=(12, 4))


def fitted(signature: dict[str, Input] = SIGNATURE) -> Forecasts:
    rows = np.arange(len(RAW))
    return Forecasting().fit(RAW, rows, signature, "auto", "s.csv")


def test_targets_have_the_scale_of_the_inputs_and_names_of_their_step():
    targets = fitted()
    assert targets.names == ("a +1", "b +1", "a +2", "b +2")
    encoded = targets.encode(RAW, np.arange(12), "s.csv")
    expected = (RAW - [5, -1, 5, -1]) / [2, 4, 2, 4]
    np.testing.assert_allclose(encoded, expected, rtol=1e-5, atol=1e-6)
    assert targets.named(("x",)) == targets
    assert targets.output_range is None
    columns = targets.predictions(encoded, encoded)
    np.testing.assert_allclose(columns["prediction b +2"], RAW[:, 3], atol=1e-5)


def test_the_scaled_error_is_that_of_its_definition():
    targets, outputs = fitted(), np.zeros(RAW.shape, "float32")
    encoded = targets.encode(RAW, np.arange(12), "s.csv")
    score = targets.score(encoded, outputs)["mean_absolute_scaled_error"]
    errors = np.abs(RAW - [5, -1, 5, -1]).mean(0) / [0.5, 3, 0.5, 3]
    assert score == pytest.approx(errors.mean(), rel=1e-5)


def test_inputs_that_are_no_past():
    with pytest.raises(DataError, match=r"no past of its targets.*data\.kind"):
        fitted({"inputs": Input((6, 3))})
    three = {"inputs": Input((6, 3), past=(*PASTS, PASTS[0]))}
    with pytest.raises(DataError, match="no past"):
        fitted(three)


@pytest.mark.parametrize(
    "changed",
    [
        {"naive_errors": [0.5]},
        {"naive_errors": [-1.0] * 4},
        {"naive_errors": ["a"] * 4},
        {"naive_errors": [float("nan")] * 4},
        {"names": ["a"] * 4},
        {"columns": []},
        {"horizon": 3},
        {"horizon": 0},
        {"horizon": 2.0},
        {"season": 3},
    ],
)
def test_damaged_values_are_refused(changed: dict):
    task, targets = Forecasting(), fitted()
    values = json.loads(json.dumps(targets.to_json()))
    assert task.targets_from_json(values) == targets
    with pytest.raises((TypeError, ValueError, KeyError)):
        task.targets_from_json(values | changed)
