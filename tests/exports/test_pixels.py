"""The script for image files gives the pixels that a model was trained on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from kerasdl.data.images.decode import decode
from kerasdl.data.images.form import Form

PHOTO = Image.fromarray(load_sample_images().images[1]).resize((300, 201))
FORMS = (
    Form(32, 32, 3, "crop"),
    Form(40, 24, 1, "stretch"),
    Form(64, 48, 3, "crop", "bicubic", 0.875),
)


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    PHOTO.save(path, exif=exif)


def sixteen_bits(path: Path) -> None:
    values = np.asarray(PHOTO.convert("L")).astype("uint16") * 257
    Image.fromarray(values).save(path)


def transparent(path: Path) -> None:
    image = PHOTO.convert("RGBA")
    image.putalpha(PHOTO.convert("L"))
    image.save(path)


def palette(path: Path) -> None:
    PHOTO.quantize(32).save(path, transparency=3)


FILES: dict[str, Any] = {
    "photo.jpg": PHOTO.save,
    "turned.jpg": turned,
    "gray.jpg": PHOTO.convert("L").save,
    "cmyk.jpg": PHOTO.convert("CMYK").save,
    "large.jpg": PHOTO.resize((2400, 1608)).save,
    "sixteen.png": sixteen_bits,
    "transparent.png": transparent,
    "palette.png": palette,
    "bits.png": PHOTO.convert("1").save,
    "photo.webp": PHOTO.save,
}


@pytest.mark.parametrize("name", FILES)
def test_pixels_are_those_of_the_training(
    name: str, tmp_path: Path, standalone: Any
) -> None:
    path = tmp_path / name
    FILES[name](path)
    for form in FORMS:
        meaning = {"preprocessing": form.__dict__}
        [found] = standalone("images", "inputs").inputs([str(path)], meaning)
        expected = np.asarray(decode(path, form)).reshape(form.shape)
        np.testing.assert_array_equal(found[0], expected)
