"""What `kerasdl parity` refuses, with whatever backends are installed."""

from pathlib import Path

import pytest

from kerasdl.backend import installed
from tests.cli.helpers import assert_fails, kerasdl
from tests.test_architecture import command, loaded_after


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, ["--preset", "mlp"]),
        (["--preset", "mpl"], 2, ["'mpl'", "did you mean mlp?"]),
        (["--preset", "mlp", "--backends", "jax"], 2, ["names one"]),
        (["--preset", "mlp", "--backends", "jax,jax"], 2, ["names one"]),
        (["--preset", "mlp", "--backends", "numpy,jax"], 5, ["'numpy'", "jax, torch"]),
    ],
)  # fmt: skip
def test_faults_end_in_one_line(arguments, code, words):
    assert_fails(kerasdl("parity", *arguments), code, *words)


def test_faults_answer_without_keras():
    faulty = command("parity", "--preset", "mlp", "--set", "training.epoch=1")
    assert loaded_after(faulty) == []


def test_one_backend_alone_cannot_be_compared(tmp_path: Path):
    hide = "from importlib.machinery import PathFinder as p; f = p.find_spec\n"
    hide += f"hidden = {installed()[1:]}\n"
    hide += "p.find_spec = lambda n, *a: None if n in hidden else f(n, *a)\n"
    (tmp_path / "sitecustomize.py").write_text(hide)
    done = kerasdl("parity", "--preset", "mlp", PYTHONPATH=str(tmp_path))
    assert_fails(
        done, 5, f"only {installed()[0]} is installed", 'pip install "kerasdl['
    )
