"""Examples of arrays that are in two parts of a split."""

import numpy as np
import pytest

from kerasdl import config as configs
from kerasdl.config.load import parse_setting
from kerasdl.jobs.dataset import prepare

RNG = np.random.default_rng(0)
X = RNG.integers(0, 255, (60, 4, 4), "uint8")
Y = np.arange(60) % 3


def told(preset: str = "cnn", **arrays: np.ndarray) -> list[str]:
    """Return what training says about arrays."""
    np.savez("d.npz", **arrays)
    config = configs.load(preset, None, [parse_setting("data.name=d.npz")])
    return [str(finding) for finding in prepare(config.data.read(), config).findings]


def test_a_test_set_that_is_the_training_set_is_told():
    """Also if its numbers are stored otherwise."""
    [line] = told(x=X, y=Y, x_test=X.astype("float64"), y_test=Y)
    held_out = 60 - round(0.15 * 60)
    assert line.startswith(
        f"{held_out} of 60 test examples copy training examples, {held_out} with the "
        "same target, such as row "
    )
    assert "of x_test of d.npz — remove the copies" in line


def test_copies_within_the_data_are_those_of_sets_of_rows():
    x = np.concatenate([X, X[:25]])
    y = np.concatenate([Y, (Y[:25] + 1) % 3])
    np.savez("d.npz", x=x, y=y)
    config = configs.load("cnn", None, [parse_setting("data.name=d.npz")])
    raw = config.data.read()
    parts = config.data.parts(raw, True, 0)
    train = {row.tobytes() for row in x[parts.train.rows]}
    copies = {
        name: sum(row.tobytes() in train for row in x[part.rows])
        for name, part in (("validation", parts.validation), ("test", parts.test))
    }
    assert all(copies.values())
    found = config.data.findings(raw, parts)
    assert {finding.where: finding.value for finding in found} == copies
    assert all("0 with the same target" in str(finding) for finding in found)


@pytest.mark.parametrize("dtype", ["float32", "int64", ">f8"])
def test_examples_without_copies_are_not_told(dtype: str):
    assert not told(x=X.astype(dtype), y=Y)


def test_numbers_that_only_float32_confuses_are_no_copies():
    x = (2**24 + np.arange(60.0))[:, None] * np.ones(3)
    found = told("mlp-regression", x=x, y=RNG.normal(size=60))
    assert not [line for line in found if "copy" in line]


def test_inputs_that_are_their_own_targets_are_not_compared():
    assert not told("autoencoder", x=np.concatenate([X, X]))


def test_whole_series_are_compared():
    np.savez("d.npz", x=X, y=Y, x_test=X, y_test=Y)
    data = ["data.name=d.npz", "data.kind=series", "data.task=classification"]
    config = configs.load("lstm", None, [*map(parse_setting, data)])
    found = prepare(config.data.read(), config).findings
    assert [finding.kind for finding in found] == ["duplicate-examples"]
