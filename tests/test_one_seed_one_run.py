"""One seed gives one run: the backends, each in its own process, against each other."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kerasdl.backend import installed

RUNS = list(enumerate(installed() if len(installed()) > 1 else installed() * 2))
"""One on each backend; where there is one alone, two processes must agree as well."""

DRAW_AND_TRAIN = """
import pathlib
import sys
import numpy as np
from kerasdl.backend import select
select(sys.argv[1])
import keras
import kerasdl
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
rows = [f"{row * 37 % 101},{row * 13 % 7},{'ab'[row % 3 == 0]}" for row in range(150)]
pathlib.Path("t.csv").write_text("\\n".join(["x,who,y", *rows]))
for key, column in (("group", "who"), ("time", "x")):
    texts = ["data.name=t.csv", "data.target=y", f"data.{key}={column}"]
    chosen = config.load("mlp-tabular", settings=texts)
    table = prepare(chosen.data.read(), chosen)
    for part in ("train", "validation", "test"):
        x, y = getattr(table, part).arrays()
        arrays |= {f"{key}/{part}/x": x, f"{key}/{part}/y": y}
    feed = Feed(Batches(table.train, 32, seed=5))
    feed.begin(1)
    for index in range(len(feed)):
        arrays[f"{key}/x/{index}"], arrays[f"{key}/y/{index}"] = feed[index]
layer = Dropout(0.3, seed=5)
for step in range(3):
    mask = layer(np.ones((64, 128), "float32"), training=True)
    arrays[f"mask/{step}"] = keras.ops.convert_to_numpy(mask)
np.savez("drawn.npz", **arrays)
kerasdl.train("mlp", epochs=3, run_dir="run")
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a folder for each of `RUNS`, with what was drawn and a run."""
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    made = []
    for _, backend in RUNS:
        made.append(tmp_path_factory.mktemp(backend))
        command = [sys.executable, "-c", DRAW_AND_TRAIN, backend]
        subprocess.run(
            command, check=True, env=environment, capture_output=True, cwd=made[-1]
        )
    return made


def test_weights_order_and_masks_are_bit_identical(folders: list[Path]):
    drawn = []
    for folder in folders:
        with np.load(folder / "drawn.npz") as archive:
            drawn.append(dict(archive))
    assert len(drawn[0]) > 100
    for one, other in pairwise(drawn):
        assert one.keys() == other.keys()
        for name, array in one.items():
            assert np.array_equal(array, other[name]), name


def test_the_loss_of_the_mlp_preset_is_one_curve(folders: list[Path]):
    """Dropout on; one backend's curve is the others' within 1e-3."""
    curves = []
    for folder in folders:
        lines = (folder / "run" / "metrics.jsonl").read_text().splitlines()
        curves.append([json.loads(line) for line in lines])
    for one, other in pairwise(curves):
        for name in ("loss", "val_loss", "grad_norm", "learning_rate"):
            values = [[line[name] for line in curve] for curve in (one, other)]
            assert len(values[0]) == 3
            assert np.allclose(*values, rtol=1e-3, atol=1e-9), name
