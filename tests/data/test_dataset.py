import dataclasses
import json

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from kerasdl import config as configs
from kerasdl.config import Config, parse_setting
from kerasdl.data import (
    Arrays,
    Batches,
    Preprocessing,
    check_source,
    load_arrays,
    prepare,
)
from kerasdl.errors import DataError


def config(preset: str = "mlp", *texts: str) -> Config:
    return configs.load(preset, settings=[parse_setting(text) for text in texts])


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
    assert np.array_equal(first.test.x, again.test.x)
    assert not np.array_equal(first.test.x, other.test.x)


def test_the_sources_own_test_set_is_kept_whole():
    arrays = load_arrays("iris")
    test_x, test_y = arrays.x[::10], arrays.y[::10]
    given = dataclasses.replace(arrays, x_test=test_x, y_test=test_y)
    dataset = prepare(given, config("mlp"))
    assert np.array_equal(dataset.test.y, test_y)
    assert len(dataset.train) + len(dataset.validation) == len(arrays.x)


@pytest.mark.parametrize("mode", ["feature", "channel"])
def test_standardisation_is_fitted_on_the_training_split(mode: str):
    dataset = prepare(load_arrays("wine"), config("mlp", f"data.standardize={mode}"))
    raw = dataset.train.x * dataset.preprocessing.scale + dataset.preprocessing.mean
    scaler = StandardScaler().fit(raw)
    assert np.allclose(dataset.train.x, scaler.transform(raw), atol=1e-5)
    assert np.abs(dataset.test.x.mean(0)).max() > 1e-3


def test_channels_of_images_share_statistics():
    images = np.random.default_rng(0).normal(5, 3, (40, 6, 6, 2))
    images[..., 1] += 7
    for x, shape in ((images, (2,)), (images[..., 0], ())):
        arrays = Arrays("mine", x, np.arange(40) % 2)
        dataset = prepare(arrays, config("cnn"))
        assert dataset.preprocessing.mean.shape == shape
        axes = tuple(range(3))
        assert np.allclose(dataset.train.x.mean(axes), 0, atol=1e-5)
        assert np.allclose(dataset.train.x.std(axes), 1, atol=1e-5)


def test_constant_features_stay_finite():
    x = np.c_[np.full(20, 3.7), np.arange(20.0)]
    dataset = prepare(Arrays("mine", x, np.arange(20) % 2), config("mlp"))
    assert np.isfinite(dataset.train.x).all()
    assert np.allclose(dataset.train.x[:, 0], 0)


def test_targets_of_regression_are_standardised_and_restored():
    arrays = load_arrays("diabetes")
    dataset = prepare(arrays, config("mlp-regression"))
    assert dataset.train.y.shape == (len(dataset.train), 1)
    assert np.isclose(dataset.train.y.mean(), 0, atol=1e-6)
    restored = dataset.preprocessing.original_targets(dataset.test.y)
    assert set(restored.round(3)) <= set(arrays.y.round(3))


def test_a_class_too_small_to_split():
    y = np.array([0] * 20 + [1])
    with pytest.raises(DataError, match="cannot split a test set off mine"):
        prepare(Arrays("mine", np.ones((21, 2)), y), config("mlp"))


def test_batches_cover_an_epoch_in_order():
    x = np.arange(10)
    batches = Batches(x, x * 2, batch_size=4, seed=0)
    order = batches.order(0)
    taken = [batches.take(order, index) for index in range(len(batches))]
    assert [len(x) for x, _ in taken] == [4, 4, 2]
    assert np.array_equal(np.concatenate([x for x, _ in taken]), order)
    assert all(np.array_equal(2 * x, y) for x, y in taken)


def test_a_small_spread_around_a_large_mean():
    """Seconds since 1970 and picofarads must survive float32."""
    spread = np.arange(40.0)
    x = np.c_[1.7e9 + spread, 1e-13 * spread, spread]
    dataset = prepare(Arrays("mine", x, np.arange(40) % 2), config("mlp"))
    for column in (0, 1):
        train = dataset.train.x
        assert np.allclose(train[:, column], train[:, 2], atol=1e-5)


def test_given_statistics_are_used():
    arrays = load_arrays("wine")
    first = prepare(arrays, config("mlp"))
    shifted = dataclasses.replace(arrays, x=arrays.x + 100)
    again = prepare(shifted, config("mlp"), first.preprocessing)
    shift = again.test.x - first.test.x
    assert np.allclose(shift, 100 / first.preprocessing.scale, rtol=1e-3)


def test_statistics_survive_json():
    preprocessing = prepare(load_arrays("wine"), config("mlp")).preprocessing
    again = Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json())))
    x = load_arrays("wine").x
    assert np.array_equal(preprocessing.inputs(x, "wine"), again.inputs(x, "wine"))


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
