import dataclasses

import numpy as np
import pytest

from kerasdl.data import (
    Arrays,
    check_source,
    load_arrays,
    prepare,
)
from kerasdl.errors import DataError
from tests.data.helpers import config


def test_given_statistics_are_used():
    arrays = load_arrays("wine")
    first = prepare(arrays, config("mlp"))
    shifted = dataclasses.replace(arrays, x=arrays.x + 100)
    again = prepare(shifted, config("mlp"), first.preprocessing)
    shift = again.test.x - first.test.x
    assert np.allclose(shift, 100 / first.preprocessing.scale, rtol=1e-3)


def test_one_class_is_no_classification():
    arrays = Arrays("mine", np.ones((20, 2)), np.zeros(20, int))
    with pytest.raises(DataError, match="every label in mine is 0"):
        prepare(arrays, config("mlp", "data.num_classes=3"))


def test_a_test_set_too_small_for_r2():
    arrays = Arrays("mine", np.eye(9), np.arange(9.0), np.eye(9)[:1], np.ones(1))
    with pytest.raises(DataError, match="R² needs 2"):
        prepare(arrays, config("mlp-regression"))


def test_sources_are_checked_before_they_are_loaded(tmp_path):
    check_source("digits", "classification")
    (tmp_path / "mine.npz").touch()
    check_source(str(tmp_path / "mine.npz"), "regression")
    for name, task, message in [
        ("digit", "classification", "did you mean digits"),
        ("mnist", "regression", "mnist is a classification set"),
        ("diabetes", "classification", "diabetes is a regression set"),
        ("none.npz", "classification", "no file at none.npz"),
    ]:
        with pytest.raises(DataError, match=message):
            check_source(name, task)
