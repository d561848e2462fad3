"""Every example runs, shrunk; what is accelerated does so on every backend."""

import json
import runpy
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from sklearn.datasets import load_digits

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_all_are_tested_and_short():
    scripts = {path.name: path.read_text() for path in EXAMPLES.glob("*.py")}
    assert set(scripts) == {"fit_your_own.py", "mnist_mlp.py"}
    assert all(len(text.splitlines()) <= 60 for text in scripts.values())


@pytest.mark.variant
def test_fit_your_own():
    main = runpy.run_path(str(EXAMPLES / "fit_your_own.py"))["main"]
    assert main(epochs=3, filters=8) > 0.8


@pytest.mark.any_backend
def test_mnist_mlp(tmp_path: Path):
    digits = load_digits()
    np.savez(tmp_path / "mine.npz", x=digits.images, y=digits.target)
    main = runpy.run_path(str(EXAMPLES / "mnist_mlp.py"))["main"]
    assert main(str(tmp_path / "mine.npz"), epochs=3) > 0.8


@pytest.mark.slow
@pytest.mark.any_backend
def test_digits_notebook(tmp_path: Path):
    """In a kernel, as Jupyter runs it."""
    notebook = nbformat.read(EXAMPLES / "digits.ipynb", 4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}).execute()
    cells = {cell.id: cell.outputs for cell in notebook.cells if "outputs" in cell}
    shown = "".join(part["text"] for part in cells["train"] if part["name"] == "stdout")
    assert shown.count("\r") == 10
    assert shown.count("\n") <= 2
    html = cells["run"][0]["data"]["text/html"]
    for part in ("<caption>runs/mlp-1: completed", "logistic regression", "accuracy"):
        assert part in html
    assert len(json.loads(cells["epochs"][0]["data"]["text/plain"])) == 10
    assert cells["again"][0]["data"]["text/plain"] == "True"
