"""A batch size that the number of examples decides."""

from pathlib import Path

import click
import pytest

from kerasdl.errors import ConfigError
from kerasdl.jobs.batch_size import with_batch_size
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.plan import plan
from tests.jobs.helpers import config, trained, verb

pytestmark = pytest.mark.any_backend
AUTO = "training.batch_size=auto"


@pytest.mark.parametrize(
    ("examples", "size"),
    [
        (1, 32),
        (2_799, 32),
        (2_800, 64),
        (4_500, 128),
        (6_400, 256),
        (31_999, 256),
        (32_000, 512),
        (108_000, 1_024),
        (10**7, 1_024),
    ],
)
def test_it_grows_with_the_training_examples(examples: int, size: int):
    sized = with_batch_size(config("mlp", AUTO), examples)
    assert sized.training.batch_size == size


def test_a_number_is_kept():
    sized = config("mlp", "training.batch_size=7")
    assert with_batch_size(sized, 10**6) is sized


def test_a_run_keeps_the_number():
    keys = "training.epochs=1", "training.accelerate=false"
    run, result = trained("mlp", AUTO, *keys)
    assert run.read_config().training.batch_size == 32
    examples = plan(config("mlp", AUTO, *keys))["examples"]["train"]
    assert result["best"]["step"] == -(-examples // 32)
    assert plan(config("mlp", AUTO, *keys))["steps"] == result["best"]["step"]
    assert evaluate(run)["loss"] == result["test"]["loss"]
    file = Path(run.path, "config.toml")
    file.write_text(file.read_text().replace("batch_size = 32", 'batch_size = "auto"'))
    with pytest.raises(ConfigError, match="the number that the run began with"):
        evaluate(run)


def test_the_flag_takes_auto_and_numbers():
    preset = ("train", "--preset", "mlp", "--dry-run", "--batch-size")
    for given, size in (("auto", 32), ("48", 48)):
        code, said = verb(*preset, given)
        assert (code, f"batch_size = {size}" in said) == (0, True)
    with pytest.raises(click.BadParameter, match="neither an integer nor 'auto'"):
        verb(*preset, "foo")
