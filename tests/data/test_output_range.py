"""The range of numbers to predict is kept with a run."""

from typing import Any

import numpy as np
import pytest

from kerasdl.data.signature import Input
from kerasdl.tasks.regression import Numbers, Regression

RAW = np.array([5.0, 1.0, 3.0, 99.0])


def test_it_is_that_of_the_training_rows():
    rows = np.arange(3)
    fitted = Regression().fit(RAW, rows, {"inputs": Input((2,))}, "auto", "a test")
    encoded = fitted.encode(RAW, rows, "a test")
    assert fitted.output_range == pytest.approx((encoded.min(), encoded.max()))
    assert fitted == Regression().targets_from_json(fitted.to_json())


def test_earlier_versions_did_not_keep_it():
    assert Regression().targets_from_json({"mean": 1.0, "scale": 2.0}) == Numbers(1, 2)
    assert Numbers(1, 2).output_range is None


@pytest.mark.parametrize(
    "damage",
    [
        {"low": 7.0},
        {"high": float("inf")},
        {"low": float("nan")},
        {"low": "1"},
        {"high": [1.0]},
        {"least": 1.0},
    ],
)
def test_damage_is_refused(damage: dict[str, Any]):
    values = {"mean": 3.0, "scale": 2.0, "low": 1.0, "high": 5.0} | damage
    with pytest.raises((TypeError, ValueError)):
        Regression().targets_from_json(values)
