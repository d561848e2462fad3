"""Small runs of every kind of data, and what their exported folders answer."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images, load_wine

from tests.jobs.helpers import verb

ALONE = """
import runpy, sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split()))
runpy.run_path("run.py", run_name="__main__")
"""
"""Runs the script where some modules cannot be imported."""
ABSENT = "kerasdl keras scipy sklearn pandas safetensors"
WORDS = ("green", "tree", "red", "car", "fast", "leaf")


def answers(folder: Path, arguments: Sequence[str], absent: str = "") -> list[Any]:
    """Return what the script of an exported folder says, without kerasdl and Keras."""
    command = [sys.executable, "-c", ALONE, f"{ABSENT} {absent}", *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def predicted(run: str, data: str, count: int) -> list[dict[str, Any]]:
    """Return the first predictions of a run."""
    code, said = verb("predict", run, "--data", data, "--output", "predicted.jsonl")
    assert code == 0, said
    lines = Path("predicted.jsonl").read_text().splitlines()[:count]
    return [json.loads(line) for line in lines]


def assert_alike(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    for own, other in zip(found, expected, strict=True):
        names = own.keys() & other.keys()
        known = ("prediction", "probability", "embedding")
        assert {name for name in other if name.startswith(known)} <= names
        for name in names:
            if isinstance(own[name], str):
                assert own[name] == other[name]
            else:
                np.testing.assert_allclose(own[name], other[name], 1e-4, 1e-6)


def trained(*arguments: str) -> str:
    code, said = verb("train", *arguments, "--epochs", "1", "--run-dir", "run")
    assert code == 0, said
    return "run"


def of_arrays() -> tuple[str, str, list[str]]:
    """Return a run, new data for `predict`, and the same for the script."""
    x, y = load_digits(return_X_y=True)
    np.savez("digits.npz", x=x, y=y)
    np.savez("new.npz", x=x[:5] + 0.25)
    np.save("new.npy", x[:5] + 0.25)
    run = trained("--preset", "mlp-tabular", "--data", "digits.npz")
    return run, "new.npz", [str(Path("new.npy").resolve())]


def of_a_table() -> tuple[str, str, list[str]]:
    """Numbers with units and gaps, categories and dates."""
    x, y = load_wine(return_X_y=True)
    days = np.datetime64("2020-01-01") + np.arange(len(x)) * 3
    rows = [
        [f"{a:.2f} %", "" if n % 9 == 0 else f"{b:,.1f}", "ab"[n % 2], str(day), f"{d}"]
        for n, (a, b, day, d) in enumerate(zip(x[:, 0], x[:, 12], days, y, strict=True))
    ]
    for name, part in (("wine.csv", rows), ("new.csv", rows[:7])):
        with Path(name).open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["alcohol", "proline", "half", "day", "kind"])
            writer.writerows(part)
    run = trained("--preset", "tabm", "--data", "wine.csv", "--target", "kind")
    return run, "new.csv", [str(Path("new.csv").resolve())]


def of_images() -> tuple[str, str, list[str]]:
    """Parts of two photographs, as JPEG files of another size, some turned."""
    photos = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    turned = Image.Exif()
    turned[0x0112] = 6
    for folder, count in (("photos", 20), ("new", 3)):
        for number in range(count):
            path = Path(folder, "ab"[number % 2], f"{number:02}.jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            left = 5 * number
            part = photos[number % 2].crop((left, left, left + 150, left + 100))
            part.save(path, exif=turned if number % 3 == 0 else b"")
    run = trained(
        *("--preset", "plain-cnn", "--data", "photos", "--set", "data.size=32"),
        *("--set", "model.filters=[4]"),
    )
    new = sorted(map(str, Path("new").resolve().rglob("*.jpg")))
    return run, "new", new


def of_texts(*settings: str) -> tuple[str, str, list[str]]:
    """Sentences with labels, as subwords."""
    drawn = np.random.default_rng(0)
    texts = [" ".join(drawn.choice(WORDS, 6)) for _ in range(60)]
    with Path("texts.jsonl").open("w") as file:
        for text in texts:
            label = "tree" if text.count("tree") > text.count("car") else "other"
            file.write(json.dumps({"text": text, "label": label}) + "\n")
    new = ["a green tree, très fast!", "", "car car [PAD] car"]
    Path("new.jsonl").write_text(
        "".join(json.dumps({"text": each}) + "\n" for each in new)
    )
    sizes = ("model.width=8", "model.depth=1", "model.num_heads=2", "model.mlp_units=8")
    flags = [part for each in (*sizes, *settings) for part in ("--set", each)]
    run = trained("--preset", "bert-tiny", "--data", "texts.jsonl", *flags)
    return run, "new.jsonl", new


def of_subwords() -> tuple[str, str, list[str]]:
    return of_texts("data.tokens=wordpiece", "data.vocabulary_size=100")


def of_a_number() -> tuple[str, str, list[str]]:
    """Two numbers of a table, in a unit far from 1."""
    x, _ = load_wine(return_X_y=True)
    for name, part in (("wine.csv", x), ("new.csv", x[:9])):
        lines = [f"{a},{b},{1e6 * (a - 13)},{1e-4 * b}" for a, b, *_ in part]
        Path(name).write_text("\n".join(["a,b,large,small", *lines]))
    flags = ("--preset", "realmlp", "--data", "wine.csv", "--target", "large")
    run = trained(*flags, "--target", "small")
    return run, "new.csv", [str(Path("new.csv").resolve())]


def of_a_series() -> tuple[str, str, list[str]]:
    """A wave; the script sees the steps in their order."""
    waves = np.sin(np.arange(200) / 5)
    lines = [f"{step},{each:.4f}" for step, each in enumerate(waves)]
    Path("wave.csv").write_text("\n".join(["step,wave", *lines]))
    run = trained(
        *("--preset", "nlinear", "--data", "wave.csv", "--target", "wave"),
        *("--set", "data.time=step", "--set", "data.window=12"),
        *("--set", "data.horizon=3"),
    )
    return run, "wave.csv", [str(Path("wave.csv").resolve())]


def of_pixels() -> tuple[str, str, list[str]]:
    """Images that are rebuilt."""
    x, _ = load_digits(return_X_y=True)
    np.savez("digits.npz", x=x)
    np.save("new.npy", x[:5])
    np.savez("new.npz", x=x[:5])
    flags = ("--preset", "autoencoder", "--data", "digits.npz")
    return trained(*flags), "new.npz", [str(Path("new.npy").resolve())]


KINDS = {
    "numbers": of_a_number,
    "series": of_a_series,
    "pixels": of_pixels,
    "arrays": of_arrays,
    "table": of_a_table,
    "images": of_images,
    "texts": of_texts,
    "subwords": of_subwords,
}
