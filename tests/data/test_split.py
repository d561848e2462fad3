import dataclasses

import numpy as np
import pytest

from kerasdl.data import Arrays
from kerasdl.data.split import hold_out_documents
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import prepare
from tests.data.helpers import config, load_arrays


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast-cancer"])
def test_splits_are_stratified_and_disjoint(name: str):
    arrays = load_arrays(name)
    tagged = dataclasses.replace(
        arrays, x=np.arange(len(arrays.x) * 2.0).reshape(-1, 2)
    )
    dataset = prepare(tagged, config("mlp", "data.standardize=none"))
    splits = (dataset.train, dataset.validation, dataset.test)
    seen = np.concatenate([split.x[:, 0] for split in splits])
    assert sorted(seen) == sorted(tagged.x[:, 0])
    whole = np.bincount(arrays.y) / len(arrays.y)
    for split in splits:
        share = np.bincount(split.y, minlength=len(whole)) / len(split)
        assert np.abs(share - whole).max() < 1.01 / len(split)


def test_the_split_is_a_function_of_the_seed():
    arrays = load_arrays("iris")
    first, again = (prepare(arrays, config("mlp")) for _ in range(2))
    other = prepare(arrays, config("mlp", "training.seed=1"))
    fixed = config("mlp", "training.seed=1", "data.split_seed=0")
    assert np.array_equal(prepare(arrays, fixed).test.x, first.test.x)
    assert np.array_equal(first.test.x, again.test.x)
    assert not np.array_equal(first.test.x, other.test.x)


def test_the_sources_own_test_set_is_kept_whole():
    arrays = load_arrays("iris")
    test_x, test_y = arrays.x[::10], arrays.y[::10]
    given = dataclasses.replace(arrays, x_test=test_x, y_test=test_y)
    dataset = prepare(given, config("mlp"))
    assert np.array_equal(dataset.test.y, test_y)
    assert len(dataset.train) + len(dataset.validation) == len(arrays.x)
    shifted = prepare(dataclasses.replace(given, x_test=test_x + 100), config("mlp"))
    assert np.array_equal(shifted.train.x, dataset.train.x)


def test_a_class_too_small_to_split():
    y = np.array([0] * 20 + [1])
    with pytest.raises(DataError, match="cannot split a test set off mine"):
        prepare(Arrays("mine", np.ones((21, 2)), y), config("mlp"))


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5])
def test_documents_are_held_out_in_proportion_to_their_characters(fraction: float):
    sizes = np.random.default_rng(0).pareto(1.5, 200) * 1000 + 1
    rows = np.arange(20, 200)
    for seed in range(5):
        kept, held_out = hold_out_documents(rows, sizes, fraction, seed, "test")
        assert sorted([*kept, *held_out]) == list(rows)
        missed = sizes[held_out].sum() - fraction * sizes[rows].sum()
        assert abs(missed) <= sizes[rows].max() / 2


def test_which_documents_are_held_out_is_a_function_of_the_seed():
    rows, sizes = np.arange(50), np.ones(50)
    first, again, other = (
        hold_out_documents(rows, sizes, 0.2, seed, "test")[1].tolist()
        for seed in (0, 0, 1)
    )
    assert first == again != other
