"""Augmentation does what SciPy and the formulas of its papers do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from kerasdl.data.images import augment
from kerasdl.data.images import move as moves
from kerasdl.data.images.augmentation import STANDARD, Augmentation
from kerasdl.data.images.crop import drawn_box
from kerasdl.data.images.decode import decode
from kerasdl.data.images.form import Form
from kerasdl.data.images.move import Move, as_image
from kerasdl.data.images.rand_augment import CHANGES, MOVES
from tests.data.images.pictures import PHOTOGRAPH, PICTURE, save

SQUARE = np.ascontiguousarray(PHOTOGRAPH[100:164, 200:264])
GRAY = np.array([299, 587, 114]) / 1000
"""Weights of red, green and blue (ITU-R BT.601, section 2.5.1)."""
EVERYTHING = Augmentation(
    flip=True, rotation=30, shift=0.2, zoom=0.3, crop=0.5, brightness=0.4,
    contrast=0.4, saturation=0.4, erasing=0.5, rand_augment=2,
)  # fmt: skip


def moved(pixels: np.ndarray, by: Move) -> np.ndarray:
    return np.asarray(moves.moved(as_image(pixels), by)).reshape(pixels.shape)


def augmented(pixels: np.ndarray, *how: Any) -> np.ndarray:
    return augment.augmented(as_image(pixels), *how)


def by_scipy(pixels: np.ndarray, move: Move) -> np.ndarray:
    """Return the picture that a move gives; SciPy counts rows first, from centres."""
    height, width, _ = pixels.shape
    matrix = move.matrix[::-1, ::-1]
    middle = np.array([height - 1, width - 1]) / 2
    offset = middle + move.offset[::-1] - matrix @ middle
    channels = [
        ndimage.affine_transform(part, matrix, offset, order=1, mode="reflect")
        for part in pixels.astype(float).transpose(2, 0, 1)
    ]
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize(
    "move",
    [
        Move.turn(10),
        Move.turn(-37.5),
        Move.of(x=3.25, y=-7.5),
        Move.of(0.7, 0, 0, 0.7),
        Move.of(1.3, 0, 0, 1.3),
        Move.of(xx=-1).then(Move.turn(20)).then(Move.of(0.9, 0.1, -0.2, 1.1, 2, 3)),
    ],
)
@pytest.mark.parametrize("picture", [PICTURE, SQUARE, SQUARE[..., :1]])
def test_moves_are_those_of_scipy(picture: np.ndarray, move: Move):
    expected = by_scipy(picture, move)
    apart = np.abs(moved(picture, move) - expected)
    assert apart.mean() < 0.6  # rounded to whole numbers
    assert apart.max() < 4


def test_a_quarter_turn_and_a_mirror_image_are_exact():
    np.testing.assert_array_equal(moved(SQUARE, Move.of(xx=-1)), SQUARE[:, ::-1])
    turned = moved(SQUARE, Move.turn(90)).astype(int)
    assert np.abs(turned - np.rot90(SQUARE, 1)).max() <= 1


def test_moves_follow_one_another():
    """A shift of a turned picture is along the axes of the picture."""
    one = moved(moved(SQUARE, Move.turn(90)), Move.of(x=5))
    both = moved(SQUARE, Move.turn(90).then(Move.of(x=5)))
    assert np.abs(one.astype(int) - both)[:, 6:-6].max() <= 2


def many(chosen: Augmentation, count: int = 200) -> np.ndarray:
    return np.stack([augmented(SQUARE, chosen, 0, 0, row) for row in range(count)])


def test_brightness_scales():
    factors = many(Augmentation(brightness=0.2)).astype(float).mean((1, 2, 3))
    factors /= SQUARE.mean()
    assert factors.min() == pytest.approx(0.8, abs=0.01)
    assert 1.1 < factors.max() <= 1.2  # white stays white
    picture = augmented(SQUARE, Augmentation(brightness=0.2), 0, 0, 3).astype(float)
    factor = picture[SQUARE > 100].mean() / SQUARE[SQUARE > 100].mean()
    expected = np.minimum(SQUARE * factor, 255)
    assert np.abs(picture - expected).mean() < 1.5


@pytest.mark.parametrize("key", ["contrast", "saturation"])
def test_contrast_and_saturation_stretch_the_distance_from_gray(key: str):
    gray = SQUARE @ GRAY
    center = gray[..., None] if key == "saturation" else np.round(gray.mean())
    for row in range(5):
        picture = augmented(SQUARE, Augmentation(**{key: 0.2}), 0, 0, row).astype(float)
        inside = (picture > 0) & (picture < 255)
        one, other = (picture - center)[inside], (SQUARE - center)[inside]
        factor = (one @ other) / (other @ other)
        assert 0.79 < factor < 1.21
        assert np.abs(one - factor * other).mean() < 1.5


def test_half_of_the_pictures_are_mirrored():
    pictures = many(Augmentation(flip=True), 400)
    mirrored = (pictures == SQUARE[:, ::-1]).all((1, 2, 3))
    assert ((pictures == SQUARE).all((1, 2, 3)) | mirrored).all()
    assert 160 < mirrored.sum() < 240


@pytest.mark.parametrize("size", [(400, 300), (300, 400), (100, 100)])
@pytest.mark.parametrize("least", [0.25, 0.9])
def test_a_crop_keeps_its_share_of_the_area(size: tuple[int, int], least: float):
    boxes = [drawn_box(least, 0, 0, row)(*size) for row in range(500)]
    left, top, right, bottom = np.array(boxes).T
    assert min(left.min(), top.min()) >= 0
    assert right.max() <= size[0]
    assert bottom.max() <= size[1]
    shares = (right - left) * (bottom - top) / (size[0] * size[1])
    assert least - 1e-9 <= shares.min() < least + 0.02
    assert 0.98 < shares.max() <= 1 + 1e-9
    ratios = (right - left) / (bottom - top)
    assert ratios.min() >= 3 / 4 - 1e-9
    assert ratios.max() <= 4 / 3 + 1e-9
    if least == 0.25:
        assert ratios.min() < 0.8
        assert ratios.max() > 1.25


@pytest.mark.parametrize("size", [(400, 100), (100, 400)])
def test_a_crop_of_a_long_image_keeps_the_shape_of_things(size: tuple[int, int]):
    """The largest part of the allowed ratio is less than the share."""
    boxes = [drawn_box(0.9, 0, 0, row)(*size) for row in range(100)]
    left, top, right, bottom = np.array(boxes).T
    ratio = 4 / 3 if size[0] > size[1] else 3 / 4
    np.testing.assert_allclose((right - left) / (bottom - top), ratio)
    np.testing.assert_allclose(np.minimum(right - left, bottom - top), 100)
    assert np.ptp(left + top) > 200


def test_a_crop_is_cut_out_as_the_image_is_resized(tmp_path: Path):
    """As Pillow cuts and resizes, in one interpolation."""
    path, box_of = save(tmp_path / "a.png", PHOTOGRAPH), drawn_box(0.1, 1, 2, 3)
    left, top, right, bottom = box_of(640, 427)
    whole = tuple(map(round, (left, top, right, bottom)))
    cut = as_image(PHOTOGRAPH).crop(whole).resize((64, 64), Image.Resampling.BILINEAR)
    apart = np.asarray(decode(path, Form(64, 64, 3, "crop"), box_of)).astype(
        int
    ) - np.asarray(cut)
    assert np.abs(apart).mean() < 2


def test_erased_rectangles_are_noise():
    changed = (many(Augmentation(erasing=1.0)) != SQUARE).any(-1)
    shares = changed.mean((1, 2))
    assert 0.015 < shares.min() < 0.05
    assert 0.25 < shares.max() < 0.34
    whole = changed[np.argmax(shares)]
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    assert whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean() > 0.99
    untouched = (many(Augmentation(erasing=0.5)) == SQUARE).all((1, 2, 3))
    assert 70 < untouched.sum() < 130


def test_operations_of_rand_augment():
    image = as_image(SQUARE)
    same, bright, color, contrast, sharp, posterize, solarize, auto, equal = CHANGES
    np.testing.assert_array_equal(np.asarray(same(image, 1)), SQUARE)
    dark = np.asarray(bright(image, -1)).astype(float)
    assert np.abs(dark - 0.1 * SQUARE).max() <= 1
    np.testing.assert_array_equal(np.asarray(posterize(image, 1)), SQUARE & 0b11110000)
    inverted = np.where(SQUARE < 128, SQUARE, 255 - SQUARE)
    np.testing.assert_array_equal(np.asarray(solarize(image, 0.5)), inverted)
    low, high = SQUARE.min((0, 1)).astype(float), SQUARE.max((0, 1))
    stretched = (SQUARE - low) / (high - low) * 255
    assert np.abs(np.asarray(auto(image, 1)) - stretched).max() <= 1
    levels = np.asarray(equal(image, 1))
    for channel in range(3):
        counts, _ = np.histogram(levels[..., channel], 4, (0, 256))
        assert counts.min() > 0.15 * 64 * 64
    gray = np.asarray(color(image, -0.5)).astype(float) - SQUARE
    assert np.abs(gray).mean() > 1
    assert np.asarray(contrast(image, 1)).std() > SQUARE.std()
    assert np.asarray(sharp(image, 1)).std() > SQUARE.std()


def test_moves_of_rand_augment():
    """As far as AutoAugment's table says, in pixels and degrees."""
    corner = np.array([32.0, 32.0])
    old = [
        move.matrix @ corner + move.offset for move in (m(1.0, 331, 662) for m in MOVES)
    ]
    turned = 32 * np.sqrt(2) * np.array([np.sin(np.pi / 12), np.cos(np.pi / 12)])
    expected = [(41.6, 32), (32, 41.6), (182, 32), (32, 332), turned]
    np.testing.assert_allclose(old, expected, atol=1e-9)


def test_it_is_a_function_of_seed_epoch_and_row():
    one = augmented(SQUARE, EVERYTHING, 1, 2, 3)
    np.testing.assert_array_equal(one, augmented(SQUARE, EVERYTHING, 1, 2, 3))
    for other in ((2, 2, 3), (1, 3, 3), (1, 2, 4)):
        assert (augmented(SQUARE, EVERYTHING, *other) != one).any()


def test_one_key_does_not_change_what_another_draws():
    plain = Augmentation(flip=True)
    for row in range(20):
        straight = (augmented(SQUARE, plain, 0, 0, row) == SQUARE).all()
        bright = augmented(SQUARE, replace(plain, brightness=0.1), 0, 0, row)
        is_mirrored = np.corrcoef(bright.ravel(), SQUARE.ravel())[0, 1] < 0.99
        assert straight != is_mirrored


def test_without_changes_it_is_the_picture():
    np.testing.assert_array_equal(augmented(SQUARE, Augmentation(), 0, 0, 0), SQUARE)
    gray = SQUARE[..., :1]
    assert augmented(gray, EVERYTHING, 0, 0, 0).shape == gray.shape
    assert augmented(gray, STANDARD, 0, 0, 0).dtype == "uint8"
