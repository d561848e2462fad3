"""One seed gives one run: the backends, each in its own process, against each other."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from kerasdl.backend import installed

RUNS = list(enumerate(installed() if len(installed()) > 1 else installed() * 2))
"""One on each backend; where there is one alone, two processes must agree as well."""

DRAWS = """
import sys
import numpy as np
from kerasdl.backend import select
select(sys.argv[1])
import keras
from kerasdl import config, models
from kerasdl.backend.feed import Feed
from kerasdl.data import Batches
from kerasdl.data.builtin import load_builtin
from kerasdl.jobs.dataset import prepare
from kerasdl.layers import Dropout

arrays = {}
for name, shape in (("mlp", (8, 8, 1)), ("cnn", (8, 8, 1))):
    model = models.FAMILIES[name](shape, 10, seed=5)
    for index, weight in enumerate(model.get_weights()):
        arrays[f"{name}/{index}"] = weight
split = prepare(load_builtin("digits"), config.load("mlp")).train
feed = Feed(Batches(split, 64, seed=5))
for epoch in range(2):
    feed.begin(epoch)
    for index in range(len(feed)):
        arrays[f"x/{epoch}/{index}"], arrays[f"y/{epoch}/{index}"] = feed[index]
layer = Dropout(0.3, seed=5)
for step in range(3):
    mask = layer(np.ones((64, 128), "float32"), training=True)
    arrays[f"mask/{step}"] = keras.ops.convert_to_numpy(mask)
np.savez(sys.argv[2], **arrays)
"""


def run(*command: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    subprocess.run(
        [sys.executable, *command], check=True, env=environment, capture_output=True
    )


def test_weights_order_and_masks_are_bit_identical(tmp_path: Path):
    drawn = []
    for number, backend in RUNS:
        run("-c", DRAWS, backend, str(tmp_path / f"{number}.npz"))
        with np.load(tmp_path / f"{number}.npz") as archive:
            drawn.append(dict(archive))
    assert len(drawn[0]) > 100
    for one, other in pairwise(drawn):
        assert one.keys() == other.keys()
        for name, array in one.items():
            assert np.array_equal(array, other[name]), name


def test_the_loss_of_the_mlp_preset_is_one_curve(tmp_path: Path):
    """Dropout on; one backend's curve is the others' within 1e-3."""
    curves = {}
    for number, backend in RUNS:
        path = tmp_path / str(number)
        flags = ["--preset", "mlp", "--epochs", "3", "--backend", backend]
        run("-m", "kerasdl", "train", *flags, "--run-dir", str(path))
        lines = (path / "metrics.jsonl").read_text().splitlines()
        curves[number] = [json.loads(line) for line in lines]
    for one, other in pairwise(curves.values()):
        for name in ("loss", "val_loss", "grad_norm", "learning_rate"):
            values = [[line[name] for line in curve] for curve in (one, other)]
            assert len(values[0]) == 3
            assert np.allclose(*values, rtol=1e-3, atol=1e-9), name
