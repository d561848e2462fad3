import json

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from kerasdl.data import (
    Arrays,
    Preprocessing,
    load_arrays,
    prepare,
    preprocessing_from_json,
)
from tests.data.helpers import config


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


def test_a_small_spread_around_a_large_mean():
    """Seconds since 1970 and picofarads must survive float32."""
    spread = np.arange(40.0)
    x = np.c_[1.7e9 + spread, 1e-13 * spread, spread]
    dataset = prepare(Arrays("mine", x, np.arange(40) % 2), config("mlp"))
    for column in (0, 1):
        train = dataset.train.x
        assert np.allclose(train[:, column], train[:, 2], atol=1e-5)


def test_targets_with_a_small_spread_around_a_large_mean():
    y = 1.7e9 + np.arange(40.0)
    dataset = prepare(Arrays("mine", y[:, None], y), config("mlp-regression"))
    restored = dataset.preprocessing.original_targets(dataset.test.y)
    assert len(set(y) & set(restored.round(3))) == len(dataset.test)


def test_statistics_survive_json():
    preprocessing = prepare(load_arrays("wine"), config("mlp")).preprocessing
    again = preprocessing_from_json(json.loads(json.dumps(preprocessing.to_json())))
    x = load_arrays("wine").x
    assert isinstance(again, Preprocessing)
    assert np.array_equal(preprocessing.inputs(x, "wine"), again.inputs(x, "wine"))
