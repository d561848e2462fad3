"""A model file appears whole or not at all, as Keras would write it."""

import resource
import zipfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import storage
from kerasdl.errors import StorageError
from kerasdl.model_file.inspection import WEIGHTS
from kerasdl.model_file.loading import load
from kerasdl.model_file.saving import save

pytestmark = pytest.mark.any_backend
NUMBERS = 100_000


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((NUMBERS,)), keras.layers.Dense(1)])


def write(model: keras.Model) -> None:
    with storage.replacing(Path("model.keras")) as path:
        save(model, path)


def test_it_has_the_members_and_the_weights_of_keras(model: keras.Model):
    write(model)
    model.save("keras.keras")
    names = [{*zipfile.ZipFile(n).namelist()} for n in ("model.keras", "keras.keras")]
    assert names[0] == names[1]
    for read in (lambda: load(Path("model.keras"))[0],
                 partial(keras.saving.load_model, "model.keras")):  # fmt: skip
        for weight, other in zip(read().weights, model.weights, strict=True):
            np.testing.assert_array_equal(
                *map(keras.ops.convert_to_numpy, (weight, other))
            )
    assert {path.name for path in Path().iterdir()} == {"model.keras", "keras.keras"}


@pytest.mark.parametrize("writer", ["HDF5", "zipfile"])
def test_what_does_not_fit_leaves_nothing(model: keras.Model, writer: str):
    write(model)
    weights = zipfile.ZipFile("model.keras").getinfo(WEIGHTS).file_size
    most = weights // 2 if writer == "HDF5" else weights
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    Path("model.keras").write_bytes(b"old")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(StorageError, match=r"model\.keras: File too large"):
            write(model)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Path("model.keras").read_bytes() == b"old"
    assert [path.name for path in Path().iterdir()] == ["model.keras"]
