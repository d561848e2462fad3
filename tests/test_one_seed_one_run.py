"""One seed gives one run on every backend, and a run moves from one to the next.

Each backend has a process of its own, which leaves in a folder what it drew, a run of the
command line's kind, and ten more steps of a run that began on the backend before it.
"""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kerasdl.backend import installed
from kerasdl.checkpoint import files

RUNS = list(enumerate(installed() if len(installed()) > 1 else installed() * 2, 1))
"""One on each backend; where there is one alone, two processes must agree as well."""
STEPS = 10
"""Optimizer steps of a leg."""

IN_A_PROCESS = """
import pathlib
import sys
import numpy as np
from kerasdl.backend import select
backend, *legs = sys.argv[1:]
select(backend)
import keras
import kerasdl
from kerasdl import config, models
from kerasdl.backend.feed import Feed
from kerasdl.callbacks import Checkpoint
from kerasdl.data import Batches
from kerasdl.data.builtin import load_builtin
from kerasdl.errors import InterruptedRunError
from kerasdl.jobs.dataset import prepare
from kerasdl.layers import Dropout
from kerasdl.optimizers import GradientMonitor

arrays = {}
for name, shape in (("mlp", (8, 8, 1)), ("cnn", (8, 8, 1))):
    model = models.FAMILIES[name](shape, 10, seed=5)
    for index, weight in enumerate(model.get_weights()):
        arrays[f"{name}/{index}"] = weight
digits = prepare(load_builtin("digits"), config.load("mlp")).train
feed = Feed(Batches(digits, 64, seed=5))
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

kerasdl.train("mlp", epochs=3, run_dir="run", report=False, baselines=False)


def leg(folder, steps):
    model = models.FAMILIES["mlp"]((8, 8, 1), 10, seed=5, dropout=0.2)
    schedule = kerasdl.schedules.OneCycle(3e-3, total_steps=60)
    optimizer = keras.optimizers.AdamW(
        schedule, epsilon=1e-5, global_clipnorm=1.0, use_ema=True,
        gradient_accumulation_steps=2,
    )
    loss = kerasdl.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(GradientMonitor(optimizer), loss, metrics=["accuracy"])
    kerasdl.accelerate(model, steps_per_execution=1, report=lambda line: None)
    feed = Feed(Batches(digits, 64, seed=5))
    enough = lambda: "enough" if checkpoint.step >= steps else ""
    checkpoint = Checkpoint(folder, every_epochs=0, every_minutes=0, interrupted=enough)
    try:
        model.fit(feed, shuffle=False, epochs=9, verbose=0,
                  callbacks=[feed.follow(), checkpoint])
    except InterruptedRunError:
        return
    sys.exit("it was not interrupted")


for folder, steps in zip(legs[::2], legs[1::2]):
    leg(folder, int(steps))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a folder for each of `RUNS`, with what its process left."""
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    made = [tmp_path_factory.mktemp(backend) for _, backend in RUNS]
    for folder, (number, backend) in zip(made, RUNS, strict=True):
        legs = [str(made[0] / "moved"), str(number * STEPS)]
        if number == 1:
            legs += ["stayed", str(len(RUNS) * STEPS)]
        done = subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS, backend, *legs],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
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


def test_a_run_that_moves_ends_where_it_would_have_ended(folders: list[Path]):
    """After a leg on each backend, against all of it on the first."""
    ends = [
        files.read_newest(folders[0] / name, pytest.fail)
        for name in ("moved", "stayed")
    ]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].step == ends[1].step == STEPS * len(RUNS)
    for name, array in ends[1].arrays.items():
        if name.startswith(("random/", "epoch_random/")):
            continue
        ours = ends[0].arrays[name]
        if name.startswith("seeds/"):
            np.testing.assert_array_equal(ours, array, err_msg=name)
        if name.startswith(("weights/", "metrics/")):
            # A bias before a normalisation does nothing, and is all rounding.
            allowed = 1e-3 * np.abs(array).max() + 1e-5
            assert np.abs(ours - array).max() <= allowed, name
