"""A run moves between backends and ends where it would have ended on one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasdl.backend import installed
from kerasdl.checkpoint import files

LEG = """
import sys
from kerasdl.backend import select
backend, folder, family, steps = sys.argv[1:]
select(backend)
import keras
import kerasdl
from kerasdl import config, models
from kerasdl.backend.feed import Feed
from kerasdl.callbacks import Checkpoint
from kerasdl.data import Batches
from kerasdl.data.builtin import load_builtin
from kerasdl.jobs.dataset import prepare
from kerasdl.errors import InterruptedRunError
from kerasdl.optimizers import GradientMonitor

split = prepare(load_builtin("digits"), config.load("mlp")).train
sizes = {"mlp": {"dropout": 0.2}, "cnn": {"filters": (8, 16)}}[family]
model = models.FAMILIES[family]((8, 8, 1), 10, seed=5, **sizes)
schedule = kerasdl.schedules.OneCycle(3e-3, total_steps=60)
optimizer = keras.optimizers.AdamW(
    schedule, epsilon=1e-5, global_clipnorm=1.0, use_ema=True,
    gradient_accumulation_steps=2,
)
loss = kerasdl.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(GradientMonitor(optimizer), loss, metrics=["accuracy"])
kerasdl.accelerate(model, steps_per_execution=1, report=lambda line: None)
feed = Feed(Batches(split, 64, seed=5))
enough = lambda: "enough" if checkpoint.step >= int(steps) else ""
checkpoint = Checkpoint(folder, every_epochs=0, every_minutes=0, interrupted=enough)
try:
    model.fit(feed, shuffle=False, epochs=9, verbose=0,
              callbacks=[feed.follow(), checkpoint])
except InterruptedRunError:
    sys.exit(0)
sys.exit("it was not interrupted")
"""


def leg(backend: str, folder: Path, family: str, steps: int) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    command = [sys.executable, "-c", LEG, backend, str(folder), family, str(steps)]
    subprocess.run(command, check=True, env=environment)


@pytest.mark.parametrize("family", ["mlp", pytest.param("cnn", marks=pytest.mark.slow)])
def test_legs_of_ten_steps(tmp_path: Path, family: str):
    moved, stayed = tmp_path / "moved", tmp_path / "stayed"
    first, *others = installed()
    legs = [first, *others] if others else [first, first]  # from process to process
    for number, backend in enumerate(legs, 1):
        leg(backend, moved, family, 10 * number)
    leg(first, stayed, family, 10 * len(legs))
    ends = [files.read_newest(folder, pytest.fail) for folder in (moved, stayed)]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].step == ends[1].step == 10 * len(legs)
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
