"""Every example runs, shrunk; what is accelerated does so on every backend."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_all_are_tested_and_short():
    scripts = {path.name: path.read_text() for path in EXAMPLES.glob("*.py")}
    assert set(scripts) == {"fit_your_own.py", "mnist_mlp.py"}
    assert all(len(text.splitlines()) <= 60 for text in scripts.values())


def test_fit_your_own():
    main = runpy.run_path(str(EXAMPLES / "fit_your_own.py"))["main"]
    assert main(epochs=3, filters=8) > 0.8


@pytest.mark.any_backend
def test_mnist_mlp(tmp_path: Path):
    digits = load_digits()
    np.savez(tmp_path / "mine.npz", x=digits.images, y=digits.target)
    main = runpy.run_path(str(EXAMPLES / "mnist_mlp.py"))["main"]
    assert main(str(tmp_path / "mine.npz"), epochs=3) > 0.8
