from pathlib import Path

import numpy as np

from kerasdl.jobs.plan import plan
from tests.jobs.helpers import config


def test_plan():
    planned = plan(config("mlp", "training.epochs=10"))
    assert planned["examples"] == {"train": 1221, "validation": 216, "test": 360}
    assert planned["steps"] == 10 * 20
    assert planned["learning_rate"]["first"] == 0
    assert np.isclose(planned["learning_rate"]["highest"], 3e-3)
    assert np.isclose(planned["learning_rate"]["last"], 3e-3 / 180, rtol=1e-4)
    dense = 64 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10
    assert planned["trainable_parameters"] == dense + 2 * (256 + 128)
    assert planned["parameters"] == dense + 4 * (256 + 128)
    assert not Path("runs").exists()
