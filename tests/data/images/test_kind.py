"""A folder of images as the data of a run."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from kerasdl import config
from kerasdl.data.images.form import Form
from kerasdl.errors import DataError, InvalidConfigError
from kerasdl.jobs.dataset import prepare
from tests.data.images.pictures import TURNS

COUNT = 120


def write_digits(folder: Path, count: int = COUNT) -> None:
    """Write digits as PNG and JPEG files, some of which EXIF turns."""
    digits = load_digits()
    for number in range(count):
        label = digits.target[number]
        pixels = (digits.images[number] * 255 / 16).astype("uint8")
        large = np.kron(pixels, np.ones((3, 3), "uint8"))
        orientation = 1 + number % 8
        image = Image.fromarray(np.ascontiguousarray(TURNS[orientation](large)))
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = folder / str(label) / f"{number}.{('png', 'jpg')[number % 2]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, exif=exif)


def chosen(*settings: str) -> config.Config:
    return config.load("cnn", settings=["data.name=digits-folder", *settings])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures")
    write_digits(path / "digits-folder")
    return path


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder / "digits-folder"


@pytest.mark.usefixtures("here")
def test_a_folder_is_split_scaled_and_labelled():
    settings = chosen("data.size=24")
    assert settings.data.kind == "images"
    dataset = prepare(settings.data.read(), settings)
    assert dataset.encoding.preprocessing.form == Form(24, 24, 1, "crop")
    assert dataset.encoding.targets.names == tuple("0123456789")
    x, y = dataset.train.arrays()
    assert x.dtype == "float32"
    assert x.shape == (len(dataset.train), 24, 24, 1)
    assert abs(x.mean()) < 1e-5
    assert abs(x.std() - 1) < 1e-5
    digits = load_digits()
    raw, rows = dataset.train.part.raw, dataset.train.part.rows
    numbers = [int(Path(raw.names[row]).stem) for row in rows]
    np.testing.assert_array_equal(y, digits.target[numbers])
    fitted = dataset.encoding.preprocessing
    pixels = (x[..., 0] * fitted.scale + fitted.mean) * 16
    expected = np.kron(digits.images[numbers], np.ones((1, 3, 3)))
    assert np.abs(pixels - expected).mean((1, 2)).max() < 0.4  # JPEG loses a little


@pytest.mark.usefixtures("here")
def test_colours_and_statistics_by_name():
    settings = chosen("data.colors=rgb", "data.normalize=imagenet", "data.size=16")
    dataset = prepare(settings.data.read(), settings)
    x, _ = dataset.train.arrays()
    black = x.reshape(-1, 3).min(0)
    expected = -np.array([0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(black, expected, rtol=1e-5)


@pytest.mark.usefixtures("here")
def test_gray_images_have_no_statistics_of_colours():
    settings = chosen("data.normalize=imagenet")
    with pytest.raises(DataError, match="are gray, and data\\.normalize is 'imagenet'"):
        prepare(settings.data.read(), settings)
    with pytest.raises(InvalidConfigError, match="no meaning for gray images"):
        chosen("data.normalize=imagenet", "data.colors=gray")


def test_damaged_images_are_listed_all_at_once(tmp_path: Path):
    write_digits(tmp_path / "digits-folder", 60)
    for number in range(25):
        [path] = tmp_path.glob(f"digits-folder/*/{number}.*")
        path.write_bytes(b"" if number % 2 else path.read_bytes()[:60])
    settings = chosen()
    with pytest.raises(DataError) as caught:
        prepare(settings.data.read(), settings)
    assert "25 images of digits-folder cannot be decoded: 0/0.png: " in str(
        caught.value
    )
    assert "; and 5 more" in str(caught.value)


def test_images_that_are_in_no_folder_of_a_class(tmp_path: Path):
    write_digits(tmp_path / "digits-folder", 20)
    (tmp_path / "digits-folder" / "0" / "0.png").rename("digits-folder/loose.png")
    with pytest.raises(DataError, match=r"1 images .* the first is loose\.png"):
        chosen().data.read()


def test_folders_of_parts_without_one_to_learn_from(tmp_path: Path):
    write_digits(tmp_path / "digits-folder" / "test", 20)
    with pytest.raises(DataError, match="no training data"):
        prepare(chosen().data.read(), chosen())


@pytest.mark.usefixtures("here")
def test_a_magnitude_without_operations_is_refused():
    with pytest.raises(InvalidConfigError, match=r"rand_magnitude .* has no meaning"):
        chosen("data.rand_magnitude=0.5")
    assert chosen("data.rand_magnitude=0.5", "data.rand_augment=2").data.augmentation
