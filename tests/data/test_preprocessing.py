import re

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from kerasdl.data import Arrays
from kerasdl.data.preprocessing import Part
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import examples, prepare
from tests.data.helpers import config, load_arrays, reread

NORMAL = np.random.default_rng(0).normal(size=400)
LABELS = np.arange(400) % 2


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
    restored = dataset.targets.decode(dataset.test.y)
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
    restored = dataset.targets.decode(dataset.test.y)
    assert len(set(y) & set(restored.round(3))) == len(dataset.test)


def test_statistics_survive_json():
    encoding = prepare(load_arrays("wine"), config("mlp")).encoding
    again, part = reread(encoding), Part(load_arrays("wine"), np.arange(178))
    for ours, theirs in zip(
        encoding.examples(part).arrays(), again.examples(part).arrays(), strict=True
    ):
        assert np.array_equal(ours, theirs)


def changed(array: np.ndarray, index, value) -> np.ndarray:
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize("spread", [1e-150, 1e-100, 1e-42, 1e-38, 1e-17, 1e-9])
@pytest.mark.parametrize("value", [1.0, -3e38])
@pytest.mark.parametrize("standardize", ["feature", "channel"])
@pytest.mark.filterwarnings("error")
def test_what_is_too_far_from_the_training_data(spread, value, standardize: str):
    x = np.c_[NORMAL, spread * NORMAL]
    settings = config("mlp", f"data.standardize={standardize}")
    dataset = prepare(Arrays("mine", x, LABELS), settings)
    assert np.abs(dataset.train.x[:, 1] - dataset.train.x[:, 0]).max() < 1e-5
    other = Arrays("other", changed(x, (7, 1), value), LABELS)
    message = rf"x is {re.escape(str(value))} at row 7, column 1 in other, -?\d.* once standardised"
    with pytest.raises(DataError, match=message):
        examples(other, settings, dataset.encoding)
    tested = Arrays("mine", x, LABELS, other.x, LABELS)
    with pytest.raises(DataError, match=r"x_test is .* row 7, column 1 in mine"):
        prepare(tested, settings)


@pytest.mark.parametrize(
    "row", [np.flatnonzero(LABELS == 1)[3], 399], ids=["one row", "the last"]
)
def test_the_row_is_that_of_the_source(row: int):
    """Whatever split it falls in; a single outlier can be far in none of them else."""
    x = np.c_[NORMAL, 1e-30 * NORMAL]
    settings = config("mlp")
    found = prepare(Arrays("mine", x, LABELS), settings).encoding
    with pytest.raises(DataError, match=f"x is 1.0 at row {row}, column 1 in mine"):
        prepare(Arrays("mine", changed(x, (row, 1), 1), LABELS), settings, found)


def test_channels_too_far():
    images = 1e-20 * np.random.default_rng(0).normal(size=(40, 6, 6, 2))
    settings = config("cnn")
    found = prepare(Arrays("mine", images, np.arange(40) % 2), settings).encoding
    other = Arrays("mine", changed(images, (3, 2, 5, 1), 0.5), np.arange(40) % 2)
    with pytest.raises(DataError, match=r"is 0.5 at row 3, column \(2, 5, 1\)"):
        examples(other, settings, found)


def test_targets_too_far():
    settings = config("mlp-regression")
    arrays = Arrays("mine", NORMAL[:, None], 1e-25 * NORMAL)
    found = prepare(arrays, settings).encoding
    other = Arrays("mine", arrays.x, changed(arrays.y, 9, 2.0))
    with pytest.raises(DataError, match=r"y is 2\.0 at row 9 in mine, too far"):
        examples(other, settings, found)


def test_inputs_that_are_not_standardised_may_be_large():
    settings = config("mlp", "data.standardize=none")
    x = np.c_[NORMAL, 1e30 * NORMAL]
    train = prepare(Arrays("mine", x, LABELS), settings).train
    assert set(train.x.ravel()) <= set(x.astype("float32").ravel())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("value", [0.1, 1.7e4, -3.0])
def test_rounding_is_no_spread(dtype: str, value: float):
    """As in scikit-learn, which does not enlarge it either."""
    column = np.full(400, value, dtype)
    column[::3] = np.nextafter(column[0], np.array(np.inf, dtype), dtype=dtype)
    column[::7] = np.nextafter(column[1], np.array(-np.inf, dtype), dtype=dtype)
    x = np.c_[column, NORMAL.astype(dtype)]
    dataset = prepare(Arrays("mine", x, LABELS), config("mlp"))
    assert dataset.preprocessing.scale[0] == 1
    small = 2 * np.spacing(np.abs(column).max()) + 1e-15
    assert np.abs(dataset.train.x[:, 0]).max() <= small
    if dtype == "float64":
        assert StandardScaler().fit(x).scale_[0] == 1


def test_a_spread_whose_square_vanishes():
    x = np.c_[NORMAL, 1e-200 * NORMAL]
    dataset = prepare(Arrays("mine", x, LABELS), config("mlp"))
    assert dataset.preprocessing.scale[1] == 1
    assert not dataset.train.x[:, 1].any()
