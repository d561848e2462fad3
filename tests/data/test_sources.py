from pathlib import Path

import numpy as np
import pytest

from kerasdl import registry
from kerasdl.config.schema import DATA
from kerasdl.data.kinds.kind import Kind
from kerasdl.errors import DataError


def kind(name: str, task: str) -> Kind:
    return registry.find("kinds", DATA.of({"name": name}))(name=name, task=task)


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("digits", "classification"),
        ("digits", "reconstruction"),
        ("diabetes", "reconstruction"),
        ("mnist", "reconstruction"),
        ("python-source", "language-modelling"),
        ("python-docstrings", "classification"),
        ("mine.npz", "regression"),
        ("mine.npz", "reconstruction"),
        ("mine.txt", "language-modelling"),
    ],
)
def test_sources_with_their_tasks(tmp_path: Path, name: str, task: str):
    (tmp_path / "mine.npz").touch()
    (tmp_path / "mine.txt").touch()
    kind(name, task).check_source()


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        ("digit", "classification", "did you mean digits"),
        ("python-sources", "language-modelling", "did you mean python-source"),
        ("mnist", "regression", "mnist is a classification set"),
        ("diabetes", "classification", "diabetes is a regression set"),
        ("digits", "language-modelling", "use a classification preset"),
        ("python-source", "classification", "is a language-modelling set"),
        ("python-source", "reconstruction", "is a language-modelling set"),
        ("python-docstrings", "language-modelling", "is a classification set"),
        ("python-docstrings", "reconstruction", "is a classification set"),
        ("none.npz", "classification", "no file at none.npz"),
        ("none.txt", "language-modelling", "no file at none.txt — .* a .txt file"),
        (".txt", "language-modelling", "no file at .txt"),
        (
            "mine.txt",
            "classification",
            "mine.txt is for language-modelling or masked-language-modelling, data.task",
        ),
        ("mine.npz", "language-modelling", "for classification or regression or reco"),
    ],
)
def test_sources_are_checked_before_they_are_loaded(
    tmp_path: Path, name: str, task: str, message: str
):
    (tmp_path / "mine.npz").touch()
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DataError, match=message):
        kind(name, task).check_source()


def test_files_of_ones_own(tmp_path: Path):
    np.savez("mine.npz", x=np.ones((3, 2)))
    assert len(kind("mine.npz", "reconstruction").read().x) == 3
    with pytest.raises(DataError, match="not both x and y"):
        kind("mine.npz", "classification").read()
    (tmp_path / "mine.txt").write_text("a text")
    assert kind("mine.txt", "language-modelling").read().texts == ("a text",)


def test_a_set_of_another_kind(tmp_path: Path):
    text = registry.find("kinds", "text")
    for name in ("digits", "mine.npz"):
        with pytest.raises(
            DataError, match=f"{name} holds arrays, data.kind is 'text'"
        ):
            text(name=name).check_source()
