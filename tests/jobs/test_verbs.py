"""What verbs print of runs that are not as usual."""

import json

import numpy as np
import pytest

from tests.jobs.helpers import verb_apart

pytestmark = pytest.mark.any_backend


def test_json_stays_strict_and_alone_on_stdout():
    """The score of numbers that are all the same is not a number."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    np.savez("flat.npz", x=x, y=np.ones(60))
    flags = ["--data", "flat.npz", "--epochs", "1", "--json"]
    code, out, err = verb_apart("train", "--preset", "mlp-regression", *flags)
    assert code == 0, err
    assert "epoch 1/1" in err

    def refuse(name: str):
        raise ValueError(name)

    json.loads(out, parse_constant=refuse)


def test_a_diverged_run_can_be_looked_at():
    far = ("--set", "optimizer.name=sgd", "--lr", "1")
    far = (*far, "--set", "optimizer.global_clipnorm=0", "--run-dir", "far")
    code, _, err = verb_apart("train", "--preset", "mlp-regression", *far)
    assert code == 8
    *warnings, error = err.splitlines()
    assert all(line.startswith("warning: ") for line in warnings)
    assert error.startswith("error: ")
    assert "of epoch 5 on; the best model is kept" in error
    assert error.endswith("kerasdl replay far")
    code, out, _ = verb_apart("replay", "far", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["epoch"], found["finite"]) == (4, False)
