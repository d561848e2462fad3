"""Corruptions are functions of the seed and the row, and do what they say."""

import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits, load_wine

from kerasdl.data.arrays import Arrays
from kerasdl.data.corrupted import normal, uniform
from kerasdl.data.corrupted_arrays import corrupted_arrays, corrupted_steps, held
from kerasdl.data.corrupted_texts import corrupted_texts
from kerasdl.data.images.corrupted_pixels import corrupted_pixels
from kerasdl.data.kinds.images import ImagesKind
from kerasdl.data.kinds.series import SeriesKind
from kerasdl.data.kinds.table import TableKind
from kerasdl.data.kinds.text import TextKind
from kerasdl.data.preprocessing import Part
from kerasdl.data.table.table import Table
from kerasdl.data.texts import Texts

ROWS = np.arange(100, 300)


def test_draws_depend_on_the_seed_the_name_and_the_row():
    whole = uniform(3, "noise", ROWS, (2, 4))
    np.testing.assert_array_equal(whole[7:9], uniform(3, "noise", ROWS[7:9], (2, 4)))
    for other in (uniform(4, "noise", ROWS, (2, 4)), uniform(3, "n", ROWS, (2, 4))):
        assert not (whole == other).any()
    assert stats.kstest(whole.ravel(), "uniform").pvalue > 0.01
    assert stats.kstest(normal(3, "noise", ROWS, (9,)).ravel(), "norm").pvalue > 0.01


def test_images():
    pixels = load_digits().images[:200] / 16
    found = {(name, how): each for name, how, each in corrupted_pixels(pixels, ROWS, 0)}
    assert len(found) == 12
    for each in found.values():
        assert each.min() >= 0
        assert each.max() <= 1
    blurred = np.stack([gaussian_filter(one, 0.7, mode="nearest") for one in pixels])
    np.testing.assert_allclose(found["Gaussian blur", "0.7 pixels"], blurred)
    noise = found["Gaussian noise", "0.1 of the range"] - pixels
    inside = (pixels > 0.4) & (pixels < 0.6)
    assert noise[inside].std() == pytest.approx(0.1, rel=0.1)
    bright = found["brightness", "+0.15 of the range"]
    np.testing.assert_allclose(bright, (pixels + 0.15).clip(0, 1))
    faint = found["contrast", "× 0.4"]
    np.testing.assert_allclose(faint.mean((1, 2)), pixels.mean((1, 2)))
    np.testing.assert_allclose(faint.std((1, 2)), 0.4 * pixels.std((1, 2)))


def test_whole_numbers_stay_whole():
    x = (load_digits().images * 15).astype("uint8")
    part = Part(Arrays("digits", x, np.zeros(len(x), int)), ROWS)
    for each in corrupted_arrays(part, 0):
        assert each.part.raw.x.dtype == "uint8"
        assert each.part.raw.x.shape == (200, 8, 8)
        assert (each.part.rows == np.arange(200)).all()


def test_rows_of_numbers():
    x, y = load_wine(return_X_y=True)
    part = Part(Arrays("wine", x, y), np.arange(20, 170))
    found = {(e.name, e.severity): e.part.raw.x for e in corrupted_arrays(part, 0)}
    assert len(found) == 3 + 13 * 3
    own = x[20:170]
    noise = found["noise in all columns", "0.5 deviations"] - own
    np.testing.assert_allclose(noise.std(0), 0.5 * own.std(0), rtol=0.2)
    for severity in ("its mean", "permuted", "noise of 0.1 deviations"):
        changed = found["column 3", severity]
        assert (changed != own).any(0).tolist() == [n == 3 for n in range(13)]
        assert changed[:, 3].mean() == pytest.approx(own[:, 3].mean(), rel=0.01)
    permuted = found["column 3", "permuted"][:, 3]
    np.testing.assert_array_equal(np.sort(permuted), np.sort(own[:, 3]))


def test_steps_that_are_held():
    x = np.arange(8.0).reshape(1, 4, 2)
    lost = np.array([[True, True, False, True]])
    assert held(x, lost)[0, :, 0].tolist() == [0, 0, 4, 4]
    series = np.random.default_rng(0).normal(size=(300, 50, 2))
    part = Part(Arrays("waves", series, np.zeros(300)), ROWS)
    found = {(e.name, e.severity): e.part.raw.x for e in corrupted_steps(part, 0)}
    changed = (found["steps held", "20%"] != series[ROWS]).any(-1)
    assert changed.mean() == pytest.approx(0.2, abs=0.02)
    assert not changed[:, 0].any()


def test_columns_of_a_table():
    drawn = np.random.default_rng(0)
    columns = {
        "size": np.array([f"{n:.3f}" for n in drawn.normal(50, 9, 400)], object),
        "city": drawn.choice(np.array(["Bonn", "Köln"], object), 400),
        "y": np.array(["a", "b"] * 200, object),
    }
    kind = TableKind(name="t.csv", target="y")
    raw = kind.from_table(Table("t.csv", columns))
    train, test = Part(raw, np.arange(200)), Part(raw, ROWS)
    preprocessing = kind.fit(train)
    found = {
        (e.name, e.severity): e.part for e in kind.corrupted(test, preprocessing, 0)
    }
    assert [*found] == [
        ("column size", "missing"),
        ("column size", "permuted"),
        ("column size", "noise of 0.1 deviations"),
        ("column city", "missing"),
        ("column city", "permuted"),
    ]
    clean = preprocessing.inputs(test)
    assert not preprocessing.inputs(found["column size", "missing"])[:, 0].any()
    noisy = preprocessing.inputs(found["column size", "noise of 0.1 deviations"])
    assert (noisy - clean)[:, 0].std() == pytest.approx(0.1, rel=0.2)
    assert (noisy == clean)[:, 1:].all()
    permuted = preprocessing.inputs(found["column city", "permuted"])
    assert permuted.sum(0) == pytest.approx(clean.sum(0), rel=1e-5)
    assert (permuted != clean).any()


def test_texts():
    texts = ["one two three four five six " * 20, "", "é"]
    found = {(name, how): each for name, how, each in corrupted_texts(texts, ROWS, 0)}
    assert len(found) == 6
    short = found["characters dropped", "20%"][0]
    assert len(short) / len(texts[0]) == pytest.approx(0.8, abs=0.05)
    words = found["words dropped", "20%"][0].split()
    assert len(words) / 120 == pytest.approx(0.8, abs=0.1)
    assert {*words} <= {*texts[0].split()}
    mildest = found["words dropped", "5%"][0]
    assert len(mildest) > len(found["words dropped", "20%"][0])
    kind, raw = TextKind(name="t.csv"), Texts("t", tuple(texts), ("a", "b", "a"))
    part = Part(raw, np.array([2, 0]))
    changed = next(iter(kind.corrupted(part, None, 0))).part
    assert changed.raw.texts[1] != texts[0]
    assert len(changed.raw.texts) == 2
    windows = TextKind(name="t.txt", task="language-modelling")
    assert [*windows.corrupted(part, None, 0)] == []


def test_series_from_a_table():
    steps = np.arange(200.0)
    table = Table("t.csv", {"day": steps, "load": np.sin(steps), "heat": np.cos(steps)})
    kind = SeriesKind(name="t.csv", target="load", time="day", window=5)
    raw = kind.from_table(table)
    parts = kind.parts(raw, False, 0)
    preprocessing = kind.fit(parts.train)
    clean = preprocessing.inputs(parts.test)
    found = {
        (e.name, e.severity): e.part
        for e in kind.corrupted(parts.test, preprocessing, 0)
    }
    assert len(found) == 6
    noisy = found["noise in all numbers", "0.1 deviations"]
    assert preprocessing.inputs(noisy).std() == pytest.approx(clean.std(), rel=0.05)
    assert (noisy.raw.targets == raw.targets).all()
    held_part = found["steps held", "40%"]
    changed = (preprocessing.inputs(held_part) != clean).any(-1)
    assert changed.mean() == pytest.approx(0.4, abs=0.1)


def test_image_files(tmp_path):
    from PIL import Image

    for label in ("a", "b"):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        for n in range(6):
            pixels = np.full((8, 8), 20 * n + 60, "uint8")
            pixels[2:5] = 200
            Image.fromarray(pixels).save(tmp_path / "pictures" / label / f"{n}.png")
    kind = ImagesKind(name=str(tmp_path / "pictures"), size=8)
    raw = kind.read()
    part = Part(raw, np.array([3, 9]))
    preprocessing = kind.fit(Part(raw, np.arange(12)))
    found = [*kind.corrupted(part, preprocessing, 0)]
    assert len(found) == 12
    bright = preprocessing.pictures(preprocessing.inputs(found[6].part))
    clean = preprocessing.pictures(preprocessing.inputs(part))
    assert bright.astype(int) - clean == pytest.approx(
        np.full((2, 8, 8, 1), 12.75), abs=1
    )
