import dataclasses

import numpy as np
import pytest

from kerasdl.data import Arrays

ARRAYS = Arrays("mine", np.zeros((6, 2)), np.zeros(6), np.zeros((3, 2)), np.zeros(3))


@pytest.mark.parametrize("name", ["x", "y", "x_test", "y_test"])
def test_the_digest_knows_every_value(name: str):
    changed = getattr(ARRAYS, name).copy()
    changed.flat[-1] = 1
    other = dataclasses.replace(ARRAYS, **{name: changed})
    assert other.sha256() != ARRAYS.sha256()


@pytest.mark.parametrize("x", [np.zeros((6, 2, 1)), np.zeros((6, 2), "int64")])
def test_the_digest_knows_shape_and_dtype(x: np.ndarray):
    assert dataclasses.replace(ARRAYS, x=x).sha256() != ARRAYS.sha256()


def test_the_digest_is_of_values_alone():
    same = dataclasses.replace(ARRAYS, source="elsewhere", x=np.zeros((2, 6)).T)
    assert same.sha256() == ARRAYS.sha256()
