from pathlib import Path

import numpy as np
import pytest

from kerasdl.errors import ConfigError, InvalidConfigError
from kerasdl.jobs import assemble
from kerasdl.jobs.lr_find import lr_find_of_run
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


@pytest.mark.any_backend
@pytest.mark.parametrize(("scaling", "factor"), [("linear", 0.5), ("sqrt", 0.5**0.5)])
def test_the_rate_follows_the_examples_of_an_update(scaling: str, factor: float):
    """Of 32 examples twice, beside 128."""
    keys = ("training.batch_size=32", "training.accumulate=2", "schedule.name=constant")
    scaled = config(
        "mlp",
        *keys,
        f"training.batch_scaling={scaling}",
        "training.reference_batch=128",
    )
    assert assemble.schedule(scaled, 100) == pytest.approx(3e-3 * factor)
    assert assemble.schedule(config("mlp", *keys), 100) == pytest.approx(3e-3)
    with pytest.raises(ConfigError, match="would scale the rate that is found"):
        lr_find_of_run(scaled)
    with pytest.raises(InvalidConfigError, match=r"reference_batch .* has no meaning"):
        config("mlp", *keys, "training.reference_batch=128")
