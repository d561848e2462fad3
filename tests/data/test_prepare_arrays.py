import dataclasses

import numpy as np
import pytest

from kerasdl.data import Arrays
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import examples, prepare
from tests.data.helpers import config, load_arrays

RECONSTRUCTION = (
    "model.name=autoencoder",
    "data.task=reconstruction",
    "loss.label_smoothing=0",
)


def test_given_statistics_are_used():
    arrays = load_arrays("wine")
    first = prepare(arrays, config("mlp"))
    shifted = dataclasses.replace(arrays, x=arrays.x + 100)
    again = prepare(shifted, config("mlp"), first.encoding)
    shift = again.test.x - first.test.x
    assert np.allclose(shift, 100 / first.preprocessing.scale, rtol=1e-3)


def test_one_class_is_no_classification():
    arrays = Arrays("mine", np.ones((20, 2)), np.zeros(20, int))
    with pytest.raises(DataError, match="every label in mine is 0"):
        prepare(arrays, config("mlp", "data.num_classes=3"))


def test_a_test_set_too_small_for_r2():
    arrays = Arrays("mine", np.eye(9), np.arange(9.0), np.eye(9)[:1], np.ones(1))
    with pytest.raises(DataError, match="r2_score needs 2"):
        prepare(arrays, config("mlp-regression"))


def test_reconstruction_has_its_inputs_for_targets():
    dataset = prepare(load_arrays("digits"), config("mlp", *RECONSTRUCTION))
    labelled = prepare(load_arrays("digits"), config("mlp"))
    for split in (dataset.train, dataset.validation, dataset.test):
        assert np.array_equal(split.x, split.y)
    # Without classes there is nothing to stratify by, but as many are held out.
    assert len(dataset.test) == len(labelled.test)
    assert dataset.targets.num_outputs is None
    encoding = dataset.encoding
    assert encoding.output_shape == encoding.input_shape == (8, 8, 1)


def test_reconstruction_does_not_look_at_targets():
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.full(40, np.nan)
    arrays = Arrays("mine", x, y)
    assert len(prepare(arrays, config("mlp", *RECONSTRUCTION)).test) == 8


def test_new_examples_are_the_test_set_or_all():
    wine = load_arrays("wine")
    chosen = config("mlp", "data.name=wine")
    encoding = prepare(wine, chosen).encoding
    assert len(examples(wine, chosen, encoding)) == len(wine.x)
    given = dataclasses.replace(wine, x_test=wine.x[:7], y_test=wine.y[:7])
    assert len(examples(given, chosen, encoding)) == 7
    of_one_class = Arrays("mine", wine.x[-9:], wine.y[-9:])
    assert set(examples(of_one_class, chosen, encoding).y) == {2}
    with pytest.raises(DataError, match="iris have shape"):
        examples(load_arrays("iris"), chosen, encoding)
