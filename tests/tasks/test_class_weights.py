"""Weights of classes, beside those of scikit-learn."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kerasdl.errors import DataError
from kerasdl.tasks.class_weights import class_weights
from kerasdl.tasks.classes import Classes

LABELS = np.array([0] * 50 + [1] * 7 + [2] * 23)
ONES = np.ones(len(LABELS))


def test_balanced_weights_are_those_of_scikit_learn():
    ours = class_weights("balanced", LABELS, Classes(3), ONES)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_allclose(ours[LABELS].mean(), 1)


def test_an_example_that_weighs_two_counts_as_two_examples():
    weights = np.random.default_rng(0).integers(0, 4, len(LABELS))
    ours = class_weights("balanced", LABELS, Classes(3), weights.astype(float))
    repeated = np.repeat(LABELS, weights)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=repeated)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_a_class_without_examples_weighs_nothing():
    ours = class_weights("balanced", LABELS, Classes(4), ONES)
    expected = class_weights("balanced", LABELS, Classes(3), ONES)
    np.testing.assert_array_equal(ours, [*expected, 0])


def test_a_table_names_each_class():
    table = {"good": 1.0, "bad": 5.0}
    named = Classes(2, ("bad", "good"))
    labels = np.array([0, 1])
    assert [*class_weights(table, labels, named, np.ones(2))] == [5, 1]
    numbered = class_weights({"1": 3.0, "0": 2.0}, labels, Classes(2), np.ones(2))
    assert [*numbered] == [2, 3]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"good": 1.0}, "lacks 'bad'"),
        ({"good": 1.0, "bad": 2.0, "worse": 3.0}, "names the unknown 'worse'"),
        ({"Good": 1.0, "bad": 2.0}, "lacks 'good' and names the unknown 'Good'"),
    ],
)
def test_names_that_differ_are_told(table: dict[str, float], words: str):
    named = Classes(2, ("bad", "good"))
    with pytest.raises(DataError) as caught:
        class_weights(table, np.array([0, 1]), named, np.ones(2))
    assert caught.value.what == f"training.class_weights {words}"
    assert caught.value.hint == "give each class a weight: 'bad' and 'good'"
